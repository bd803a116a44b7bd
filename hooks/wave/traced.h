/* SPDX-License-Identifier: MIT */
/* Which model objects the waveform shows, and when it is at an end because others eval now. */
#ifndef LIGHTSSS_HOOKS_WAVE_TRACED_H
#define LIGHTSSS_HOOKS_WAVE_TRACED_H

#include "model/model.h"

/* From now on those of the primary model's context, as far as they have this method; 0: all. A tracer takes
 * models of one context only. False: there is no memory. */
bool traced_choose(enum verilator_method method, bool any);

bool traced_has(const void *self);

/* By index from 0; NULL where there are no more. */
const struct object *traced_at(size_t index);

/* Are they of the primary model's context? Then its time is theirs. */
bool traced_is_primary(void);

/* An eval of this object is about to run. */
void traced_note_eval(const void *self);

/* This object is about to eval, and is none of them. Is it time for a waveform of its own? */
bool traced_gives_way_to(const void *self);

#endif
