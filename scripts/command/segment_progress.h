/* SPDX-License-Identifier: MIT */
/* How far `lightsss replay --all` is: a line on a terminal, which is drawn anew in its place. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_PROGRESS_H
#define LIGHTSSS_SCRIPTS_COMMAND_SEGMENT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "segment.h"

/* Is there such a terminal, where somebody waits? */
bool segment_progress_begin(void);

/* After so many seconds. */
void segment_progress_draw(const struct segment *segments, size_t count, double seconds);

/* Another line is to stand there. */
void segment_progress_clear(void);

#endif
