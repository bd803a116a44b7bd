/* SPDX-License-Identifier: MIT */
/* What the lines on stderr, report.json and wave.gtkw say of a point of a run that goes on: which one was
 * asked for, and what was printed there. */
#ifndef LIGHTSSS_PRELOAD_REPORT_POINT_WORDS_H
#define LIGHTSSS_PRELOAD_REPORT_POINT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Appends the first line. */
void point_words_begin(struct text *line);

/* Appends members of the report's `end`. */
void point_words_append(struct text *json);

/* Appends what the marker is called; nothing where there is no point. */
void point_words_name(struct text *name);

/* Its time on the waveform's axis, where there is one; else that of the last dump. */
uint64_t point_words_time(void);

/* Appends that so many waveforms more are not made, or that so many lines more (or_more: at least) made none.
 */
void point_words_not_made(struct text *line, unsigned count);
void point_words_left_out(struct text *line, uint64_t count, bool or_more);

/* Appends which waveforms there are none of because the original was killed or matched too often; nothing
 * where there are none. */
void point_words_lost(struct text *line);

/* The same as a line on stderr. */
void point_words_say_lost(void);

#endif
