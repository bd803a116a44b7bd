/* SPDX-License-Identifier: MIT */
/* The common number of evals: each eval of a model is one, whichever model it is. Not so those of parts of
 * models, those that a model makes inside its own eval, and those of models on another thread while the
 * others eval on theirs: their order would be another one in each run. */
#ifndef LIGHTSSS_HOOKS_MODEL_EVALS_H
#define LIGHTSSS_HOOKS_MODEL_EVALS_H

#include "model/sites.h"

/* The evals-th eval from now, and all after it, are due. Async-signal-safe. */
void evals_due_in(uint64_t evals);

/* The stub's countdown of this site has run out, before an eval of its. Does it become part of the number
 * now? inside: this is inside the eval of another model on this thread. */
void evals_consider(struct site *site, bool inside);

/* Then, where it is part of it: returns true when this eval is due. */
bool evals_look(struct site *site);

/* How often it evals, compared with others. */
uint64_t evals_weight(const struct site *site);

/* Are this site's evals part of the number? */
bool evals_joined(const struct site *site);

/* Every eval of the others is looked at too. */
void evals_listen(bool listens);

/* The next eval of this site is looked at: an object was made. */
void evals_expect(struct site *site);

/* The next eval of each is: one was deleted, and it may have been the one that evaled last. */
void evals_expect_any(void);

/* In a woken copy: how often objects of this class will still eval. UINT64_MAX: nobody knows. */
uint64_t evals_to_come(const struct site *site);

/* In a child that the simulator forked, behind counts_forked(): the first eval is due. */
void evals_forked(void);

#endif
