/* SPDX-License-Identifier: MIT */
/* The Verilator models of this process: which there are, the hook in front of their evals, how many
 * evals have begun, and what time it is in the simulation. The functions that hooks.h offers have
 * the same contract here. */
#ifndef LIGHTSSS_HOOKS_MODEL_H
#define LIGHTSSS_HOOKS_MODEL_H

#include "image.h"
#include "objects.h"
#include "patch.h"
#include "verilator_abi.h"

#include <pthread.h>

int model_find(const char *name, uintptr_t base, const char *wanted, struct hooks_found *found,
               struct hooks_why *why);
int model_install(const struct hooks_events *events, struct hooks_why *why);
uint64_t model_evals(void);
bool model_races(void);
void model_take_turns(void);
void model_due_in(uint64_t evals);
uint64_t model_time(uint64_t tick);
bool model_in_eval(void);
void model_freeze(void);
int model_thaw(void);
void model_forked(void);
const void *model_counts(size_t index);
bool model_site(size_t index, struct hooks_site *site);

/* --- for waveform.c --- */

/* A model as it evals, or last did. */
struct model_instance {
    void *self;    /* NULL: nothing has evaled yet */
    void *context; /* VerilatedContext, NULL for releases without one or where it cannot be found */
    bool context_alive;
    pthread_t thread;         /* that it evals on */
    const uintptr_t *methods; /* by enum verilator_method; 0: the class has none */
};
const struct model_instance *model_instance(void);

/* May a model have parts that are models too (--hierarchical, --lib-create)? */
bool model_has_parts(void);

/* Row of the simulator's release, NULL when the release is not known. */
const struct verilator_release *model_release(void);

/* Another row from now on, which must stay. */
void model_release_correct(const struct verilator_release *release);

/* As the simulator reports it; "unknown" where it does not. */
const char *model_release_name(void);

/* The run time library of the primary model, or of the first one found as long as none evals. */
const struct library *model_library(void);

/* Whenever a model object is deleted, on any thread. */
void model_when_gone(void (*gone)(void));

/* A function of the primary model's run time library as it is without our patches: see library.h. */
uintptr_t model_symbol(enum verilator_symbol symbol);
int model_watch(enum verilator_symbol symbol, void (*tell)(const struct patch_arguments *arguments),
                struct hooks_why *why);

/* Format of the tracer that the model was built with. */
enum hooks_format model_format(void);

/* Does model_time() know better than to count evals? */
bool model_time_known(void);

/* What waveform.c wants to hear of. Everything comes one at a time: an eval that begins while another one is
 * announced (of a model inside that model, or on another thread) passes unannounced. */
struct model_listener {
    void (*before)(void *self); /* an announced eval is about to run, after eval_due() */
    void (*after)(void *self);  /* it has ended, before eval_done() */
    void (*gone)(void *self);   /* this object's destructor begins; on any thread */
    bool (*wants)(void *self);  /* is anything to be announced of this object? */
};

/* NULL: nobody listens any more. With a listener the evals of all models are announced to it, those of the
 * primary model when they are due. */
void model_listen(const struct model_listener *listener);

/* A model object that is alive. */
struct model_object {
    void *self;
    void *context; /* as in struct model_instance */
    const uintptr_t *methods;
    bool evaluated; /* it was seen to eval */
};

/* Copies those that are alive and no parts of others, in the order in which they were made. Returns how many.
 */
size_t model_objects(struct model_object objects[OBJECTS_LIMIT]);

#endif
