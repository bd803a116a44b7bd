/* SPDX-License-Identifier: MIT */
/* Snapshots are processes, and count where the number of processes is limited: may one be taken, or must one
 * go, so that the simulator and what it starts can have theirs? Pure logic. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_PROCESS_LIMIT_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_PROCESS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum process_limit {
    PROCESS_LIMIT_GROUP,   /* pids.max of a control group */
    PROCESS_LIMIT_USER,    /* ulimit -u */
    PROCESS_LIMIT_MACHINE, /* kernel.threads-max, kernel.pid_max */
};

/* Where the least is left. Threads count as processes. */
struct process_left {
    uint64_t left; /* UINT64_MAX: there is no limit */
    uint64_t limit;
    enum process_limit which;
};

/* Takes in one more limit. */
void process_limit_add(struct process_left *left, enum process_limit which, uint64_t limit, uint64_t used);

/* How many are to be left for others. starts_programs: does the simulator start any? What these start in
 * their turn we see only once it is refused. */
uint64_t process_limit_margin(const struct process_left *left, bool starts_programs);

/* Must a snapshot go? May another be taken? */
bool process_limit_is_short(const struct process_left *left, bool starts_programs);
bool process_limit_has_room(const struct process_left *left, bool starts_programs);

/* So near that it is to be looked at before each child of the simulator. */
bool process_limit_is_near(const struct process_left *left);

void process_limit_describe(const struct process_left *left, struct text *text);

#endif
