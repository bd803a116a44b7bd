/* SPDX-License-Identifier: MIT */
/* What a test and inject share: which call is to fail, and what was seen. The calls are those that code of
 * the library makes itself, of the kernel or (libinject_libc.so) of libc; the simulator's own are never
 * touched. */
#ifndef LIGHTSSS_TESTS_PROCESS_INJECT_H
#define LIGHTSSS_TESTS_PROCESS_INJECT_H

#include <stdint.h>
#include <sys/syscall.h>

#define INJECT_CALLS_MAX 96

/* Numbers from here on are functions of libc: rows of inject_libc.def. The question about one of them is this
 * system call, with the number and the address that it is called from. */
#define INJECT_LIBC     0x10000
#define INJECT_QUESTION SYS_sched_get_priority_max

enum inject_function {
#define INJECT(type, name, parameters, arguments, failure) INJECT_##name,
#include "inject_libc.def"
#undef INJECT
    INJECT_FUNCTIONS,
};

enum inject_role {
    INJECT_ORIGINAL,
    INJECT_COPY, /* a snapshot, parked or woken */
    INJECT_ROLES,
};

/* Lies in a file that both map. */
struct inject_state {
    /* in: the n-th call of this kind in this role fails; n is 0: none does, all kinds are counted */
    uint32_t role, call; /* index of a row of inject_calls */
    uint32_t nth, error;
    uint32_t lasting; /* and so do all that follow */
    /* out */
    _Atomic uint32_t counts[INJECT_ROLES][INJECT_CALLS_MAX];
    _Atomic uint32_t failed; /* how many did */
    _Atomic uint32_t mute;   /* and this many of them on stderr */
    _Atomic uint32_t blind;  /* processes cannot be looked into here */
    uint64_t argument;       /* the first one of the first call that failed ... */
    uint64_t place;          /* ... and where it was made: an offset in the library's file */
    char library[64];
};

struct inject_call {
    const char *name; /* NULL: the last row */
    long number;
};

extern const struct inject_call inject_calls[];

#endif
