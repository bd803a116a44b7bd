/* SPDX-License-Identifier: MIT */
/* The simulator's children. The original makes them, and what it is told of them is kept; a replay makes none
 * and is told the same. system(), popen() and pclose() come by here: inside libc they call posix_spawn() and
 * waitpid(). So does fork(), which calls _Fork(); its other work (handlers of pthread_atfork, locks) is done
 * in the replay too. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/own_thread.h"
#include "interpose/children_processor.h"
#include "interpose/libc_hook.h"
#include "interpose/refused.h"
#include "record/answer.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/burial.h"
#include "snapshot/keeper.h"
#include "snapshot/take.h"

#define CALLER ((uint64_t)__builtin_return_address(0))

static pid_t (*libc__Fork)(void);
static pid_t (*libc_fork)(void);
static pid_t (*libc_vfork)(void); /* not called */
static __typeof__(posix_spawn) *libc_posix_spawn, *libc_posix_spawnp;
static pid_t (*libc_wait4)(pid_t pid, int *status, int options, struct rusage *usage);
static int (*libc_waitid)(idtype_t type, id_t id, siginfo_t *info, int options);

/* --- making them --- */

static pid_t told_of_fork(void)
{
    return (pid_t)answer_of_original(TAPE_CHILD, answer_key(ANSWER_FORK, 0), "fork", NULL, 0);
}

/* A thread may have been stopped for the snapshot inside the call: it comes back from it in a replay. */
static pid_t answer_of_fork(pid_t pid)
{
    return (pid_t)answer_replaced(TAPE_CHILD, answer_key(ANSWER_FORK, 0), pid, NULL, 0);
}

/* Is there to be one? Not in a replay. */
static bool is_made(bool is_program)
{
    take_settle();
    if (role_is_fed())
        return false;
    refused_before_child(is_program);
    return true;
}

static pid_t fork_by(pid_t (*function)(void))
{
    if (!is_made(false))
        return told_of_fork();
    pid_t pid;
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

pid_t children_vfork_told(void)
{
    if (!is_made(true))
        return told_of_fork();
    own_thread()->between++;
    return 0;
}

pid_t children_vfork_answer(long result)
{
    own_thread()->between--;
    if (result < 0) {
        if (refused_make_room((int)-result))
            return CHILDREN_VFORK_AGAIN;
        errno = (int)-result;
        result = -1;
    }
    return answer_of_fork((pid_t)result);
}

static int spawn_by(__typeof__(posix_spawn) *function, pid_t *pid, const char *program,
                    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                    char *const arguments[], char *const environment[])
{
    const uint64_t key = answer_key(ANSWER_SPAWN, 0);
    int error;

    if (!is_made(true))
        return (int)answer_of_original(TAPE_CHILD, key, "posix_spawn", pid, sizeof *pid);
    do {
        own_thread()->between++;
        error = function(pid, program, actions, attributes, arguments, environment);
        own_thread()->between--;
    } while (refused_make_room(error));
    return (int)answer_replaced(TAPE_CHILD, key, error, error == 0 ? pid : NULL, sizeof *pid);
}

static int on_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const arguments[],
                          char *const environment[])
{
    return spawn_by(libc_posix_spawn, pid, path, actions, attributes, arguments, environment);
}

static int on_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const arguments[],
                           char *const environment[])
{
    return spawn_by(libc_posix_spawnp, pid, file, actions, attributes, arguments, environment);
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
    siginfo_t info = {.si_signo = SIGCHLD, .si_code = code};

    info.si_pid = pid;
    info.si_uid = kernel_getuid();
    info.si_status = status;
    kernel_queue(SIGCHLD, &info);
}

static void signal_end(pid_t pid, int status)
{
    int code = child_code(status);

    signal_child(pid, code, code == CLD_EXITED ? WEXITSTATUS(status) : WTERMSIG(status));
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
        family_see_child(burial_family(), place);
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
        family_see_child(burial_family(), NULL);
    return r;
}

/* wait(), waitpid() and wait3() come by here. A handler of SIGCHLD may wait too, inside of this call: its
 * answers are a stream of their own. */
static pid_t on_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    int own_status = 0, *place = status != NULL ? status : &own_status;
    struct answer answer;
    pid_t r = answer_begins(&answer, TAPE_CHILD, answer_key(ANSWER_WAIT, CALLER), "wait")
                  ? wait_for(pid, place, options, usage)
                  : 0;

    r = (pid_t)answer_comes(&answer, r);
    if (r > 0) {
        answer_part(&answer, place, sizeof *place);
        answer_part(&answer, usage, sizeof *usage);
    }
    answer_ends(&answer);
    if (answer.is_told && r > 0)
        signal_end(r, *place);
    return r;
}

static int on_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    struct answer answer;
    int r = answer_begins(&answer, TAPE_CHILD, answer_key(ANSWER_WAITID, CALLER), "waitid")
                ? wait_for_id(type, id, info, options)
                : 0;

    r = (int)answer_value(&answer, r, info, sizeof *info);
    if (answer.is_told && r == 0 && info != NULL && info->si_pid != 0 && (options & WNOWAIT) == 0)
        signal_child(info->si_pid, info->si_code, info->si_status);
    return r;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("_Fork", on__Fork, libc__Fork),
    LIBC_HOOK("fork", on_fork, libc_fork),
    LIBC_HOOK("vfork", children_vfork, libc_vfork),
    LIBC_HOOK("posix_spawn", on_posix_spawn, libc_posix_spawn),
    LIBC_HOOK("posix_spawnp", on_posix_spawnp, libc_posix_spawnp),
    LIBC_HOOK("wait4", on_wait4, libc_wait4),
    LIBC_HOOK("waitid", on_waitid, libc_waitid),
};
const struct libc_hooks children_hooks = LIBC_HOOKS(rows);
