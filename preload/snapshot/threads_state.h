/* SPDX-License-Identifier: MIT */
/* What stopping (threads.c) and reviving (threads_revive.c) threads share: a record per stopped thread. For
 * these two files only. */
#ifndef LIGHTSSS_THREADS_STATE_H
#define LIGHTSSS_THREADS_STATE_H

#include <linux/futex.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "../raw_syscall.h"
#include "blocked_call.h"
#include "threads.h"
#include "threads_processor.h"

enum record_state {
    RECORD_FREE,
    RECORD_SIGNALLED,
    RECORD_STOPPED,
    RECORD_RESUMED,   /* the thread has gone on */
    RECORD_CANCELLED, /* the thread ended, or the stop was given up, before it got the signal */
};

struct record {
    _Atomic int state;
    pid_t tid;
    pid_t revived_tid; /* woken copy: the kernel's id of the new thread */
    int old_tid_word;  /* value of *clear_tid at the stop; another value there: the thread has ended */
    pthread_t self;
    struct thread_registers registers;
    struct thread_storage storage;
    int *clear_tid;
    void *robust_list;
    size_t robust_list_size;
    struct rseq *rseq; /* NULL: not registered */
    unsigned long affinity[CPU_SETSIZE / (8 * sizeof(unsigned long))];
    long affinity_size;
    bool was_blocked; /* the last stop found it inside a system call */
    bool drawn; /* it may only run on the stopper's processor until the resume; affinity is what it had */
    char name[16];
    struct blocked_call call;
};

struct threads_state {
    struct record records[THREADS_MAX];
    unsigned count;
    struct record caller;               /* the thread that takes the snapshot; only what reviving needs */
    _Atomic uint32_t stop_generation;   /* the stop under way, 0: none */
    _Atomic uint32_t resume_generation; /* futex: stops up to this one are over */
    uint32_t last_generation;
    int rseq_size; /* length that glibc registers restartable sequences with, 0: it does not */
};

extern struct threads_state threads_state;

/* The first thing a revived thread does, all signals blocked, still inside the handler. */
void threads_restore_self(struct record *record);

static inline void threads_futex_wait(_Atomic uint32_t *word, uint32_t value, const struct timespec *timeout)
{
    raw_syscall4(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, (long)timeout);
}

static inline void threads_futex_wake(_Atomic uint32_t *word, int count)
{
    raw_syscall3(SYS_futex, (long)word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count);
}

#endif
