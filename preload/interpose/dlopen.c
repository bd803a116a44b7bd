/* SPDX-License-Identifier: MIT */
/* Models in shared objects that are opened while the process runs. dlopen() and dlmopen() themselves are in
 * dlopen_<processor>.c: libc looks where they are called from. dlclose() is met only to know that a
 * destructor is running. */
#define _GNU_SOURCE
#include "interpose/dlopen.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/next.h"
#include "record/code_place.h"
#include "run/run.h"

#define OPENINGS_MAX 64

static void (*opened)(bool nested);
static atomic_bool is_global_used;

/* How many dlopen() and dlclose() a thread is in: constructors and destructors may call them. Every process
 * has this, so it is no record of the thread's own. */
static struct opening {
    _Atomic uintptr_t thread; /* 0: nobody's */
    unsigned depth;
} openings[OPENINGS_MAX];

/* owner: 0 for a place that is free. NULL: there is none. */
static struct opening *find_opening(uintptr_t owner)
{
    for (size_t i = 0; i < OPENINGS_MAX; i++) {
        uintptr_t expected = owner;
        if (atomic_load(&openings[i].thread) == owner &&
            (owner != 0 ||
             atomic_compare_exchange_strong(&openings[i].thread, &expected, (uintptr_t)pthread_self())))
            return &openings[i];
    }
    return NULL;
}

/* Who finds no place counts as one that is inside of another. */
void dlopen_begins(void)
{
    struct opening *opening = find_opening((uintptr_t)pthread_self());

    if (opening == NULL)
        opening = find_opening(0);
    if (opening != NULL)
        opening->depth++;
}

static unsigned leave(void)
{
    struct opening *opening = find_opening((uintptr_t)pthread_self());

    if (opening == NULL)
        return 1;
    unsigned depth = --opening->depth;
    if (depth == 0)
        atomic_store(&opening->thread, 0);
    return depth;
}

void dlopen_when_opened(void (*told)(bool nested))
{
    opened = told;
}

bool dlopen_is_global_used(void)
{
    return atomic_load(&is_global_used);
}

/* Before glibc 2.34, in a process without libdl: somebody took ours for its. */
static void *refuse(void)
{
    return NULL;
}

void *dlopen_next_dlopen(void)
{
    void *next = (void *)NEXT(dlopen);

    return next != NULL ? next : (void *)refuse;
}

void *dlopen_next_dlmopen(void)
{
    void *next = (void *)NEXT(dlmopen);

    return next != NULL ? next : (void *)refuse;
}

void dlopen_note_flags(int flags)
{
    if ((flags & RTLD_GLOBAL) != 0)
        atomic_store(&is_global_used, true);
}

void dlopen_ends(void *handle)
{
    unsigned depth = leave();

    if (handle != NULL && opened != NULL)
        opened(depth > 0);
    code_place_renew();
}

int dlclose(void *handle)
{
    dlopen_begins();
    int r = NEXT(dlclose)(handle);
    leave();
    return r;
}
