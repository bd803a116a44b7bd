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
#include <unistd.h>

#include "base/kernel.h"
#include "base/loaded_code.h"
#include "interpose/ids.h"
#include "interpose/libc_hook.h"
#include "record/answer.h"
#include "record/identity.h"
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
    bool is_told = identity_is_told() && !loaded_code_is_libc((uintptr_t)__builtin_return_address(0));

    return is_told ? run.page->original_pid : libc_getpid();
}

pid_t ids_gettid(void)
{
    pid_t told = identity_is_told() ? identity_told_tid() : 0;

    if (told != 0)
        return told;
    return libc_gettid != NULL ? libc_gettid() : kernel_gettid();
}

static pid_t answer(enum answer_group call, pid_t of, pid_t result)
{
    return (pid_t)answer_replaced(TAPE_CHILD, answer_key(call, (uint64_t)of), result, NULL, 0);
}

static pid_t on_getppid(void)
{
    return answer(ANSWER_GETPPID, 0, libc_getppid());
}

static pid_t on_getpgrp(void)
{
    return answer(ANSWER_GETPGRP, 0, libc_getpgrp());
}

/* By the id that it was told the replay asks about the original, which answers for it. */
static pid_t on_getpgid(pid_t pid)
{
    return answer(ANSWER_GETPGID, pid, libc_getpgid(pid));
}

static pid_t on_getsid(pid_t pid)
{
    return answer(ANSWER_GETSID, pid, libc_getsid(pid));
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
static int other(pid_t pid, int result)
{
    return (int)answer_replaced(TAPE_CHILD, answer_key(ANSWER_KILL, (uint64_t)pid), result, NULL, 0);
}

static int told(pid_t pid)
{
    int error = errno, r = other(pid, refused(-ESRCH));

    if (r >= 0)
        errno = error;
    return r;
}

static int made(pid_t pid, int result)
{
    return run.page == NULL || identity_is_itself(pid) ? result : other(pid, result);
}

/* In a replay: `sent` to itself. */
#define SEND(pid, call, sent)                                                                                \
    if (!role_is_fed())                                                                                      \
        return made(pid, call);                                                                              \
    return identity_is_itself(pid) ? refused(sent) : told(pid)

static int on_kill(pid_t pid, int signal)
{
    SEND(pid, libc_kill(pid, signal), identity_send(0, signal, SI_USER, no_value));
}

int ids_tgkill(pid_t pid, pid_t tid, int signal)
{
    SEND(pid, libc_tgkill != NULL ? libc_tgkill(pid, tid, signal) : refused(kernel_tgkill(pid, tid, signal)),
         pid <= 0 ? -EINVAL : identity_send(identity_true_tid(tid), signal, SI_TKILL, no_value));
}

static int on_sigqueue(pid_t pid, int signal, const union sigval value)
{
    SEND(pid, libc_sigqueue(pid, signal, value),
         pid <= 0 ? -ESRCH : identity_send(0, signal, SI_QUEUE, value));
}

static int on_raise(int signal)
{
    SEND(0, libc_raise(signal), identity_send(kernel_gettid(), signal, SI_TKILL, no_value));
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("getpid", on_getpid, libc_getpid),    LIBC_HOOK("getppid", on_getppid, libc_getppid),
    LIBC_HOOK("gettid", ids_gettid, libc_gettid),   LIBC_HOOK("getpgrp", on_getpgrp, libc_getpgrp),
    LIBC_HOOK("getpgid", on_getpgid, libc_getpgid), LIBC_HOOK("getsid", on_getsid, libc_getsid),
    LIBC_HOOK("kill", on_kill, libc_kill),          LIBC_HOOK("tgkill", ids_tgkill, libc_tgkill),
    LIBC_HOOK("raise", on_raise, libc_raise),       LIBC_HOOK("sigqueue", on_sigqueue, libc_sigqueue),
};
const struct libc_hooks ids_hooks = LIBC_HOOKS(rows);
