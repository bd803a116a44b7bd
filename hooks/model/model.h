/* SPDX-License-Identifier: MIT */
/* The Verilator models of this process: which there are, which one evals, and what time it is in its
 * simulation. The functions that hooks.h offers have the same contract here. */
#ifndef LIGHTSSS_HOOKS_MODEL_MODEL_H
#define LIGHTSSS_HOOKS_MODEL_MODEL_H

#include "model/objects.h"
#include "model/sites.h"

int model_find(const char *name, uintptr_t base, const char *wanted, struct hooks_found *found,
               struct hooks_why *why);
uint64_t model_time(uint64_t tick);
bool model_site(size_t index, struct hooks_site *site);
bool model_in_eval(void);

/* --- for announce.c --- */

/* An object of this class evals on this thread, for the first time perhaps. */
void model_note_eval(const struct site *site, void *self, bool is_first);

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
int model_watch(enum verilator_symbol symbol, void (*tell)(const struct patch_arguments *arguments),
                struct hooks_why *why);

/* Format of the tracer that the model was built with. */
enum hooks_format model_format(void);

/* Does model_time() know better than to count evals? */
bool model_time_known(void);

/* A model object that is alive. */
struct model_object {
    void *self;
    void *context;    /* as in struct model_instance */
    const void *site; /* its class */
    const uintptr_t *methods;
    bool evaluated; /* it was seen to eval */
};

/* Copies those that are alive and no parts of others, in the order in which they were made, as many as there
 * is room for. Returns how many there are. */
size_t model_objects(struct model_object *objects, size_t room);

/* One of them; false: it is not known. */
bool model_object(const void *self, struct model_object *object);

/* Did the user name this class, or none? */
bool model_is_named(const void *site);

/* Is there another one, in a context of its own, that will eval far more often from now on than the primary
 * one? In a woken copy only. */
bool model_is_minor(void);

/* In a woken copy: how often objects of this class will still eval; UINT64_MAX: nobody knows. */
uint64_t model_to_come(const void *site);

#endif
