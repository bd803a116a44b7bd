/* SPDX-License-Identifier: MIT */
/* A waveform of the primary model, written by a tracer of the testbench or by one of the simulator's that we
 * construct. The functions have the contract that hooks.h gives to the wave_ functions. */
#ifndef LIGHTSSS_HOOKS_WAVE_WAVEFORM_H
#define LIGHTSSS_HOOKS_WAVE_WAVEFORM_H

#include "hooks.h"
#include "wave/tracer.h"

int waveform_open(const struct hooks_wave_options *options, struct hooks_why *why);
void waveform_last_words(void);
void waveform_flush(void);
void waveform_close(void);
void waveform_state(struct hooks_wave_state *state);

/* --- for play.c --- */

/* Calls a method of the testbench's tracer. False: Verilator called it fatal; it must not be called again. */
bool waveform_call(const struct tracer *tracer, enum verilator_symbol method, uintptr_t argument);

/* The testbench's tracer now is the one that the report speaks of and that says last words; NULL: it was
 * closed. */
void waveform_adopt(const struct tracer *tracer);

/* That one has dumped. */
void waveform_note(uint64_t time);

#endif
