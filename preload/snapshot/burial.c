/* SPDX-License-Identifier: MIT */
/* Reaps snapshots: see burial.h. What follows from it is family's. */
#define _GNU_SOURCE
#include "snapshot/burial.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <time.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/often.h"
#include "base/other_process.h"

#define STEP_LEAST_NS 20000
#define STEP_MOST_NS  1000000
#define PATIENCE_NS   5000000000u /* the kernel may need as long to give back what a snapshot held */

static OFTEN_WRITTEN struct family family;

void burial_start(void)
{
    struct rusage at_start = {.ru_maxrss = 0};

    kernel_getrusage(RUSAGE_CHILDREN, &at_start);
    family_begin(&family, &at_start);
}

bool burial_reap(pid_t pid)
{
    struct rusage usage;
    const pid_t r = other_process_reap(pid, NULL, &usage);

    if (r == pid)
        family_bury(&family, &usage);
    return r == pid || r == -ECHILD;
}

void burial_look(void)
{
    for (unsigned i = 0; i < family.dying_count;)
        if (burial_reap(family.dying[i]))
            family_drop(&family, i);
        else
            i++;
}

/* Nothing is left of them but their numbers: a debugger that holds one has not reaped it. */
static bool are_zombies(void)
{
    for (unsigned i = 0; i < family.dying_count; i++)
        if (other_process_state(family.dying[i]) != 'Z')
            return false;
    return true;
}

void burial_hasten(void)
{
    for (unsigned i = 0; i < family.dying_count; i++)
        kernel_kill(family.dying[i], SIGKILL);
}

/* One may wait in the kernel for a disk that does not answer. What is left is reaped at a later look, or ends
 * with the original; it is not waited for again. */
void burial_await(void)
{
    const uint64_t start_ns = clock_ns();
    uint64_t moment_ns = STEP_LEAST_NS;

    burial_hasten();
    for (;;) {
        burial_look();
        if (family.dying_count <= family.lasting_count)
            break;
        if (moment_ns >= STEP_MOST_NS && (are_zombies() || clock_ns() - start_ns > PATIENCE_NS))
            break;
        kernel_sleep(moment_ns);
        if (moment_ns < STEP_MOST_NS)
            moment_ns *= 2;
    }
    burial_look(); /* it may have died since, and counts as a process until it is reaped */
    family.lasting_count = family.dying_count;
}

void burial_add(pid_t pid)
{
    if (family_add(&family, pid))
        return;
    burial_await();
    if (family.dying_count == SLOTS_MAX)
        family_drop(&family, 0); /* it ends with the original */
    family_add(&family, pid);
}

struct family *burial_family(void)
{
    return &family;
}

static clock_t to_ticks(const struct timeval *time)
{
    const long ticks_per_second = (long)getauxval(AT_CLKTCK);

    return time->tv_sec * ticks_per_second + time->tv_usec * ticks_per_second / 1000000;
}

void burial_leave_out_ticks(struct tms *times)
{
    struct rusage children;

    if (kernel_getrusage(RUSAGE_CHILDREN, &children) < 0)
        return;
    family_leave_out(&family, &children);
    times->tms_cutime = to_ticks(&children.ru_utime);
    times->tms_cstime = to_ticks(&children.ru_stime);
}
