/* SPDX-License-Identifier: MIT */
/* Which of the objects that may hold a model is attached to, and what is said of the others. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_CHOICE_H
#define LIGHTSSS_PRELOAD_ATTACH_CHOICE_H

#include <stdbool.h>

#include "../hooks/hooks.h"
#include "base/text.h"

/* Begins as zeros. */
struct choice {
    const char *first;             /* object whose models can be hooked; NULL: none of this look */
    char refused[HOOKS_WHY_SIZE];  /* why another of this look cannot; "": none */
    char expected[HOOKS_WHY_SIZE]; /* why there is no model yet, where there should be one: of any look */
};

/* A look begins. */
void choice_begin(struct choice *choice);

/* What the hooks say of an object: see `find` in hooks.h. */
void choice_take(struct choice *choice, const char *name, int found, const struct hooks_why *why);

/* Can there be a waveform of the first one, or need there be none? program: what "" is called. Appends what
 * is to be said; where another object may have a model that can be traced, it is expected. */
bool choice_has_tracer(struct choice *choice, const struct hooks_found *found, bool is_wanted,
                       const char *program, struct text *words);

#endif
