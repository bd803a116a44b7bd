/* SPDX-License-Identifier: MIT */
/* The margin at the limit on processes: see process_limit.h. */
#include "snapshot/limits/process_limit.h"

#include <inttypes.h>

#define MARGIN_SHARE    4u  /* of a small limit that part is left to whoever shares it with us ... */
#define MARGIN_MOST     16u /* ... and of a large one so many: a script that runs a pipe or two */
#define MARGIN_PROGRAMS 16u /* the same for what the simulator starts, however small the limit is */
#define NEAR            256u

void process_limit_add(struct process_left *left, enum process_limit which, uint64_t limit, uint64_t used)
{
    uint64_t more = limit > used ? limit - used : 0;

    if (more < left->left)
        *left = (struct process_left){.left = more, .limit = limit, .which = which};
}

uint64_t process_limit_margin(const struct process_left *left, bool starts_programs)
{
    uint64_t share = left->limit / MARGIN_SHARE;

    if (starts_programs)
        return MARGIN_PROGRAMS;
    return share < MARGIN_MOST ? share : MARGIN_MOST;
}

bool process_limit_is_short(const struct process_left *left, bool starts_programs)
{
    return left->left < process_limit_margin(left, starts_programs);
}

bool process_limit_has_room(const struct process_left *left, bool starts_programs)
{
    return left->left > process_limit_margin(left, starts_programs);
}

bool process_limit_is_near(const struct process_left *left)
{
    return left->left < NEAR;
}

void process_limit_describe(const struct process_left *left, struct text *text)
{
    static const char *const words[] = {
        [PROCESS_LIMIT_GROUP] = "in the control group (pids.max",
        [PROCESS_LIMIT_USER] = "for this user (ulimit -u",
        [PROCESS_LIMIT_MACHINE] = "on this machine (kernel.threads-max, kernel.pid_max",
    };

    text_format(text, "only %" PRIu64 " more processes or threads are allowed %s %" PRIu64 ")", left->left,
                words[left->which], left->limit);
}
