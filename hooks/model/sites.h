/* SPDX-License-Identifier: MIT */
/* A site is a model class and the hook in front of its eval_step(). Sites are added as objects with models
 * come, and stay. */
#ifndef LIGHTSSS_HOOKS_MODEL_SITES_H
#define LIGHTSSS_HOOKS_MODEL_SITES_H

#include "model/counts.h"
#include "model/find.h"
#include "patch/patch.h"

struct site {
    struct site *next;
    const struct found_model *model;
    struct patch patch;
    struct count *count;      /* NULL: it is not hooked yet ... */
    bool refused;             /* ... and cannot be */
    struct patch makes, ends; /* of the making of its X__Syms and of the destructor */
    bool is_part;             /* its objects are parts of other models */

    /* --- of evals.c --- */
    bool moves;            /* it evals in the present stretch, or did in the one before */
    uint64_t seen;         /* its evals when they were looked at last */
    uint64_t period_start; /* its evals when the present stretch began */
    uint64_t pace;         /* its evals in the one before */
    bool watched;          /* not part of the common number: does that one still grow? */
    uint64_t watch_sum;    /* it was this ... */
    uint64_t watch_evals;  /* ... when this site had evaled so often */
};

/* Linked; NULL: there is none. */
struct site *sites_first(void);

/* Models of one loaded object that can be hooked: see find_models(). Where several are there and one of them
 * cannot be hooked, the others still can. */
int sites_find(const char *name, uintptr_t base, const char *wanted, struct hooks_why *why);

/* Hooks those that are not yet: due() comes in the place of an eval that is due, made() and gone() with the
 * site as context when an object is made or its end begins. An error where none could be hooked. */
struct site_callbacks {
    void (*due)(void *self, void *site);
    void (*made)(const struct patch_arguments *arguments);
    void (*gone)(const struct patch_arguments *arguments);
    void (*context_gone)(const struct patch_arguments *arguments);
};
int sites_install(const struct site_callbacks *callbacks, struct hooks_why *why);

#endif
