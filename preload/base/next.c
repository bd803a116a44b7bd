/* SPDX-License-Identifier: MIT */
/* Looks up the function behind an interposed one, once. */
#define _GNU_SOURCE
#include "base/next.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/symbol.h"
#include "moved.h"

MOVED(dlsym, MOVED_FIRST);

static void *look_up(const char *name)
{
    return dlsym != NULL ? dlsym(RTLD_NEXT, name) : symbol_find_behind((const void *)look_up, name);
}

void *next_function(void *_Atomic *slot, const char *name)
{
    void *function = atomic_load_explicit(slot, memory_order_acquire);

    if (function == NULL) {
        function = look_up(name);
        atomic_store_explicit(slot, function, memory_order_release);
    }
    return function;
}
