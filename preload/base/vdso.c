/* SPDX-License-Identifier: MIT */
/* The kernel's own code for the clock: see vdso.h. */
#define _GNU_SOURCE
#include "base/vdso.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"
#include "base/symbol.h"

static int (*_Atomic gettime)(clockid_t clock, struct timespec *now); /* NULL: there is none */

void vdso_find(void)
{
    struct symbol_library library;
    void *function = NULL;

    if (symbol_library_find(&library, "linux-vdso.so.1") &&
        symbol_find(&library, "__vdso_clock_gettime", &function) > 0)
        atomic_store(&gettime, (int (*)(clockid_t, struct timespec *))function);
}

uint64_t vdso_clock_ns(void)
{
    int (*read)(clockid_t, struct timespec *) = atomic_load_explicit(&gettime, memory_order_relaxed);
    struct timespec now;

    if (read == NULL || read(CLOCK_MONOTONIC, &now) != 0)
        return clock_ns();
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}
