/* SPDX-License-Identifier: MIT */
/* Ids of processes. A replay is told those of the original; what it then does to "itself" by such an id is
 * done to the replay, and nothing is done to anybody else. libc's own calls of getpid() (raise(),
 * pthread_kill()) and all of ours are told the truth. */
#define _GNU_SOURCE
#include "interpose/ids.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/raw_syscall.h"
#include "ends/ends.h"
#include "interpose/dlopen.h"
#include "interpose/libc.h"
#include "interpose/thread.h"
#include "record/world.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/threads/threads_revive.h"

static pid_t (*libc_getpid)(void);
static pid_t (*libc_getppid)(void);
static pid_t (*libc_gettid)(void);
static pid_t (*libc_getpgrp)(void);
static pid_t (*libc_getpgid)(pid_t pid);
static pid_t (*libc_getsid)(pid_t pid);
static int (*libc_kill)(pid_t pid, int signal);
static int (*libc_tgkill)(pid_t pid, pid_t tid, int signal);
static int (*libc_sigqueue)(pid_t pid, int signal, const union sigval value);

static int (*libc_raise)(int signal);

static struct dlopen_code libc_code;
static const union sigval no_value;

void ids_prepare(void)
{
    libc_code = dlopen_code_around((const void *)gnu_get_libc_version);
}

static bool is_of_libc(const void *caller)
{
    return (const uint8_t *)caller >= libc_code.start && (const uint8_t *)caller < libc_code.end;
}

static pid_t on_getpid(void)
{
    bool is_told = role_kind() == ROLE_REPLAY && !is_of_libc(__builtin_return_address(0));

    return is_told ? run.page->original_pid : libc_getpid();
}

static pid_t on_gettid(void)
{
    pid_t told = role_kind() == ROLE_REPLAY ? thread_told_tid() : 0;

    return told != 0 ? told : libc_gettid();
}

static pid_t answer(enum world_call call, pid_t of, pid_t result)
{
    return (pid_t)world_answer(INPUT_CHILD, world_key(call, (uint64_t)of), result,
                               (struct world_bytes){NULL, 0});
}

static pid_t on_getppid(void)
{
    return answer(WORLD_GETPPID, 0, libc_getppid());
}

static pid_t on_getpgrp(void)
{
    return answer(WORLD_GETPGRP, 0, libc_getpgrp());
}

/* By the id that it was told the replay asks about the original, which answers for it. */
static pid_t on_getpgid(pid_t pid)
{
    return answer(WORLD_GETPGID, pid, libc_getpgid(pid));
}

static pid_t on_getsid(pid_t pid)
{
    return answer(WORLD_GETSID, pid, libc_getsid(pid));
}

/* --- signals --- */

/* Of its own group (0) the replay is all that is left. */
static bool is_itself(pid_t pid)
{
    return pid == run.page->original_pid || pid == raw_syscall0(SYS_getpid) || pid == 0 ||
           (pid < 0 && role_is_group(-pid));
}

int ids_send(pid_t tid, int signal, int code, union sigval value)
{
    const long self = raw_syscall0(SYS_getpid);
    siginfo_t info;

    if (signal == 0)
        return 0;
    if (signal == SIGKILL) /* nobody would see this end */
        ends_signal(SIGKILL, false, 0);
    if (signal == SIGSTOP) /* the original has gone on; nobody is there to wake a replay */
        return 0;
    memset(&info, 0, sizeof info);
    info.si_signo = signal;
    info.si_code = code;
    info.si_pid = run.page->original_pid;
    info.si_uid = (uid_t)raw_syscall0(SYS_getuid);
    info.si_value = value;
    long r = tid != 0 ? raw_syscall4(SYS_rt_tgsigqueueinfo, self, tid, signal, (long)&info)
                      : raw_syscall3(SYS_rt_sigqueueinfo, self, signal, (long)&info);
    if (r == -EPERM) /* the kernel lets a thread say SI_USER and SI_TKILL to itself only */
        r = tid != 0 ? raw_syscall3(SYS_tgkill, self, tid, signal) : raw_syscall2(SYS_kill, self, signal);
    return (int)r;
}

static int refused(long r)
{
    if (r >= 0)
        return (int)r;
    errno = (int)-r;
    return -1;
}

/* Whether somebody else was there to be signalled is known from the original; nobody is, by the replay. */
static int record_other(pid_t pid, int r)
{
    if (input_is_recorded() && !is_itself(pid))
        world_record(INPUT_CHILD, world_key(WORLD_KILL, (uint64_t)pid), r, NULL, 0);
    return r;
}

static int feed_other(pid_t pid)
{
    int64_t told;

    if (world_feed(INPUT_CHILD, world_key(WORLD_KILL, (uint64_t)pid), &told, NULL, 0))
        return (int)told;
    return refused(-ESRCH);
}

static int on_kill(pid_t pid, int signal)
{
    if (!input_is_fed())
        return record_other(pid, libc_kill(pid, signal));
    if (!is_itself(pid))
        return feed_other(pid);
    return refused(ids_send(0, signal, SI_USER, no_value));
}

pid_t ids_true_tid(pid_t told)
{
    pid_t revived = threads_revive_by_tid(told);

    if (revived != 0)
        return revived;
    return told == thread_told_tid() ? (pid_t)raw_syscall0(SYS_gettid) : told;
}

static int on_tgkill(pid_t pid, pid_t tid, int signal)
{
    if (!input_is_fed())
        return record_other(pid, libc_tgkill(pid, tid, signal));
    if (!is_itself(pid))
        return feed_other(pid);
    if (pid <= 0)
        return refused(-EINVAL);
    return refused(ids_send(ids_true_tid(tid), signal, SI_TKILL, no_value));
}

static int on_sigqueue(pid_t pid, int signal, const union sigval value)
{
    if (!input_is_fed())
        return record_other(pid, libc_sigqueue(pid, signal, value));
    if (!is_itself(pid))
        return feed_other(pid);
    if (pid <= 0)
        return refused(-ESRCH);
    return refused(ids_send(0, signal, SI_QUEUE, value));
}

static int on_raise(int signal)
{
    if (!input_is_fed())
        return libc_raise(signal);
    return refused(ids_send((pid_t)raw_syscall0(SYS_gettid), signal, SI_TKILL, no_value));
}

const struct libc_hook ids_hooks[] = {
    {"getpid", (void *)on_getpid, (void **)&libc_getpid},
    {"getppid", (void *)on_getppid, (void **)&libc_getppid},
    {"gettid", (void *)on_gettid, (void **)&libc_gettid},
    {"getpgrp", (void *)on_getpgrp, (void **)&libc_getpgrp},
    {"getpgid", (void *)on_getpgid, (void **)&libc_getpgid},
    {"getsid", (void *)on_getsid, (void **)&libc_getsid},
    {"kill", (void *)on_kill, (void **)&libc_kill},
    {"tgkill", (void *)on_tgkill, (void **)&libc_tgkill},
    {"raise", (void *)on_raise, (void **)&libc_raise},
    {"sigqueue", (void *)on_sigqueue, (void **)&libc_sigqueue},
};
const size_t ids_hooks_count = sizeof ids_hooks / sizeof *ids_hooks;
