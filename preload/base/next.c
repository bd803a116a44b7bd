/* SPDX-License-Identifier: MIT */
/* Looks up the function behind an interposed one, once. Not by dlsym(): that forgets an error that the
 * simulator has yet to ask dlerror() for, and before glibc 2.34 it takes memory from the heap. */
#define _GNU_SOURCE
#include "base/next.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/symbol.h"

void *next_function(void *_Atomic *slot, const char *name)
{
    void *function = atomic_load_explicit(slot, memory_order_acquire);

    if (function == NULL) {
        function = symbol_find_behind((const void *)next_function, name);
        atomic_store_explicit(slot, function, memory_order_release);
    }
    return function;
}
