/* SPDX-License-Identifier: MIT */
/* What this library keeps for each thread. Thread-local storage of our own would make what libc allocates for
 * each new thread longer, in the simulator's heap. So there is one pointer, kept by libc as a value of a key,
 * to a record in memory of ours. A record is zero at first, and a thread has it until it ends. */
#ifndef LIGHTSSS_PRELOAD_BASE_OWN_THREAD_H
#define LIGHTSSS_PRELOAD_BASE_OWN_THREAD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define OWN_THREAD_CHILDREN 16

struct call_row; /* snapshot/threads/call_row.h */

/* A system call that may block, noted before it is made: see snapshot/threads/call_note.h. */
struct call_note {
    long number;
    uintptr_t
        stack_pointer; /* as it is in the call, or where that is not known, somewhat higher; 0: no call */
    uint64_t began_ns; /* CLOCK_MONOTONIC; 0: not noted */
    bool is_exact;     /* the stack pointer is */
};

/* A system call that was started again (snapshot/threads/blocked_call.h), remembered until the next one is.
 */
struct repeated_call {
    const struct call_row *row; /* NULL: there was none yet */
    uint64_t stack_pointer;
    uint64_t program_counter; /* behind the call */
    uint64_t begin_counter;   /* where it begins */
    uint64_t began_ns;        /* as noted, 0: not noted */
    uint64_t deadline_ns;     /* when its time is over, CLOCK_MONOTONIC; CALL_ROW_FOR_EVER */
    uint64_t argument;        /* the one that tells the timeout, as it was left */
    uint64_t sleeps;          /* how often the thread had slept when the call started again */
    bool is_in_library;
    bool is_in_place;     /* it is one that the handler makes itself (call_in_place.h) */
    struct timespec left; /* timeout that the repeated call waits for; the kernel reads it here */
};

struct own_thread {
    _Atomic uintptr_t owner;            /* 0: of no thread */
    volatile unsigned interruptions;    /* how often it was stopped for a snapshot, or asked to stand by */
    volatile unsigned repeats;          /* how often a call of its was started again (repeated) */
    volatile unsigned between;          /* how many children run in its memory (vfork) */
    volatile bool is_inside;            /* it is in a call whose answer is input */
    volatile uint64_t calls;            /* recorded ones that it has begun: see record/call_count.h */
    volatile uintptr_t call_frame;      /* of the one that it is in */
    volatile unsigned char signal_step; /* of its last handled signal: see interpose/handled.c */
    volatile unsigned stepping;         /* over a breakpoint, counted from 1 */
    bool is_told_aside;                 /* in a replay, not where the signal came: its handler sees ... */
    int told_error;                     /* ... this errno */
    bool is_at_waveform;                /* it writes the replay's waveform */
    bool has_stack;                     /* it always has an alternate signal stack: its own, or else ours */
    char *stack;                        /* ours; NULL: it never needed one */
    int64_t ahead_ns;                   /* in a replay: of its CPU clock, before what the simulator is told */
    uint64_t key;                       /* 0: it was not made by us, and is known by its place in memory */
    uint32_t children[OWN_THREAD_CHILDREN]; /* how many it made, by the place in the code */
    pid_t told_tid;
    struct call_note note;
    struct repeated_call repeated;
    unsigned patience; /* steps that it waits in a replay for the eval of an answer; 0: not told yet */
    struct own_asking {
        volatile unsigned ticks; /* since the call; 0: there is none */
        bool has_timer;
        int timer;
        uint64_t mask;
        sigjmp_buf way_out;
    } asking; /* the time, in a replay */
};

/* Once, before anything of a model runs; in a process without one there are no records. Returns 0 or -errno.
 */
int own_thread_prepare(void);

/* Before glibc 2.34 a process without libpthread has one thread, and one record. Called by the one that makes
 * the first other; what it had is kept. */
void own_thread_meet_others(void);

/* One for a thread that is about to be made, so that the thread need not look for it with its signals
 * blocked; NULL: there is none. Give it to own_thread_begin() in the thread, or back where the thread was not
 * made. */
struct own_thread *own_thread_reserve(void);
void own_thread_give_back(struct own_thread *reserved);
void own_thread_begin(struct own_thread *reserved);

/* Of the calling thread. Async-signal-safe. */
struct own_thread *own_thread(void) __attribute__((visibility("hidden")));

#endif
