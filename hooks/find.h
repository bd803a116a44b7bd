/* SPDX-License-Identifier: MIT */
/* Which models are in the program, and the functions of Verilator's run time library that belong to them.
 * A model is a class X whose eval_step() stands beside the constructor of X__Syms. Nothing is changed
 * and nothing of the simulator is called here. */
#ifndef LIGHTSSS_HOOKS_FIND_H
#define LIGHTSSS_HOOKS_FIND_H

#include "verilator_abi.h"

#define FIND_MODELS    128
#define FIND_NAME_SIZE 256

/* A symbol that may be patched, and how far it is to the next one inside it. */
struct place {
    uintptr_t address; /* 0: there is none */
    size_t size;
    size_t room; /* SIZE_MAX: no other symbol is inside */
};

struct found_model {
    char name[FIND_NAME_SIZE];
    struct place eval;
    uintptr_t methods[VERILATOR_METHODS]; /* 0: the class has none */
    size_t sizes[VERILATOR_METHODS];      /* bytes */
    struct verilator_syms syms;
};

struct found_library {
    struct place symbols[VERILATOR_SYMBOLS];
    bool strong[VERILATOR_SYMBOLS];
    bool has_parts; /* there are models that are linked into others */
};

struct found {
    struct found_model models[FIND_MODELS];
    size_t count;
    struct found_library library;
};

/* wanted: the only model to look for, or NULL. -ENOENT: there is none; -ESRCH: there are others;
 * -E2BIG: there are too many; or the errors of image_open(). */
int find_models(struct found *found, const char *wanted, struct hooks_why *why);

#endif
