/* SPDX-License-Identifier: MIT */
/* Which models are in a loaded object, and the functions of Verilator's run time library that belong to
 * them. A model is a class X whose eval_step() stands beside the constructor of X__Syms or X::modelName().
 * Nothing is changed and nothing of the simulator is called here. */
#ifndef LIGHTSSS_HOOKS_MODEL_FIND_H
#define LIGHTSSS_HOOKS_MODEL_FIND_H

#include "model/library.h"

#define FIND_NAME_SIZE 256

struct found_model {
    struct found_model *next;
    bool named; /* the user asked for it, or for none */
    char name[FIND_NAME_SIZE];
    struct place eval;
    uintptr_t methods[VERILATOR_METHODS]; /* 0: the class has none */
    size_t sizes[VERILATOR_METHODS];      /* bytes */
    struct verilator_syms syms;
    struct library *library;
};

/* Finds the models of one object, which stays loaded from then on: see hooks.h for name and base. wanted: the
 * class that the user has named, or NULL. *models: the first of them, linked. -ENOENT: there is none;
 * -ENODATA: nor are there symbols; -ENOTSUP: its eval was inlined; -EALREADY: they are known; -ENOMEM; or the
 * errors of image_open_loaded(). */
int find_models(struct found_model **models, const char *name, uintptr_t base, const char *wanted,
                struct hooks_why *why);

#endif
