/* SPDX-License-Identifier: MIT */
/* Ids of processes. A replay is told those of the original; what it then does to "itself" by such an id is
 * done to the replay, and nothing is done to anybody else. libc's own calls of getpid() (raise(),
 * pthread_kill()) and all of ours are told the truth. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/loaded_code.h"
#include "base/raw_syscall.h"
#include "interpose/libc_hook.h"
#include "record/identity.h"
#include "record/world.h"
#include "run/role.h"
#include "run/run.h"

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

static const union sigval no_value;

static pid_t on_getpid(void)
{
    bool is_told = role_kind() == ROLE_REPLAY && !loaded_code_is_libc((uintptr_t)__builtin_return_address(0));

    return is_told ? run.page->original_pid : libc_getpid();
}

static pid_t on_gettid(void)
{
    pid_t told = role_kind() == ROLE_REPLAY ? identity_told_tid() : 0;

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
    if (input_is_recorded() && !identity_is_itself(pid))
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
    if (!identity_is_itself(pid))
        return feed_other(pid);
    return refused(identity_send(0, signal, SI_USER, no_value));
}

static int on_tgkill(pid_t pid, pid_t tid, int signal)
{
    if (!input_is_fed())
        return record_other(pid, libc_tgkill(pid, tid, signal));
    if (!identity_is_itself(pid))
        return feed_other(pid);
    if (pid <= 0)
        return refused(-EINVAL);
    return refused(identity_send(identity_true_tid(tid), signal, SI_TKILL, no_value));
}

static int on_sigqueue(pid_t pid, int signal, const union sigval value)
{
    if (!input_is_fed())
        return record_other(pid, libc_sigqueue(pid, signal, value));
    if (!identity_is_itself(pid))
        return feed_other(pid);
    if (pid <= 0)
        return refused(-ESRCH);
    return refused(identity_send(0, signal, SI_QUEUE, value));
}

static int on_raise(int signal)
{
    if (!input_is_fed())
        return libc_raise(signal);
    return refused(identity_send((pid_t)raw_syscall0(SYS_gettid), signal, SI_TKILL, no_value));
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("getpid", on_getpid, libc_getpid),    LIBC_HOOK("getppid", on_getppid, libc_getppid),
    LIBC_HOOK("gettid", on_gettid, libc_gettid),    LIBC_HOOK("getpgrp", on_getpgrp, libc_getpgrp),
    LIBC_HOOK("getpgid", on_getpgid, libc_getpgid), LIBC_HOOK("getsid", on_getsid, libc_getsid),
    LIBC_HOOK("kill", on_kill, libc_kill),          LIBC_HOOK("tgkill", on_tgkill, libc_tgkill),
    LIBC_HOOK("raise", on_raise, libc_raise),       LIBC_HOOK("sigqueue", on_sigqueue, libc_sigqueue),
};
const struct libc_hooks ids_hooks = LIBC_HOOKS(rows);
