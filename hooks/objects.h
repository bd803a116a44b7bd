/* SPDX-License-Identifier: MIT */
/* The model objects that are alive, in the order in which they were made. They are made, evaluated and
 * deleted on any thread. */
#ifndef LIGHTSSS_HOOKS_OBJECTS_H
#define LIGHTSSS_HOOKS_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>

#define OBJECTS_LIMIT 64 /* more than that are not known */

struct object {
    void *self;
    void *context;     /* VerilatedContext; NULL: not known */
    const void *model; /* whatever the caller knows of its class */
    bool evaluated;
};

/* Notes an object, unless it is known. */
void objects_add(void *self, void *context, const void *model);

/* NULL where the object or its context is not known. */
void *objects_context(const void *self);

/* Notes that it has evaluated. */
void objects_evaluated(const void *self);

/* Returns false when it was not known. */
bool objects_remove(const void *self);

/* In a child that the simulator forked: no other thread is at work here. */
void objects_forked(void);

/* Copies those that are alive. Returns how many. */
size_t objects_list(struct object objects[OBJECTS_LIMIT]);

#endif
