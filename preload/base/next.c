/* SPDX-License-Identifier: MIT */
/* Looks up the function behind an interposed one, once. */
#define _GNU_SOURCE
#include "base/next.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

void *next_function(void *_Atomic *slot, const char *name)
{
    void *function = atomic_load_explicit(slot, memory_order_acquire);

    if (function == NULL) {
        function = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(slot, function, memory_order_release);
    }
    return function;
}
