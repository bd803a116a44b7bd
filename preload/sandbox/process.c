/* SPDX-License-Identifier: MIT */
/* See process.h. */
#define _GNU_SOURCE
#include "sandbox/process.h"

#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "ends/ends.h"
#include "restore/affinity.h"
#include "restore/rights.h"
#include "run/notes.h"
#include "run/run.h"
#include "sandbox/signals.h"

#define IOPRIO_WHO_PROCESS 1

static long refuse(const struct trap *trap)
{
    notes_add("%s of another process was refused", trap->name);
    return -EPERM;
}

long process_about(struct trap *trap)
{
    const long number = trap->argument[trap->which];

    return signals_is_own(number) ? trap_call_with(trap, trap->which, signals_number(number)) : refuse(trap);
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
        return trap_call(trap);
    }
}

/* A replay that has the rights of the run's end already cannot give them up once more. */
long process_rights(struct trap *trap)
{
    long r = trap_call(trap);

    return r == -EPERM && rights_were_taken() ? 0 : r;
}

/* That of any process may be asked for. */
long process_affinity(struct trap *trap)
{
    const pid_t tid = signals_number(trap->argument[0]);

    if (trap->number == SYS_sched_getaffinity)
        return affinity_get(tid, trap->argument[1], trap->argument[2]);
    if (!signals_is_own(trap->argument[0]))
        return refuse(trap);
    return affinity_set(tid, trap->argument[1], trap->argument[2]);
}

long process_priority(struct trap *trap)
{
    long own_kind = trap->number == SYS_setpriority ? PRIO_PROCESS : IOPRIO_WHO_PROCESS;

    return trap->argument[0] == own_kind ? process_about(trap) : refuse(trap);
}

/* Those of any process may be asked for. */
long process_resources(struct trap *trap)
{
    return trap->argument[2] != 0 ? process_about(trap)
                                  : trap_call_with(trap, 0, signals_number(trap->argument[0]));
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
    return trap_call(trap);
}

/* The filter lets threads through. LeakSanitizer, at the end of a program, has a process of its own look on.
 */
long process_clone(struct trap *trap)
{
    if (trap->number == SYS_clone && (trap->argument[0] & CLONE_UNTRACED) != 0)
        notes_add("LeakSanitizer cannot look for leaks in a replay; run with ASAN_OPTIONS=detect_leaks=0");
    notes_add("%s was refused: a replay starts no processes", trap->name);
    return -EAGAIN;
}

/* Its flags are behind a pointer, where the filter cannot see them. libc takes clone in its place. */
long process_clone3(struct trap *trap)
{
    (void)trap;
    return -ENOSYS;
}
