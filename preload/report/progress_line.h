/* SPDX-License-Identifier: MIT */
/* A line that shows how far the replay has come, while the original waits for it: on a terminal, drawn anew
 * in its place, and gone when the waiting is over. Elsewhere there is none. */
#ifndef LIGHTSSS_PRELOAD_REPORT_PROGRESS_LINE_H
#define LIGHTSSS_PRELOAD_REPORT_PROGRESS_LINE_H

#include "run/shared_page.h"

/* The waiting for the replay of this snapshot begins. */
void progress_line_begin(const struct shared_slot *slot);

/* At each look of who waits, some fifth of a second apart. */
void progress_line_draw(void);

/* The replay was asked to finish: it closes its waveform. */
void progress_line_say_closing(void);

/* Takes it away, so that the next line begins where it did. */
void progress_line_end(void);

#endif
