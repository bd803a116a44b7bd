/* SPDX-License-Identifier: MIT */
/* See impatient.h. Said twice: by timeout to the process and to its group, of a terminal that is closed by
 * the shell and by the kernel, by a user who sees nothing happen. */
#define _GNU_SOURCE
#include "original/impatient.h"

#include <signal.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "interpose/handled.h"

#define ECHO_NS  SECOND_NS        /* of the signal that ended the original */
#define ASKED_NS (10 * SECOND_NS) /* what a simulator takes to end after it was asked */

uint64_t impatient_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
    uint64_t set = 0;

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        set |= UINT64_C(1) << (signals[i] - 1);
    return set;
}

uint64_t impatient_echo_ns(const struct end *end, uint64_t start_ns)
{
    uint64_t asked_ns = handled_asked_ns();
    bool was_asked = end->outside || (asked_ns != 0 && start_ns < asked_ns + ASKED_NS);

    return was_asked ? start_ns + ECHO_NS : 0;
}

int impatient_take(void)
{
    const uint64_t impatient = impatient_signals();
    int signal = kernel_sigtake(&impatient, NULL);

    return signal > 0 ? signal : 0;
}
