/* SPDX-License-Identifier: MIT */
/* Stops of a replay's thread at an address. One thread is waited for; the others pass by. The processor's
 * part is breakpoint_<processor>.c. */
#ifndef LIGHTSSS_PRELOAD_RECORD_BREAKPOINT_H
#define LIGHTSSS_PRELOAD_RECORD_BREAKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKPOINTS 2

/* Called on the thread that set them, before the instruction there, all signals blocked. Returns whether they
 * are to go; it may have set others. */
typedef bool breakpoint_handler(void *ucontext, uint64_t address);

/* Sets them; an address of 0 is none. Returns how many could be set. Async-signal-safe. */
unsigned breakpoint_set(const uint64_t addresses[BREAKPOINTS], breakpoint_handler *handler);

void breakpoint_clear(void);

/* The same, and from now on none can be set: a debugger takes each for its own. */
void breakpoint_forbid(void);

/* The call that the stopped thread is about to make ends with EINTR, without being made. */
void breakpoint_interrupt_call(void *ucontext);

#endif
