/* SPDX-License-Identifier: MIT */
/* The Verilator models of this process: which there are, which one evals, and what time it is in its
 * simulation. The functions that hooks.h offers have the same contract here. */
#ifndef LIGHTSSS_HOOKS_MODEL_MODEL_H
#define LIGHTSSS_HOOKS_MODEL_MODEL_H

#include "model/objects.h"
#include "model/sites.h"

#include <pthread.h>

int model_find(const char *name, uintptr_t base, const char *wanted, struct hooks_found *found,
               struct hooks_why *why);
uint64_t model_time(uint64_t tick);
bool model_site(size_t index, struct hooks_site *site);
bool model_in_eval(void);

/* --- for announce.c --- */

/* This object evals on this thread. */
void model_note_eval(const struct object *object);

/* An eval that was announced begins, or has ended. */
void model_set_in_eval(bool in_eval);

/* The destructor of a context begins. */
void model_context_gone(const struct patch_arguments *arguments);

/* --- for waveform.c --- */

/* The primary model: the one that evals, or last did; where the user has named one, that one while it evals.
 */
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

/* Its run time library; until one evals, that of the first one found. */
const struct library *model_library(void);

/* A function of the primary model's run time library as it is without our patches: see library.h. */
uintptr_t model_symbol(enum verilator_symbol symbol);

/* Format of the tracer that the model was built with. */
enum hooks_format model_format(void);

/* Does model_time() know better than to count evals? */
bool model_time_known(void);

/* Copies those that are alive and no parts of others, in the order in which they were made, as many as there
 * is room for; with their contexts as in struct model_instance. Returns how many there are. */
size_t model_objects(struct object *objects, size_t room);

/* One of them; false: it is not known. */
bool model_object(const void *self, struct object *object);

/* Is there another one, in a context of its own, that will eval far more often from now on than the primary
 * one? In a woken copy only. */
bool model_is_minor(void);

#endif
