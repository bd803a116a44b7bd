/* SPDX-License-Identifier: MIT */
/* The facts of this run: see run.h. */
#include "run/run.h"

struct run run;

uint64_t run_time(void)
{
    return run.hooks->simtime(run.options.tick);
}

bool run_is_other_format(enum options_wave wave)
{
    return wave == (run.found.format == HOOKS_FORMAT_FST ? WAVE_VCD : WAVE_FST);
}

struct hooks_wave_state run_wave(void)
{
    struct hooks_wave_state wave;

    run.hooks->wave_state(&wave);
    return wave;
}
