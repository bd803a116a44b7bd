/* SPDX-License-Identifier: MIT */
/* What the calls of fake_calls.c share: see there. */
#ifndef LIGHTSSS_TESTS_PROCESS_FAKE_CALLS_H
#define LIGHTSSS_TESTS_PROCESS_FAKE_CALLS_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/raw_syscall.h"

#define LIMIT_MS  1200 /* of all calls that have one */
#define SECOND_NS 1000000000
#define LONG_TEXT 4096
#define UNTOUCHED 77

enum entry { ENTRY_LIBC, ENTRY_SYSCALL, ENTRY_INLINED, ENTRIES };

struct blocked {
    const char *name;
    long (*call)(struct blocked *self);
    void (*end)(struct blocked *self); /* NULL: it ends by its own time */
    pthread_t thread;
    enum entry entry;
    atomic_bool is_ready, is_done;
    int fd, other; /* whatever the call is about */
    pid_t child;
    int64_t began_ns, ended_ns;
    long result;
};

extern const struct timespec fake_limit;
extern const struct timeval fake_limit_us;

int64_t fake_now_ns(clockid_t clock);
struct timespec fake_until(struct blocked *self, clockid_t clock); /* the limit's end, which begins here */

static inline long told(long r)
{
    return r < 0 ? -errno : r;
}

/* From here on the main thread may end the call. */
static inline void ready(struct blocked *self)
{
    if (self->began_ns == 0)
        self->began_ns = fake_now_ns(CLOCK_MONOTONIC);
    self->is_ready = true;
}

/* Of an int that is passed on the stack the upper half would be anything. */
#define BY_NUMBER(call, number, a, b, c, d, e, f)                                                            \
    call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define RAW(number, a, b, c, d, e, f)                                                                        \
    (self->entry == ENTRY_SYSCALL ? told(BY_NUMBER(syscall, number, a, b, c, d, e, f))                       \
                                  : BY_NUMBER(raw_syscall6, number, a, b, c, d, e, f))
#define MAKE(libc, number, a, b, c, d, e, f)                                                                 \
    (ready(self), self->entry == ENTRY_LIBC ? told(libc) : RAW(number, a, b, c, d, e, f))
#define MAKE_RAW(number, a, b, c, d, e, f)                                                                   \
    MAKE(BY_NUMBER(syscall, number, a, b, c, d, e, f), number, a, b, c, d, e, f)

#define BLOCKED_CALL(name, ...) long call_##name(struct blocked *self);
#include "snapshot/threads/blocked_calls.def"
#undef BLOCKED_CALL

/* Of those that do not end by their own time. */
void end_by_signal(struct blocked *self);
void end_semop(struct blocked *self);
void end_msgsnd(struct blocked *self);
void end_msgrcv(struct blocked *self);
void end_open(struct blocked *self);
void end_flock(struct blocked *self);
void end_fcntl(struct blocked *self);
void end_child(struct blocked *self);

/* Files and queues. */
void fake_calls_remove_queue(const struct blocked *self);
void fake_calls_remove_file(const struct blocked *self);

#endif
