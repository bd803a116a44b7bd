/* SPDX-License-Identifier: MIT */
/* Which models are in a loaded object, and the functions of Verilator's run time library that belong to
 * them. A model is a class X whose eval_step() stands beside the constructor of X__Syms or X::modelName().
 * Nothing is changed and nothing of the simulator is called here. */
#ifndef LIGHTSSS_HOOKS_FIND_H
#define LIGHTSSS_HOOKS_FIND_H

#include "library.h"

#define FIND_MODELS    128
#define FIND_NAME_SIZE 256

struct found_model {
    char name[FIND_NAME_SIZE];
    struct place eval;
    uintptr_t methods[VERILATOR_METHODS]; /* 0: the class has none */
    size_t sizes[VERILATOR_METHODS];      /* bytes */
    struct verilator_syms syms;
    struct library *library;
};

struct found {
    struct found_model models[FIND_MODELS];
    size_t count;
    struct library libraries[LIBRARY_LIMIT]; /* one for each object that has models */
    size_t library_count;
};

/* Adds the models of one object, which stays loaded from then on: see hooks.h for name and base. wanted: the
 * only model to look for, or NULL. -ENOENT: there is none; -ENODATA: nor are there symbols; -ESRCH: there
 * are others; -ENOTSUP: its eval was inlined; -EALREADY: they are known; -E2BIG: there are too many; or the
 * errors of image_open_loaded(). */
int find_models(struct found *found, const char *name, uintptr_t base, const char *wanted,
                struct hooks_why *why);

#endif
