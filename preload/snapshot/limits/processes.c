/* SPDX-License-Identifier: MIT */
/* The number of processes: see processes.h. */
#include "snapshot/limits/processes.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "snapshot/limits/process_facts.h"
#include "snapshot/limits/room.h"

#define LOOK_NS    UINT64_C(1000000000) /* others start processes too */
#define LOOK_SHARE 1000u                /* of the run time that looking may take ... */
#define SOON_SHARE 20u                  /* ... and before the simulator starts something */

static struct process_left left;
static uint64_t looked_ns, took_ns; /* when the last look was over, and how long it took; 0: none counts */
static atomic_bool is_near;

static void look(uint64_t start_ns)
{
    process_facts_left(&left);
    looked_ns = clock_ns();
    took_ns = looked_ns - start_ns;
    atomic_store(&is_near, process_limit_is_near(&left));
}

/* soon: where a limit is near, what was seen a while ago will not do. */
static void look_again(bool soon)
{
    uint64_t now_ns = clock_ns(), passed_ns = now_ns - looked_ns;
    bool by_soon = soon && processes_are_near();

    if (looked_ns == 0 ||
        (passed_ns >= (by_soon ? 0 : LOOK_NS) && passed_ns / (by_soon ? SOON_SHARE : LOOK_SHARE) >= took_ns))
        look(now_ns);
}

void processes_start(void)
{
    look(clock_ns());
}

bool processes_are_short(bool starts_programs, bool soon)
{
    look_again(soon);
    return process_limit_is_short(&left, starts_programs);
}

void processes_changed(void)
{
    looked_ns = 0;
}

bool processes_have_room(bool starts_programs)
{
    look_again(true);
    if (process_limit_has_room(&left, starts_programs))
        return true;
    struct text words = room_words();
    process_limit_describe(&left, &words);
    text_format(&words, ", and %" PRIu64 " are kept for others",
                process_limit_margin(&left, starts_programs));
    return false;
}

bool processes_are_near(void)
{
    return atomic_load(&is_near);
}

bool processes_describe_limit(struct text *text)
{
    if (!processes_are_near())
        return false;
    process_limit_describe(&left, text);
    text_format(text, "; snapshots count, and %" PRIu64 " are kept for what the simulator starts",
                process_limit_margin(&left, true));
    return true;
}
