/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: every system call that the library's table of blocked calls has a row for,
 * each blocked in a thread of its own while the simulation goes on and snapshots are taken; made by libc's
 * function, by syscall() or by an instruction of its own. A row that has no call here is an error of the
 * linker's. */
#define _GNU_SOURCE
#include "fake_calls.h"

#include "fake_steps.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

#define EARLY_MS 2 /* clocks differ */
#define SLACK_MS 400
#define NO_QUEUE 0x7ffffff0

static const char *const entry_names[ENTRIES] = {"libc", "syscall", "inlined"};

const struct timespec fake_limit = {LIMIT_MS / 1000, LIMIT_MS % 1000 * 1000000L};
const struct timeval fake_limit_us = {LIMIT_MS / 1000, LIMIT_MS % 1000 * 1000L};

int64_t fake_now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * (int64_t)SECOND_NS + now.tv_nsec;
}

struct timespec fake_until(struct blocked *self, clockid_t clock)
{
    self->began_ns = fake_now_ns(CLOCK_MONOTONIC);
    int64_t ns = fake_now_ns(clock) + LIMIT_MS * INT64_C(1000000);

    return (struct timespec){ns / SECOND_NS, ns % SECOND_NS};
}

static struct blocked calls[] = {
#define BLOCKED_CALL(name, ...) {#name, call_##name, NULL, .fd = -1},
#include "snapshot/threads/blocked_calls.def"
#undef BLOCKED_CALL
};

static const struct {
    const char *name;
    void (*end)(struct blocked *self);
} ends[] = {
    {"pause", end_by_signal}, {"rt_sigsuspend", end_by_signal},
    {"semop", end_semop},     {"msgsnd", end_msgsnd},
    {"msgrcv", end_msgrcv},   {"open", end_open},
    {"openat", end_open},     {"flock", end_flock},
    {"fcntl", end_fcntl},     {"wait4", end_child},
    {"waitid", end_child},
};

#define COUNT (sizeof calls / sizeof *calls)

static void *block(void *argument)
{
    struct blocked *self = argument;

    self->result = self->call(self);
    self->ended_ns = fake_now_ns(CLOCK_MONOTONIC);
    self->is_done = true;
    return NULL;
}

/* How long a machine as busy as this one makes the same time. */
static long sleep_beside(struct blocked *self)
{
    struct timespec time = fake_until(self, CLOCK_MONOTONIC);

    ready(self);
    return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static void ignore(int signal)
{
    (void)signal;
}

static void tell(const struct blocked *self, int64_t usual_ns)
{
    int64_t spent_ns = self->ended_ns - self->began_ns;
    const char *time = "";

    if (self->end == NULL && spent_ns < (LIMIT_MS - EARLY_MS) * INT64_C(1000000))
        time = ", too early";
    else if (self->end == NULL && spent_ns > usual_ns + SLACK_MS * INT64_C(1000000))
        time = ", too late";
    fake_say("%s by %s: %ld%s", self->name, entry_names[self->entry], self->result, time);
    if (*time != '\0')
        dprintf(2, "fake: %s took %ld us, usual are %ld\n", self->name, (long)(spent_ns / 1000),
                (long)(usual_ns / 1000));
}

static void start_all(enum entry entry)
{
    sigaction(SIGUSR2, &(struct sigaction){.sa_handler = ignore}, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        calls[i].entry = entry;
        for (size_t j = 0; j < sizeof ends / sizeof *ends; j++)
            if (strcmp(ends[j].name, calls[i].name) == 0)
                calls[i].end = ends[j].end;
        if (pthread_create(&calls[i].thread, NULL, block, &calls[i]) != 0)
            fake_give_up("fake: no thread");
    }
}

/* Those that block without a time are ended behind the others: they have met the same snapshots. */
static void end_all(struct blocked *beside)
{
    for (size_t i = 0; i < COUNT; i++)
        if (calls[i].end != NULL && calls[i].is_ready && !calls[i].is_done)
            calls[i].end(&calls[i]);
    pthread_join(beside->thread, NULL);
    for (size_t i = 0; i < COUNT; i++)
        pthread_join(calls[i].thread, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        fake_calls_remove_queue(&calls[i]);
        fake_calls_remove_file(&calls[i]);
    }
}

static bool are_over(void)
{
    for (size_t i = 0; i < COUNT; i++)
        if (calls[i].end == NULL && !calls[i].is_done)
            return false;
    return true;
}

static atomic_bool asks_no_more;

/* What a queue that never was answers. */
static void *ask_no_queue(void *unused)
{
    long others = 0;
    char message[sizeof(long) + 8];

    (void)unused;
    while (!asks_no_more)
        others += msgrcv(NO_QUEUE, message, 8, 0, 0) >= 0 || errno != EINVAL;
    return (void *)others;
}

/* For so many milliseconds, while snapshots are taken. A replay has nothing to do here. */
static void do_no_queue(const char *argument)
{
    long self = raw_syscall0(SYS_getpid);
    int64_t end_ns = fake_now_ns(CLOCK_MONOTONIC) + strtol(argument, NULL, 10) * INT64_C(1000000);
    pthread_t thread;
    void *others = NULL;

    fake_run("eval:1");
    if (pthread_create(&thread, NULL, ask_no_queue, NULL) != 0)
        fake_give_up("fake: no thread");
    while (fake_now_ns(CLOCK_MONOTONIC) < end_ns) {
        fake_run("eval:1");
        usleep(100);
        if (raw_syscall0(SYS_getpid) != self)
            _exit(3);
    }
    asks_no_more = true;
    pthread_join(thread, &others);
    printf("%ld other answers\n", (long)others);
}

/* libc, syscall or inlined. A replay has nothing to do here. */
static void do_blocked_calls(const char *argument)
{
    static struct blocked beside = {.name = "sleep", .call = sleep_beside};
    long self = raw_syscall0(SYS_getpid);
    enum entry entry = ENTRY_LIBC;

    while (entry < ENTRIES && strcmp(entry_names[entry], argument) != 0)
        entry++;
    fake_run("eval:1");
    start_all(entry);
    pthread_create(&beside.thread, NULL, block, &beside);
    while (!are_over()) {
        fake_run("eval:1");
        usleep(100);
        if (raw_syscall0(SYS_getpid) != self)
            _exit(3);
    }
    end_all(&beside);
    for (size_t i = 0; i < COUNT; i++)
        tell(&calls[i], beside.ended_ns - beside.began_ns);
}

const struct fake_step fake_calls[] = {
    {"blocked_calls", do_blocked_calls},
    {"no_queue", do_no_queue},
    {NULL, NULL},
};
