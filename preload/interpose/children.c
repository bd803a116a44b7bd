/* SPDX-License-Identifier: MIT */
/* The simulator's children. The original makes them, and what it is told of them is kept; a replay makes none
 * and is told the same. system(), popen() and pclose() come by here: inside libc they call posix_spawn() and
 * waitpid(). So does fork(), which calls _Fork(); its other work (handlers of pthread_atfork, locks) is done
 * in the replay too. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own_thread.h"
#include "base/raw_syscall.h"
#include "interpose/libc_hook.h"
#include "interpose/refused.h"
#include "interpose/vfork.h"
#include "record/call_count.h"
#include "record/world.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/burial.h"
#include "snapshot/family.h"
#include "snapshot/keeper.h"
#include "snapshot/take.h"

#define CALLER ((uint64_t)__builtin_return_address(0))

static pid_t (*libc__Fork)(void);
static pid_t (*libc_fork)(void);
static pid_t (*libc_vfork)(void); /* not called */
static int (*libc_posix_spawn)(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                               const posix_spawnattr_t *attributes, char *const arguments[],
                               char *const environment[]);
static int (*libc_posix_spawnp)(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                                const posix_spawnattr_t *attributes, char *const arguments[],
                                char *const environment[]);
static pid_t (*libc_wait4)(pid_t pid, int *status, int options, struct rusage *usage);
static int (*libc_waitid)(idtype_t type, id_t id, siginfo_t *info, int options);

/* --- making them --- */

static pid_t told_of_fork(void)
{
    int64_t told;

    if (!world_feed(INPUT_CHILD, world_key(WORLD_FORK, 0), &told, NULL, 0))
        input_exhausted("fork");
    return (pid_t)told;
}

/* A thread may have been stopped for the snapshot inside the call: it comes back from it in a replay. */
static pid_t answer_of_fork(pid_t pid)
{
    return (pid_t)world_answer(INPUT_CHILD, world_key(WORLD_FORK, 0), pid, (struct world_bytes){NULL, 0});
}

static pid_t fork_by(pid_t (*function)(void))
{
    if (input_is_fed())
        return told_of_fork();
    pid_t pid;
    refused_before_child(false);
    do {
        take_settle();
        pid = function();
    } while (pid < 0 && refused_make_room(errno));
    if (pid == 0 && run.hooks != NULL)
        run.forked();
    return pid == 0 ? 0 : answer_of_fork(pid);
}

static pid_t on__Fork(void)
{
    return fork_by(libc__Fork);
}

/* Of a libc that has no _Fork() (before 2.34). */
static pid_t on_fork(void)
{
    return libc__Fork != NULL ? libc_fork() : fork_by(libc_fork);
}

pid_t vfork_told(void)
{
    take_settle();
    if (input_is_fed())
        return told_of_fork();
    refused_before_child(true);
    own_thread()->between++;
    return 0;
}

pid_t vfork_answer(long result)
{
    own_thread()->between--;
    if (result < 0) {
        if (refused_make_room((int)-result))
            return VFORK_AGAIN;
        errno = (int)-result;
        result = -1;
    }
    return answer_of_fork((pid_t)result);
}

static bool spawn_told(pid_t *pid, int64_t *error)
{
    const struct world_bytes bytes = {pid, sizeof *pid};

    take_settle();
    if (!input_is_fed()) {
        refused_before_child(true);
        return false;
    }
    if (!world_feed(INPUT_CHILD, world_key(WORLD_SPAWN, 0), error, &bytes, 1))
        input_exhausted("posix_spawn");
    return true;
}

static int spawn_answer(pid_t *pid, int error)
{
    const struct world_bytes bytes = {error == 0 ? pid : NULL, sizeof *pid};

    return (int)world_answer(INPUT_CHILD, world_key(WORLD_SPAWN, 0), error, bytes);
}

static int on_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const arguments[],
                          char *const environment[])
{
    int64_t told;

    if (spawn_told(pid, &told))
        return (int)told;
    int error;
    do {
        own_thread()->between++;
        error = libc_posix_spawn(pid, path, actions, attributes, arguments, environment);
        own_thread()->between--;
    } while (refused_make_room(error));
    return spawn_answer(pid, error);
}

static int on_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const arguments[],
                           char *const environment[])
{
    int64_t told;

    if (spawn_told(pid, &told))
        return (int)told;
    int error;
    do {
        own_thread()->between++;
        error = libc_posix_spawnp(pid, file, actions, attributes, arguments, environment);
        own_thread()->between--;
    } while (refused_make_room(error));
    return spawn_answer(pid, error);
}

/* --- waiting for them --- */

