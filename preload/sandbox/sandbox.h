/* SPDX-License-Identifier: MIT */
/* The sandbox of a replay: nothing that it writes, makes, removes, sends, kills or starts reaches the user's
 * files, other processes or the network. The original is never in one. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_SANDBOX_H
#define LIGHTSSS_PRELOAD_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* In a woken copy, before its threads are made anew: from here on. taken_ns: what was made until then
 * (CLOCK_MONOTONIC) was made before its snapshot. Where the kernel cannot do that, the replay is told so and
 * goes on without. */
void sandbox_enter(uint64_t taken_ns);

/* Do names that the simulator gives to the kernel come by the sandbox? */
bool sandbox_sees_names(void);

#endif
