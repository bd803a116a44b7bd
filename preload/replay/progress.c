/* SPDX-License-Identifier: MIT */
/* Steps of a replay: see progress.h. They are short at first, and take a small share of the time. */
#define _GNU_SOURCE
#include "replay/progress.h"

#include <stdint.h>

#include "base/clock.h"
#include "base/vdso.h"
#include "report/report.h"
#include "run/run.h"

#define FIRST_NS   (20 * MILLISECOND_NS)
#define LEAST_NS   (100 * MILLISECOND_NS)
#define MOST_NS    (2000 * MILLISECOND_NS)
#define AGE_SHARE  8u  /* of what was dumped, so much may be missing */
#define COST_SHARE 10u /* so much of the time may go into steps */

bool progress_of_wave(void)
{
    struct shared_replay *replay = &run.page->replay;
    const struct hooks_wave_state wave = run_wave();

    if (run.page->wave_is_draft != 0) /* that of the replay before is there */
        return false;
    replay->wave_testbench = wave.testbench;
    replay->wave_as_dumped = wave.as_dumped;
    replay->wave_dumped = wave.dumped;
    replay->wave_first_eval = wave.first_eval;
    replay->wave_last_eval = wave.last_eval;
    replay->wave_first_time = wave.first_time;
    replay->wave_last_time = wave.last_time;
    return wave.dumped;
}

void progress_of_point(void)
{
    const struct hooks_wave_state wave = run_wave();

    if (wave.dumped)
        run.page->replay.point_time = wave.last_time;
}

uint64_t progress_pause_ns(uint64_t cost_ns, uint64_t age_ns)
{
    uint64_t pause_ns = age_ns / AGE_SHARE;

    if (pause_ns < LEAST_NS)
        pause_ns = LEAST_NS;
    if (pause_ns > MOST_NS)
        pause_ns = MOST_NS;
    return pause_ns > cost_ns * COST_SHARE ? pause_ns : cost_ns * COST_SHARE;
}

/* An FST does the work of a step at its next dump: so the eval behind a step counts as cost of it. */
void progress_look(void)
{
    static uint64_t next_ns, begun_ns; /* begun: of a step whose cost is not known yet */
    const uint64_t dumping_ns = run.page->replay.dumping_ns;

    if (dumping_ns == 0)
        return;
    uint64_t now_ns = vdso_clock_ns();
    if (begun_ns != 0) {
        next_ns = now_ns + progress_pause_ns(now_ns - begun_ns, now_ns - dumping_ns);
        begun_ns = 0;
        if (progress_of_wave())
            report_progress(shared_page_slot(run.page, run.pid));
    }
    if (next_ns == 0)
        next_ns = dumping_ns + FIRST_NS;
    if (now_ns < next_ns)
        return;
    begun_ns = now_ns;
    run.hooks->wave_flush();
}
