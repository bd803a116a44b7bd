/* SPDX-License-Identifier: MIT */
/* A signal comes to a handler of the simulator: what is done before that runs. In the original it is
 * recorded, where it came from the world; in a replay such a one comes when it is told (record/retell.h), and
 * what the world sends there is dropped. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_HANDLED_H
#define LIGHTSSS_PRELOAD_INTERPOSE_HANDLED_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* May a handler of this signal be stood in front of? Not of faults: they come again by themselves. */
bool handled_concerns(int signal);

/* Code that runs between a signal and the simulator's handler: what comes there comes over that, or under it.
 */
#define HANDLED_CODE __attribute__((section("lightsss_handled"), noinline))

/* In our handler `entry`, with the signals open that the simulator wants open: is its own to run? */
bool handled_begins(int signal, siginfo_t *info, const void *ucontext, uintptr_t entry);

/* In a replay: is the end of the handler waited for, or is errno not yet what the original's saw? Then it is
 * run by the second. */
bool handled_is_awaited(void);
void handled_awaited(void (*handler)(int, siginfo_t *, void *), int signal, siginfo_t *info, void *ucontext);

/* When the original's last signal came by which somebody may ask it to end (CLOCK_MONOTONIC); 0: never. */
uint64_t handled_asked_ns(void);

#endif
