/* SPDX-License-Identifier: MIT */
/* Calls on the process itself and on others: see descriptors.h. A replay has no other threads and children
 * than it makes itself, and knows them by the original's numbers. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"
#include "ends/ends.h"
#include "restore/affinity.h"
#include "restore/rights.h"
#include "run/notes.h"
#include "run/run.h"
#include "sandbox/calls.h"
#include "sandbox/descriptors.h"
#include "sandbox/signals.h"

#define IOPRIO_WHO_PROCESS 1

static long again(const struct trap *trap, int replaced, long value)
{
    long given[TRAP_ARGUMENTS];

    for (int i = 0; i < TRAP_ARGUMENTS; i++)
        given[i] = i == replaced ? value : trap->argument[i];
    return raw_syscall6(trap->number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

static long refuse(const struct trap *trap)
{
    notes_add("%s of another process was refused", calls_find(trap->number)->name);
    return -EPERM;
}

/* The replay's own death signal and its filter stay. */
long process_prctl(struct trap *trap)
{
    switch (trap->argument[0]) {
    case PR_SET_PDEATHSIG:
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_PTRACER:
        return 0;
    case PR_SET_MM:
    case PR_SCHED_CORE:
        notes_add("prctl %ld was refused", trap->argument[0]);
        return -EPERM;
    default:
        return again(trap, -1, 0);
    }
}

/* A replay that has the rights of the run's end already cannot give them up once more. */
long process_rights(struct trap *trap)
{
    long r = again(trap, -1, 0);

    return r == -EPERM && rights_were_taken() ? 0 : r;
}

/* That of any process may be asked for. */
long process_affinity(struct trap *trap)
{
    const pid_t tid = trap->argument[0] == 0 ? 0 : signals_number(trap->argument[0]);

    if (trap->number == SYS_sched_getaffinity)
        return affinity_get(tid, trap->argument[1], trap->argument[2]);
    if (!signals_is_own(trap->argument[0]))
        return refuse(trap);
    return affinity_set(tid, trap->argument[1], trap->argument[2]);
}

long process_schedule(struct trap *trap)
{
    if (!signals_is_own(trap->argument[0]))
        return refuse(trap);
    return again(trap, 0, trap->argument[0] == 0 ? 0 : signals_number(trap->argument[0]));
}

long process_priority(struct trap *trap)
{
    long own_kind = trap->number == SYS_setpriority ? PRIO_PROCESS : IOPRIO_WHO_PROCESS;

    if (trap->argument[0] != own_kind || !signals_is_own(trap->argument[1]))
        return refuse(trap);
    return again(trap, 1, trap->argument[1] == 0 ? 0 : signals_number(trap->argument[1]));
}

long process_limit(struct trap *trap)
{
    if (trap->argument[2] != 0 && !signals_is_own(trap->argument[0]))
        return refuse(trap);
    return again(trap, 0, trap->argument[0] == 0 ? 0 : signals_number(trap->argument[0]));
}

/* The replay stays in the session, and knows what its group would be. */
long process_session(struct trap *trap)
{
    const pid_t pid = run.page->original_pid, group = (pid_t)trap->argument[1];

    if (trap->number == SYS_setsid) {
        run.group = pid;
        return pid;
    }
    if (trap->argument[0] == 0 || signals_number(trap->argument[0]) == run.pid)
        run.group = group == 0 ? pid : group;
    return 0;
}

/* By a call that is not libc's, or nobody would see it coming. */
long process_exit(struct trap *trap)
{
    ends_exit((int)trap->argument[0]);
    return again(trap, -1, 0);
}

/* The filter lets threads through. LeakSanitizer, at the end of a program, has a process of its own look on.
 */
long process_clone(struct trap *trap)
{
    if (trap->number == SYS_clone && (trap->argument[0] & CLONE_UNTRACED) != 0)
        notes_add("LeakSanitizer cannot look for leaks in a replay; run with ASAN_OPTIONS=detect_leaks=0");
    notes_add("%s was refused: a replay starts no processes", calls_find(trap->number)->name);
    return -EAGAIN;
}

/* Its flags are behind a pointer, where the filter cannot see them. libc takes clone in its place. */
long process_clone3(struct trap *trap)
{
    (void)trap;
    return -ENOSYS;
}
