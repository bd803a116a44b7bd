/* SPDX-License-Identifier: MIT */
/* See impatient.h. */
#define _GNU_SOURCE
#include "original/impatient.h"

#include <signal.h>
#include <stddef.h>

#include "base/kernel.h"

uint64_t impatient_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
    uint64_t set = 0;

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        set |= UINT64_C(1) << (signals[i] - 1);
    return set;
}

int impatient_take(void)
{
    const uint64_t impatient = impatient_signals();
    int signal = kernel_sigtake(&impatient, NULL);

    return signal > 0 ? signal : 0;
}
