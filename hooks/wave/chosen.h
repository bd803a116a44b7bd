/* SPDX-License-Identifier: MIT */
/* Of which signals a waveform is to have values: the user's choice among what the models declare, told to a
 * tracer by Verilator's own dumpvars(). */
#ifndef LIGHTSSS_HOOKS_WAVE_CHOSEN_H
#define LIGHTSSS_HOOKS_WAVE_CHOSEN_H

#include "wave/tracer.h"

/* The choice of the waveform to come, NULL: all; nothing is chosen yet. */
void chosen_begin(const struct hooks_wave_choice *choice);

/* Is the choice still to be made? */
bool chosen_waits(void);

/* Nothing can be chosen, and that is said. */
void chosen_give_up(const char *why);

/* Shows the signals to who chooses, by tracers that make() makes at the same place, each with the models
 * that the waveform is to show. Inside tracer_run(), in front of chosen_open(). path: of a file that may be
 * written over. */
void chosen_look(const struct tracer *tracer, void (*make)(void), const char *path);

/* The tracer's open(), for what was chosen. */
void chosen_open(const struct tracer *tracer, const char *path);

#endif
