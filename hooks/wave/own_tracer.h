/* SPDX-License-Identifier: MIT */
/* A tracer of ours, and the models that the waveform is to show by it. */
#ifndef LIGHTSSS_HOOKS_WAVE_OWN_TRACER_H
#define LIGHTSSS_HOOKS_WAVE_OWN_TRACER_H

#include "wave/tracer.h"

/* The one of the primary model's library, for the models that there are now. False: there is no memory. */
bool own_tracer_choose(struct tracer *tracer);

/* Makes it, with these models; it can be opened then. Inside tracer_run(). */
void own_tracer_make(void);

#endif
