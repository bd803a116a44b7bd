/* SPDX-License-Identifier: MIT */
/* A handler of SIGCHLD that counts. */
#ifndef LIGHTSSS_TESTS_PROCESS_CHILD_SIGNALS_H
#define LIGHTSSS_TESTS_PROCESS_CHILD_SIGNALS_H

#include <signal.h>

static volatile sig_atomic_t child_signals;

static inline void child_signals_count(int signal)
{
    (void)signal;
    child_signals++;
}

#endif
