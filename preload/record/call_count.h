/* SPDX-License-Identifier: MIT */
/* How many calls whose answers are recorded a thread has begun, and whether it is in one: the same in the
 * original and in its replay, so that what happened in a call can happen again there. */
#ifndef LIGHTSSS_PRELOAD_RECORD_CALL_COUNT_H
#define LIGHTSSS_PRELOAD_RECORD_CALL_COUNT_H

#include <stdint.h>

#include "base/own_thread.h"

/* Called where a call begins in a replay, with its number; NULL: nobody asks. */
extern void (*call_count_told)(uint64_t number) __attribute__((visibility("hidden")));

/* Returns what call_count_ends() wants. */
static inline uintptr_t call_count_begins(void)
{
    struct own_thread *own = own_thread();
    uintptr_t outer = own->call_frame;
    uint64_t number = ++own->calls;

    own->call_frame = (uintptr_t)__builtin_dwarf_cfa(); /* what the call uses is below */
    if (call_count_told != (void (*)(uint64_t))0)
        call_count_told(number);
    return outer;
}

static inline void call_count_ends(uintptr_t outer)
{
    own_thread()->call_frame = outer;
}

#endif
