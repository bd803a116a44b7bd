/* SPDX-License-Identifier: MIT */
/* The facts of this run: see run.h. */
#include "run/run.h"

struct run run;

uint64_t run_time(void)
{
    return run.hooks->simtime(run.options.tick);
}

struct hooks_wave_state run_wave(void)
{
    struct hooks_wave_state wave;

    run.hooks->wave_state(&wave);
    return wave;
}
