/* SPDX-License-Identifier: MIT */
/* Evals that are announced: to liblightsss.so those that are due, and to a listener all of the models that it
 * wants. Everything comes one at a time: an eval that begins while another one is announced (of a model
 * inside that model, or on another thread) passes unannounced. One of the same object inside its own eval,
 * whose design has called the testbench, is an eval like others. */
#ifndef LIGHTSSS_HOOKS_MODEL_ANNOUNCE_H
#define LIGHTSSS_HOOKS_MODEL_ANNOUNCE_H

#include "hooks.h"

/* What waveform.c wants to hear of. */
struct announce_listener {
    void (*before)(void *self); /* an announced eval is about to run, after eval_due() */
    void (*after)(void *self);  /* it has ended, before eval_done() */
    void (*gone)(void *self);   /* this object's destructor begins; on any thread */
    bool (*wants)(void *self);  /* is anything to be announced of this object? */
};

/* NULL: nobody listens any more. With a listener the evals of all models are announced to it, those that are
 * part of the common number when they are due. */
void announce_listen(const struct announce_listener *listener);

/* Whenever a model object is deleted, on any thread. */
void announce_when_gone(void (*gone)(void));

/* Hooks what was found: see hooks.h, as of the following. */
int announce_install(const struct hooks_events *events, struct hooks_why *why);
bool announce_races(void);
void announce_take_turns(void);

/* In a child that the simulator forked: no other thread is at work here. */
void announce_forked(void);

#endif
