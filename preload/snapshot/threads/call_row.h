/* SPDX-License-Identifier: MIT */
/* What is to be known of a system call that can be interrupted: a row of blocked_calls.def. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_ROW_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_CALL_ROW_H

#include <stdint.h>

struct call_row {
    short number;
    unsigned char timeout;  /* enum timeout_kind */
    unsigned char argument; /* that tells the timeout */
    signed char mask;       /* the same for the mask of signals */
    short over;             /* what the call says when its time is over */
};

/* Where the timeout is. */
enum timeout_kind {
    KEPT,         /* there is none, or it is absolute */
    UPDATED,      /* a pointer to a relative struct timespec where the kernel writes what is left */
    UPDATED_US,   /* the same with a struct timeval */
    TIMESPEC,     /* a pointer to a relative struct timespec, which the kernel does not update */
    SLEEP,        /* the same, with a pointer for what is left as the next argument */
    CLOCK_SLEEP,  /* the same, where the flags do not say that it is absolute */
    MILLISECONDS, /* a plain number, negative: for ever */
    FUTEX,        /* as the operation says */
    RING,         /* in a structure */
    RECEIVE,      /* the socket's own */
    SEND,
    CONNECT,
};

#define CALL_ROW_FOR_EVER UINT64_MAX

#endif
