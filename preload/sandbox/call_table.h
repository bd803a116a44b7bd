/* SPDX-License-Identifier: MIT */
/* What a replay may ask of the kernel beside what is always let through (filter.c): a table with a row per
 * system call. A number without a row is refused. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_CALL_TABLE_H
#define LIGHTSSS_PRELOAD_SANDBOX_CALL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/trap.h"

#define CALL_TABLE_LIMIT 1024 /* numbers from here on have no row */

enum call_pass {
    CALL_TRAPPED,  /* it is answered */
    CALL_WITHOUT,  /* always made as it is where this argument is 0 */
    CALL_WITH_BIT, /* ... where this bit of the argument is set */
};

struct call {
    short number;
    unsigned char pass;     /* enum call_pass */
    unsigned char argument; /* that decides, or that the answer is about; from 0 */
    uint32_t bit;
    short error;  /* without an answer: what it gets, noted; 0: a success that is none */
    bool is_name; /* about names: one thread at a time */
    const char *name;
    long (*answer)(struct trap *trap);
    const int *as; /* of an older call: the arguments of the newer one that the answer is for */
};

/* The rows. */
const struct call *call_table_rows(size_t *count);

/* See trap.h. */
long call_table_answer(struct trap *trap, uint32_t architecture);

#endif
