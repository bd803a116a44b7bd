/* SPDX-License-Identifier: MIT */
/* A library with a RUNPATH of $ORIGIN/near, which opens others: when it is asked, and, where
 * OPEN_FROM_CONSTRUCTOR is in the environment, from its constructor and destructor. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void *caller_open(const char *name, int flags);
void *caller_open(const char *name, int flags)
{
    void *handle = dlopen(name, flags);

    /* Not the last thing it does: a jump to dlopen() would make the caller of this function the caller. */
    setenv("OPEN_LAST", name, 1);
    return handle;
}

__attribute__((constructor)) static void start(void)
{
    const char *name = getenv("OPEN_FROM_CONSTRUCTOR");

    if (name == NULL)
        return;
    void *handle = caller_open(name, RTLD_NOW);
    printf("constructor: %s\n", handle != NULL ? "opened" : dlerror());
}

__attribute__((destructor)) static void end(void)
{
    const char *name = getenv("OPEN_FROM_DESTRUCTOR");

    if (name == NULL)
        return;
    void *handle = caller_open(name, RTLD_NOW);
    printf("destructor: %s\n", handle != NULL ? "opened" : dlerror());
}
