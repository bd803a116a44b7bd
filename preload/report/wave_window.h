/* SPDX-License-Identifier: MIT */
/* Where the waveform was to begin, where it does, and why: LIGHTSSS_SIZE. For the report. */
#ifndef LIGHTSSS_PRELOAD_REPORT_WAVE_WINDOW_H
#define LIGHTSSS_PRELOAD_REPORT_WAVE_WINDOW_H

#include <stdint.h>

#include "base/text.h"

/* Appends a line where it would have been larger than it may be, which is so large now. */
void wave_window_describe(struct text *line, uint64_t bytes);

/* The member of the report, behind others of its object. */
void wave_window_append(struct text *json);

#endif
