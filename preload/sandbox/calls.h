/* SPDX-License-Identifier: MIT */
/* What a replay may ask of the kernel: a table with a row per system call. A number without a row is refused.
 */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_CALLS_H
#define LIGHTSSS_PRELOAD_SANDBOX_CALLS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/trap.h"

/* Of a handler: the registers are as they shall be. */
#define TRAP_NO_RESULT LONG_MIN

#define CALLS_LIMIT 1024 /* numbers from here on have no row */

enum call_pass {
    CALL_TRAPPED,  /* the handler answers */
    CALL_WITHOUT,  /* ... where this argument is 0 */
    CALL_WITH_BIT, /* ... where this bit of the argument is set */
};

struct call {
    short number;
    unsigned char pass;     /* enum call_pass */
    unsigned char argument; /* that decides; from 0 */
    uint32_t bit;
    short error; /* without a handler: the answer, noted; 0: a success that is none */
    const char *name;
    long (*handler)(struct trap *trap); /* returns what the caller gets: a result, -errno or TRAP_NO_RESULT */
};

/* The row of this system call; NULL: none. */
const struct call *calls_find(long number);

/* The numbers that are always let through. */
const short *calls_allowed(size_t *count);

/* The rows beside those. */
const struct call *calls_rows(size_t *count);

/* What the caller gets. architecture: of the entry that it used, as seccomp names it. */
long calls_answer(struct trap *trap, uint32_t architecture);

#endif
