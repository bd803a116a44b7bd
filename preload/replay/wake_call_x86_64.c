/* SPDX-License-Identifier: MIT */
/* A call with up to six integers and six doubles on x86-64: see wake_call.h. A function takes of either kind
 * of register what it knows of. */
#include "replay/wake_call.h"

void wake_call_enter(uintptr_t function, const struct call *call)
{
    const uint64_t *integers = call->integers;
    const double *reals = call->reals;
    void (*called)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, double, double, double, double,
                   double, double) = (__typeof__(called))function;

    __asm__ volatile(".cfi_undefined rip");
    called(integers[0], integers[1], integers[2], integers[3], integers[4], integers[5], reals[0], reals[1],
           reals[2], reals[3], reals[4], reals[5]);
    __asm__ volatile(""); /* no jump instead of the call */
}
