/* SPDX-License-Identifier: MIT */
/* Ids of processes and threads: see identity.h. */
#define _GNU_SOURCE
#include "record/identity.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/own_thread.h"
#include "ends/ends.h"
#include "record/answer.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/threads/threads_revive.h"

/* Each takes a stream of the tape, and the simulator has other uses for these: a thread of a later
 * one sees its true id in a replay. */
#define THREADS_NOTED 1024u

#define THREADS_KNOWN 256u

/* Those that a replay has made, the last ones. */
static struct {
    _Atomic pthread_t thread;
    _Atomic pid_t tid;
} made[THREADS_KNOWN];

static void note_made(pid_t tid)
{
    static atomic_uint next;
    unsigned place = atomic_fetch_add(&next, 1) % THREADS_KNOWN;

    atomic_store(&made[place].tid, tid);
    atomic_store(&made[place].thread, pthread_self());
}

pid_t identity_tid_of(pthread_t thread)
{
    pid_t revived = threads_revive_tid(thread);

    for (unsigned i = 0; revived == 0 && i < THREADS_KNOWN; i++)
        if (atomic_load(&made[i].thread) == thread)
            return atomic_load(&made[i].tid);
    return revived;
}

void identity_begin_thread(void)
{
    static atomic_uint noted;

    if (role_records() && atomic_fetch_add(&noted, 1) >= THREADS_NOTED)
        return;
    const pid_t tid = kernel_gettid();
    if (role_is_fed())
        note_made(tid);
    own_thread()->told_tid =
        (pid_t)answer_replaced(TAPE_CHILD, answer_key(ANSWER_THREAD_ID, 0), tid, NULL, 0);
}

pid_t identity_told_tid(void)
{
    const int *word = threads_revive_tid_word(pthread_self());

    return word != NULL ? *word : own_thread()->told_tid;
}

pid_t identity_true_tid(pid_t told)
{
    pid_t revived = threads_revive_by_tid(told);

    if (revived != 0)
        return revived;
    return told == identity_told_tid() ? kernel_gettid() : told;
}

bool identity_is_process(pid_t pid)
{
    return pid == kernel_getpid() || (identity_is_told() && pid == run.page->original_pid);
}

bool identity_is_itself(pid_t pid)
{
    return pid == 0 || (pid < 0 ? role_is_group(-pid) : identity_is_process(pid));
}

bool identity_sees_to(long signal)
{
    if (signal == SIGKILL)
        ends_signal(SIGKILL, false, 0);
    return signal == 0 || signal == SIGSTOP;
}

int identity_send(pid_t tid, int signal, int code, union sigval value)
{
    const pid_t self = kernel_getpid();
    siginfo_t info = {.si_signo = signal, .si_code = code};

    if (identity_sees_to(signal))
        return 0;
    info.si_pid = run.page->original_pid;
    info.si_uid = kernel_getuid();
    info.si_value = value;
    long r = tid != 0 ? kernel_tgsigqueueinfo(self, tid, signal, &info)
                      : raw_syscall3(SYS_rt_sigqueueinfo, self, signal, &info);
    if (r == -EPERM) /* the kernel lets a thread say SI_USER and SI_TKILL to itself only */
        r = tid != 0 ? kernel_tgkill(self, tid, signal) : kernel_kill(self, signal);
    return (int)r;
}
