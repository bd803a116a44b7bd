/* SPDX-License-Identifier: MIT */
/* Which stretch of a waveform GTKWave is to show, and how long the waveform must be for that: its pane never
 * ends behind the last time (two units at most), so the waveform is given some time behind the failure.
 * Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPORT_WAVE_VIEW_H
#define LIGHTSSS_PRELOAD_REPORT_WAVE_VIEW_H

#include <stdint.h>

#include "base/text.h"

struct wave_view {
    uint64_t frame;     /* time units in a frame of GTKWave's */
    uint64_t start;     /* of the pane */
    uint64_t end;       /* the time that the waveform must reach for that */
    uint64_t start_now; /* of the pane, where the waveform ends with its last time */
};

/* The last hundred evals or so before a point, and those after it; all, where there are fewer. */
void wave_view_choose(struct wave_view *view, uint64_t first_time, uint64_t last_time, uint64_t evals,
                      uint64_t after_evals);

/* Appends what GTKWave calls the zoom, "-4.977280". */
void wave_view_zoom(struct text *text, uint64_t frame);

#endif
