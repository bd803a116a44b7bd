/* SPDX-License-Identifier: MIT */
/* The model objects that are alive, in the order in which they were made. They are made, evaluated and
 * deleted on any thread. */
#ifndef LIGHTSSS_HOOKS_MODEL_OBJECTS_H
#define LIGHTSSS_HOOKS_MODEL_OBJECTS_H

#include <stdbool.h>

struct site;

struct object {
    void *self;
    void *context;           /* VerilatedContext; NULL: not known */
    const struct site *site; /* its class */
    bool evaluated;          /* it was seen to eval */
};

/* Notes an object, unless it is known. One for which there is no memory is not known. */
void objects_add(void *self, void *context, const struct site *site);

/* Copies one. False: it is not known, and *found is left alone. */
bool objects_find(const void *self, struct object *found);

/* Notes that it has evaluated. */
void objects_evaluated(const void *self);

/* Returns false when it was not known. */
bool objects_remove(const void *self);

/* In a child that the simulator forked: no other thread is at work here. */
void objects_forked(void);

/* Visits those that are alive. Meanwhile no other thread makes or deletes one. */
void objects_each(void (*visit)(const struct object *object, void *context), void *context);

#endif
