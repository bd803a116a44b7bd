/* SPDX-License-Identifier: MIT */
/* System calls of this process, and of what becomes of it, are asked about: a supervisor, a process beside
 * it, lets them pass or answers in the place of the kernel. The program sees no signal and no debugger. */
#ifndef LIGHTSSS_TESTS_PROCESS_SUPERVISE_H
#define LIGHTSSS_TESTS_PROCESS_SUPERVISE_H

#include <linux/seccomp.h>
#include <stddef.h>

#define SUPERVISE_CALLS_MAX 96

/* In the supervisor, for each call: what it is answered (-errno, or a value); 0: it passes. */
typedef long supervise_refuse(const struct seccomp_notif *call);

/* The calls of these numbers. Ends the process with 77 where that cannot be. */
void supervise(const long *numbers, size_t count, supervise_refuse *refuse);

#endif
