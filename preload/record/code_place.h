/* SPDX-License-Identifier: MIT */
/* Where a thread was when a signal came: said in such a way that a replay, whose memory has the same
 * addresses, comes by there again. */
#ifndef LIGHTSSS_PRELOAD_RECORD_CODE_PLACE_H
#define LIGHTSSS_PRELOAD_RECORD_CODE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define CODE_PLACE_KEPT 6

struct code_place {
    uint64_t address; /* of the instruction that comes next; 0: it is no place that a replay comes by */
    uint64_t stack;   /* pointer */
    uint64_t kept[CODE_PLACE_KEPT]; /* registers that a function call preserves */
    uint64_t back_address;          /* where the program itself goes on, behind its call of a library ... */
    uint64_t back_stack;            /* ... and the stack pointer there; both 0: not known */
    bool ends_call; /* the instruction is a system call, which the signal interrupted: it gave EINTR */
};

/* Looks which code is whose: before the first signal, and again when objects have been opened since. Not in a
 * signal handler. */
void code_place_learn(void);
void code_place_renew(void);

/* Where a signal handler's thread was interrupted. frame: where the program's own return address may stand on
 * the stack; 0: not known. Async-signal-safe. */
#define CODE_PLACE_NO_FRAME UINT64_MAX /* nor is it wanted */
void code_place_read(struct code_place *place, const void *ucontext, uint64_t frame);

/* Is that address in the code of the program, or of a library that runs the same in a replay? */
bool code_place_is_program(uint64_t address);

/* --- the processor's part, code_place_<processor>.c --- */

void code_place_registers(struct code_place *place, const void *ucontext);

/* Is there a system call at this address of readable code? */
bool code_place_is_call(uint64_t address);

/* Its length. */
extern const uint64_t code_place_call_size;

/* Where the call in front of this address leads to, if it is a direct one, else 0. Does a jump through a
 * pointer stand there? */
uint64_t code_place_target(uint64_t address);
bool code_place_is_stub(uint64_t target);

/* Did the interrupted thread's call end with EINTR? */
bool code_place_is_interrupted(const void *ucontext);

#endif
