/* SPDX-License-Identifier: MIT */
/* An FST of a writer that says nothing of its signals before it closes (Verilator 5.050): we say it, in front
 * of all values, so that what is written out can be read whenever the writer is killed. */
#ifndef LIGHTSSS_HOOKS_WAVE_FST_LIVE_H
#define LIGHTSSS_HOOKS_WAVE_FST_LIVE_H

#include "wave/tracer.h"

/* The tracer has just opened this file. False: its writer is another one, or works in another way. */
bool fst_live_begin(const struct tracer *tracer, const char *path);

/* Takes what was written since into the file's header. */
void fst_live_update(void);

/* It has closed it, with names and header of its own. */
void fst_live_end(const struct tracer *tracer);

#endif
