/* SPDX-License-Identifier: MIT */
/* A waveform of the primary model, written by a tracer of the testbench or by one of the simulator's that we
 * construct. The functions have the contract that hooks.h gives to the wave_ functions. */
#ifndef LIGHTSSS_HOOKS_WAVE_WAVEFORM_H
#define LIGHTSSS_HOOKS_WAVE_WAVEFORM_H

#include "hooks.h"

int waveform_open(const struct hooks_wave_options *options, struct hooks_why *why);
void waveform_last_words(void);
void waveform_flush(void);
void waveform_close(void);
void waveform_state(struct hooks_wave_state *state);

#endif
