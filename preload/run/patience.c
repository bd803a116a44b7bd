/* SPDX-License-Identifier: MIT */
/* See patience.h. */
#include "run/patience.h"

#include "base/clock.h"
#include "base/often.h"
#include "base/u64.h"
#include "base/vdso.h"
#include "run/run.h"

#define LEAST_NS  (60 * SECOND_NS) /* a replay may take that long and ... */
#define FACTOR    100u             /* ... so many times what the original took since the snapshot */
#define BEYOND_NS (30 * SECOND_NS) /* then it closes its waveform, and writes its report */

void patience_note_look(void)
{
    static OFTEN_WRITTEN uint64_t looked_ns;
    uint64_t now_ns = vdso_clock_ns();

    if (looked_ns != 0 && now_ns - looked_ns > run.page->longest_look_ns)
        run.page->longest_look_ns = now_ns - looked_ns;
    looked_ns = now_ns;
}

static uint64_t patience_ns(uint64_t age_ns)
{
    return run.options.limit_ns != 0 ? run.options.limit_ns : LEAST_NS + age_ns * FACTOR;
}

uint64_t patience_deadline_ns(const struct shared_slot *slot)
{
    uint64_t start_ns = run.page->replay.start_ns, end_ns = atomic_load(&run.page->end_ns);
    uint64_t taken_ns = slot->taken_ns;

    /* A kept copy may begin long after the end. */
    if (run.page->stand.is_wanted)
        return UINT64_MAX;
    return start_ns +
           patience_ns(u64_difference(end_ns != 0 ? u64_min(start_ns, end_ns) : start_ns, taken_ns));
}

/* It counts from a moment later, when its snapshot is older. */
uint64_t patience_beyond_ns(const struct shared_slot *slot, uint64_t now_ns)
{
    uint64_t age_ns = now_ns - slot->taken_ns;

    return now_ns + patience_ns(age_ns) + age_ns + BEYOND_NS;
}

uint32_t patience_overdue(uint64_t deadline_ns)
{
    uint64_t now_ns = clock_ns(), last_due_ns = atomic_load(&run.page->replay.last_due_ns);

    if (run.page->stand.is_wanted)
        return REPLAY_ASKED_NOTHING;
    if (run.page->end.outside && last_due_ns != 0 && now_ns > last_due_ns + PATIENCE_LAST_EVAL_NS)
        return REPLAY_ASKED_LAST;
    if (now_ns <= deadline_ns)
        return REPLAY_ASKED_NOTHING;
    return run.options.limit_ns != 0 ? REPLAY_ASKED_LIMIT : REPLAY_ASKED_SLOW;
}
