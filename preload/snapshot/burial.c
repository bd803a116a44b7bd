/* SPDX-License-Identifier: MIT */
/* Reaps snapshots, and keeps account of what they have used: see burial.h. Times of the kernel are finer than
 * those it tells, so that a sum of many is some microseconds off; where the simulator has reaped nobody since
 * the start, the answer is exactly the one of the start. */
#define _GNU_SOURCE
#include "snapshot/burial.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/proc_stat.h"
#include "snapshot/limits/slots.h"

#define SECOND_US     1000000
#define STEP_LEAST_NS 20000
#define STEP_MOST_NS  1000000
#define PATIENCE_NS   5000000000u /* the kernel may need as long to give back what a snapshot held */
#define COUNTERS      (sizeof(struct rusage) / sizeof(long))

/* The largest size is no sum. */
#define IS_SUM(at) ((at) != offsetof(struct rusage, ru_maxrss) / sizeof(long))

/* Of struct rusage, all of whose members are long or pairs of them; times count in their own units. */
static _Atomic long used[COUNTERS];
static struct rusage at_start;
static _Atomic long child_maxrss; /* of the largest child of the simulator's own */
static atomic_bool has_reaped;    /* the simulator has, since the start */

/* Killed and not reaped yet. One is evicted per snapshot and reaped soon after; the array is that
 * long only because snapshots may follow each other faster than the kernel buries them. */
static volatile pid_t dying[SLOTS_MAX];
static unsigned dying_count;
static unsigned lasting_count; /* the first of these were waited for in vain */

static_assert(sizeof(struct rusage) == COUNTERS * sizeof(long), "struct rusage is an array of long");

/* In a forked child, who has died is not its own. */
void burial_start(void)
{
    for (size_t i = 0; i < COUNTERS; i++)
        atomic_store(&used[i], 0);
    for (size_t i = 0; i < SLOTS_MAX; i++)
        dying[i] = 0;
    dying_count = lasting_count = 0;
    atomic_store(&has_reaped, false);
    kernel_getrusage(RUSAGE_CHILDREN, &at_start);
    atomic_store(&child_maxrss, at_start.ru_maxrss);
}

static void add_used(const struct rusage *usage)
{
    long counter[COUNTERS];

    memcpy(counter, usage, sizeof counter);
    for (size_t i = 0; i < COUNTERS; i++)
        if (IS_SUM(i))
            atomic_fetch_add(&used[i], counter[i]);
}

/* It has no exit signal: only __WALL finds it. */
bool burial_reap(pid_t pid)
{
    struct rusage usage;
    long r;

    while ((r = raw_syscall4(SYS_wait4, pid, 0, __WALL | WNOHANG, &usage)) == -EINTR)
        continue;
    if (r == pid)
        add_used(&usage);
    return r == pid || r == -ECHILD;
}

/* --- those that were killed --- */

static void drop(unsigned i)
{
    if (i < lasting_count) {
        dying[i] = dying[--lasting_count];
        i = lasting_count;
    }
    dying[i] = dying[--dying_count];
    dying[dying_count] = 0;
}

void burial_look(void)
{
    for (unsigned i = 0; i < dying_count;)
        if (burial_reap(dying[i]))
            drop(i);
        else
            i++;
}

/* Nothing is left of it but its number: a debugger that holds it has not reaped it. */
static bool is_zombie(pid_t pid)
{
    char buffer[PROC_STAT_SIZE];
    const char *state = proc_stat(pid, buffer);

    return state != NULL && *state == 'Z';
}

static bool are_zombies(void)
{
    for (unsigned i = 0; i < dying_count; i++)
        if (!is_zombie(dying[i]))
            return false;
    return true;
}

/* One may wait in the kernel for a disk that does not answer. What is left is reaped at a later look, or ends
 * with the original; it is not waited for again. */
void burial_await(void)
{
    const uint64_t start_ns = clock_ns();
    uint64_t moment_ns = STEP_LEAST_NS;

    for (;;) {
        burial_look();
        if (dying_count <= lasting_count)
            break;
        if (moment_ns >= STEP_MOST_NS && (are_zombies() || clock_ns() - start_ns > PATIENCE_NS))
            break;
        kernel_sleep(moment_ns);
        if (moment_ns < STEP_MOST_NS)
            moment_ns *= 2;
    }
    burial_look(); /* it may have died since, and counts as a process until it is reaped */
    lasting_count = dying_count;
}

void burial_add(pid_t pid)
{
    if (dying_count == SLOTS_MAX)
        burial_await();
    if (dying_count == SLOTS_MAX)
        drop(0); /* it ends with the original */
    dying[dying_count++] = pid;
}

unsigned burial_count(void)
{
    return dying_count;
}

bool burial_is_due(pid_t pid)
{
    for (unsigned i = 0; i < SLOTS_MAX; i++)
        if (dying[i] == pid)
            return true;
    return false;
}

/* --- the account --- */

void burial_see_child(const struct rusage *usage)
{
    long seen = atomic_load(&child_maxrss);

    atomic_store(&has_reaped, true);
    while (usage != NULL && usage->ru_maxrss > seen &&
           !atomic_compare_exchange_weak(&child_maxrss, &seen, usage->ru_maxrss))
        continue;
}

static int64_t to_us(const struct timeval *time)
{
    return time->tv_sec * INT64_C(1000000) + time->tv_usec;
}

static struct timeval time_without(const struct timeval *time, const struct timeval *of_snapshots)
{
    int64_t us = to_us(time) - to_us(of_snapshots);

    return us < 0 ? (struct timeval){0, 0} : (struct timeval){us / SECOND_US, us % SECOND_US};
}

void burial_leave_out(struct rusage *children)
{
    struct rusage of_snapshots;
    long counter[COUNTERS], sum[COUNTERS];

    if (!atomic_load(&has_reaped)) {
        *children = at_start;
        return;
    }
    for (size_t i = 0; i < COUNTERS; i++)
        sum[i] = atomic_load(&used[i]);
    memcpy(counter, children, sizeof counter);
    memcpy(&of_snapshots, sum, sizeof of_snapshots);
    for (size_t i = 0; i < COUNTERS; i++)
        counter[i] -= counter[i] > sum[i] ? sum[i] : counter[i];
    struct timeval user = time_without(&children->ru_utime, &of_snapshots.ru_utime);
    struct timeval system = time_without(&children->ru_stime, &of_snapshots.ru_stime);
    memcpy(children, counter, sizeof *children);
    children->ru_utime = user;
    children->ru_stime = system;
    children->ru_maxrss = atomic_load(&child_maxrss);
}

static clock_t to_ticks(const struct timeval *time)
{
    const int64_t ticks_per_second = (int64_t)getauxval(AT_CLKTCK);

    return (clock_t)(to_us(time) * ticks_per_second / SECOND_US);
}

void burial_leave_out_ticks(struct tms *times)
{
    struct rusage children;

    if (kernel_getrusage(RUSAGE_CHILDREN, &children) < 0)
        return;
    burial_leave_out(&children);
    times->tms_cutime = to_ticks(&children.ru_utime);
    times->tms_cstime = to_ticks(&children.ru_stime);
}
