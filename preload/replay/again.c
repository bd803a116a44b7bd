/* SPDX-License-Identifier: MIT */
/* See again.h. The spare is made when the snapshot wakes and not where the window begins: a replay has files,
 * pipes and threads of its own by then, which two processes would share. */
#define _GNU_SOURCE
#include "replay/again.h"

#include "base/clock.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "base/u64.h"
#include "replay/asked.h"
#include "replay/kept_line.h"
#include "run/patience.h"
#include "run/run.h"
#include "snapshot/shared_memory.h"

#define FIRST_PARTS 5u /* of four: it need not take the same time */
#define FIRST_OF    4u

static bool may_be_too_large(void)
{
    return run.options.size_bytes != 0 && run.options.wave != WAVE_OFF && !run.page->races &&
           run.hooks->format() != HOOKS_FORMAT_NONE;
}

struct shared_page *again_wants_spare(void)
{
    if (run.page->stand.is_wanted)
        return NULL;
    return may_be_too_large() || shared_memory_is_written() ? run.page : NULL;
}

bool again_may(void)
{
    const struct shared_slot *spare = shared_page_spare(run.page);

    return spare != NULL && !shared_page_is_again(run.page) &&
           !other_process_is_over(atomic_load(&spare->pid));
}

bool again_has_time(void)
{
    uint64_t now_ns = clock_ns(), start_ns = run.page->replay.start_ns;
    uint64_t next_ns = u64_scaled(u64_difference(now_ns, start_ns), FIRST_PARTS, FIRST_OF);

    return u64_sum(now_ns, next_ns) < patience_deadline_ns(shared_page_slot(run.page, run.pid));
}

void again_pass_on(void)
{
    const struct shared_slot *spare = shared_page_spare(run.page);

    if (spare == NULL)
        return;
    kept_line_clear();
    asked_passes_on(atomic_load(&spare->pid));
    for (;;)
        kernel_exit_group(0);
}
