/* SPDX-License-Identifier: MIT */
/* What asking threads to stop (threads.c), the threads' own side (threads_handler.c) and reviving them
 * (threads_revive.c) share: a record per thread. For these files only. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_STATE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_THREADS_THREADS_STATE_H

#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/kernel.h"
#include "snapshot/threads/blocked_call.h"
#include "snapshot/threads/clone_processor.h"
#include "snapshot/threads/threads_signal.h"

#define THREADS_OWN_TASKS "/proc/self/task"
#define THREADS_PATH_SIZE 48

/* The value of a signal that is for a record: this, and the record's place. */
#define THREADS_SIGNAL_MAGIC (UINT64_C(0x6c53) << 32)

/* Who moves a record on, "stopper" being the thread that calls into threads.c:
 *
 *              stopper                       the thread itself, in its handler
 *   RUNNING -> ASKED -----------------------> STANDBY, or RUNNING when it is busy
 *   RUNNING or ASKED -> SIGNALLED ----------> STOPPED
 *   STANDBY -> STOPPED                        STANDBY -> RUNNING (leaves)
 *   STOPPED or ASLEEP -> STANDBY (resume)     STOPPED -> ASLEEP
 *   SIGNALLED -> CANCELLED -> SIGNALLED       CANCELLED -> RUNNING (leaves)
 *
 * From ASKED, SIGNALLED and CANCELLED on, one signal is on its way: never send a second one. From STANDBY,
 * STOPPED and ASLEEP on, the registers in the record are good and nothing above them on the thread's stack
 * changes. */
enum record_state {
    RECORD_FREE,      /* of no thread */
    RECORD_RUNNING,   /* nothing is asked of the thread */
    RECORD_ASKED,     /* stand by, if you are idle */
    RECORD_SIGNALLED, /* stop */
    RECORD_CANCELLED, /* the stop was given up before the thread got its signal */
    RECORD_STANDBY,   /* idle in its handler; leaves by itself when it has to */
    RECORD_STOPPED,   /* must stay in its handler */
    RECORD_ASLEEP,    /* the same; it wanted to leave and sleeps until the resume wakes it */
};

struct record {
    _Atomic int state;
    pid_t tid;
    int listed;        /* its number in /proc */
    pid_t revived_tid; /* woken copy: the kernel's id of the new thread; 0: made after the wake */
    int old_tid_word;  /* value of *clear_tid at the stop; another value there: the thread has ended */
    pthread_t self;
    struct clone_registers registers;
    uintptr_t program_counter; /* where it goes on when it leaves the handler */
    struct clone_storage storage;
    int *clear_tid;
    void *robust_list;
    size_t robust_list_size;
    struct rseq *rseq; /* NULL: not registered */
    unsigned long affinity[CPU_SETSIZE / (8 * sizeof(unsigned long))];
    long affinity_size;
    bool aborting; /* SIGABRT was on its way to it */
    bool idle;     /* the last signal found it in a system call that could begin again */
    char name[16];
    struct blocked_call call;
};

struct threads_state {
    unsigned count;                 /* places in use, free ones between them included */
    pid_t pid;                      /* whose threads these are */
    bool is_foreign;                /* /proc is that of another PID namespace */
    char tasks[THREADS_PATH_SIZE];  /* directory; by our number the kernel finds it sooner than by "self" */
    struct record caller;           /* the thread that takes the snapshot; only what reviving needs */
    _Atomic uint32_t arrivals;      /* futex: a thread has stopped */
    _Atomic uint32_t stopper_waits; /* for arrivals */
    _Atomic uint32_t resumes;       /* futex: how often threads were let go */
    int rseq_size; /* length that glibc registers restartable sequences with, 0: it does not */
    struct record records[THREADS_MAX]; /* a thread keeps its place as long as it lives */
};

extern struct threads_state threads_state;

/* The first one behind this one that stands still; NULL: the first of all, or there is none. */
struct record *threads_state_next_still(struct record *record);

bool threads_state_move(struct record *record, enum record_state from, enum record_state to);

/* A thread that is not woken stands still for ever: a kernel that refuses is asked again. */
void threads_state_wake(_Atomic uint32_t *word, int count);

#endif