static int child_code(int status)
{
    if (WIFEXITED(status))
        return CLD_EXITED;
    if (WIFSIGNALED(status))
        return WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
    return WIFCONTINUED(status) ? CLD_CONTINUED : CLD_STOPPED;
}

/* Where the original waits for its child, its SIGCHLD handler has run before the call returns. */
static void signal_child(pid_t pid, int code, int status)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = SIGCHLD;
    info.si_code = code;
    info.si_pid = pid;
    info.si_uid = (uid_t)raw_syscall0(SYS_getuid);
    info.si_status = status;
    raw_syscall4(SYS_rt_tgsigqueueinfo, raw_syscall0(SYS_getpid), raw_syscall0(SYS_gettid), SIGCHLD,
                 (long)&info);
}

static pid_t told_of_wait(uint64_t key, int *status, struct rusage *usage)
{
    int own_status = 0;
    const struct world_bytes parts[] = {{&own_status, sizeof own_status}, {usage, sizeof *usage}};
    int64_t pid;

    if (!world_feed(INPUT_CHILD, key, &pid, parts, 2))
        input_exhausted("wait");
    if (pid <= 0)
        return (pid_t)pid;
    if (status != NULL)
        *status = own_status;
    int code = child_code(own_status);
    signal_child((pid_t)pid, code, code == CLD_EXITED ? WEXITSTATUS(own_status) : WTERMSIG(own_status));
    return (pid_t)pid;
}

static bool leave_out_snapshots(pid_t pid, int *options)
{
    if (!role_is_original() || family_may_wait(pid, keeper_is_snapshot, options))
        return true;
    errno = ECHILD;
    return false;
}

static pid_t wait_for(pid_t pid, int *status, int options, struct rusage *usage)
{
    struct rusage own_usage = {0}, *place = usage != NULL ? usage : &own_usage;
    pid_t r = leave_out_snapshots(pid, &options) ? libc_wait4(pid, status, options, place) : -1;

    if (r > 0 && (WIFEXITED(*status) || WIFSIGNALED(*status)))
        burial_see_child(place);
    return r;
}

/* Who has a descriptor of a child has made it. */
static bool finds_simulators_own(idtype_t type, id_t id, int *options)
{
    return type == P_PIDFD || leave_out_snapshots(type == P_PID ? (pid_t)id : 0, options);
}

static int wait_for_id(idtype_t type, id_t id, siginfo_t *info, int options)
{
    int r = finds_simulators_own(type, id, &options) ? libc_waitid(type, id, info, options) : -1;

    if (r == 0 && (options & WEXITED) != 0)
        burial_see_child(NULL);
    return r;
}

/* wait(), waitpid() and wait3() come by here. A handler of SIGCHLD may wait too, inside of this call: its
 * answers are a stream of their own. */
static pid_t on_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    const uint64_t key = world_key(WORLD_WAIT, CALLER);
    const uintptr_t outer = call_begins();

    if (!input_is_fed()) {
        int own_status = 0, *place = status != NULL ? status : &own_status;
        pid_t r = wait_for(pid, place, options, usage);
        call_ends(outer);
        const struct world_bytes parts[] = {{place, sizeof *place}, {usage, sizeof *usage}};
        if (!input_is_fed()) {
            world_record(INPUT_CHILD, key, r, parts, r > 0 ? 2 : 0);
            return r;
        }
    }
    call_ends(outer);
    return told_of_wait(key, status, usage);
}

static int on_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    const uint64_t key = world_key(WORLD_WAITID, CALLER);
    const struct world_bytes bytes = {info, sizeof *info};
    const uintptr_t outer = call_begins();
    int64_t told;

    if (!input_is_fed()) {
        int r = wait_for_id(type, id, info, options);
        call_ends(outer);
        if (!input_is_fed()) {
            world_record(INPUT_CHILD, key, r, &bytes, r == 0);
            return r;
        }
    }
    call_ends(outer);
    if (!world_feed(INPUT_CHILD, key, &told, &bytes, 1))
        input_exhausted("waitid");
    if (told == 0 && info != NULL && info->si_pid != 0 && (options & WNOWAIT) == 0)
        signal_child(info->si_pid, info->si_code, info->si_status);
    return (int)told;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("_Fork", on__Fork, libc__Fork),
    LIBC_HOOK("fork", on_fork, libc_fork),
    LIBC_HOOK("vfork", vfork_in_place, libc_vfork),
    LIBC_HOOK("posix_spawn", on_posix_spawn, libc_posix_spawn),
    LIBC_HOOK("posix_spawnp", on_posix_spawnp, libc_posix_spawnp),
    LIBC_HOOK("wait4", on_wait4, libc_wait4),
    LIBC_HOOK("waitid", on_waitid, libc_waitid),
};
const struct libc_hooks children_hooks = LIBC_HOOKS(rows);
