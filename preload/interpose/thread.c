/* SPDX-License-Identifier: MIT */
/* pthread_create(), and calls that hand a thread's kernel id to the kernel. In a woken copy the ids in
 * glibc's descriptors are still those of the original (threads.c says why), so there these calls go to the
 * threads that were made anew. Everywhere else they go on untouched. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/next.h"
#include "base/own_thread.h"
#include "base/text.h"
#include "ends/alternate_stack.h"
#include "interpose/refused.h"
#include "moved.h"
#include "record/identity.h"
#include "record/thread_key.h"
#include "restore/affinity.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/threads/threads_handler.h"
#include "snapshot/threads/threads_revive.h"
#include "snapshot/threads/threads_signal.h"

MOVED(__pthread_register_cancel, MOVED_LATER);
MOVED(__pthread_unregister_cancel, MOVED_LATER);
MOVED(__pthread_unwind_next, MOVED_LATER);

#define GLIBC_SIGCANCEL 32
#define STARTS_MAX      1024

/* What a thread of the simulator was made to do. */
struct start {
    void *(*function)(void *argument);
    void *argument;
    uint64_t key;
    pid_t maker;
    struct own_thread *own; /* NULL: the thread looks for one */
    atomic_bool is_used;
};

/* On their way from who makes a thread to the thread. In the heap they would be in the simulator's, and the
 * new thread would begin with a call of free(), which gives it an arena of its own. */
static struct start starts[STARTS_MAX];

/* NULL: as many threads as that are just beginning. */
static struct start *take_start(void)
{
    for (size_t i = 0; i < STARTS_MAX; i++)
        if (!atomic_load_explicit(&starts[i].is_used, memory_order_relaxed) &&
            !atomic_exchange(&starts[i].is_used, true))
            return &starts[i];
    return NULL;
}

static void let_go(struct start *start)
{
    atomic_store(&start->is_used, false);
}

static void leave_thread(void *unused)
{
    (void)unused;
    alternate_stack_drop();
}

static void *start_thread(void *argument)
{
    struct start *given = argument;
    void *(*function)(void *argument) = given->function;
    void *result;

    argument = given->argument;
    own_thread_begin(given->own);
    own_thread()->key = given->key;
    affinity_inherit(given->maker);
    let_go(given);
    identity_begin_thread();
    alternate_stack_begin();
    pthread_cleanup_push(leave_thread, NULL);
    result = function(argument);
    pthread_cleanup_pop(1);
    return result;
}

/* A thread that overflows its stack needs another one to say so. */
int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*function)(void *argument), void *restrict argument)
{
    struct start *start = run.hooks != NULL ? take_start() : NULL;

    if (NEXT(pthread_create) == NULL)
        return EAGAIN; /* before glibc 2.34, in a process without libpthread: somebody took ours for its */
    if (start == NULL)
        return NEXT(pthread_create)(thread, attributes, function, argument);
    start->function = function;
    start->argument = argument;
    start->key = thread_key_of_child(__builtin_return_address(0));
    start->maker = affinity_maker();
    own_thread_meet_others();
    start->own = own_thread_reserve();
    int r;
    do
        r = NEXT(pthread_create)(thread, attributes, start_thread, start);
    while (refused_make_room(r));
    if (r != 0) {
        own_thread_give_back(start->own);
        let_go(start);
    } else if (role_is_self()) {
        threads_handler_renew();
    }
    return r;
}

int pthread_kill(pthread_t thread, int signal)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_kill)(thread, signal);
    if (signal == GLIBC_SIGCANCEL || signal == THREADS_SIGNAL)
        return EINVAL; /* as glibc answers */
    return -identity_send(tid, signal, SI_TKILL, (union sigval){.sival_int = 0});
}

int pthread_sigqueue(pthread_t thread, int signal, const union sigval value)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_sigqueue)(thread, signal, value);
    if (signal == GLIBC_SIGCANCEL || signal == THREADS_SIGNAL)
        return EINVAL;
    return -identity_send(tid, signal, SI_QUEUE, value);
}

/* glibc marks the thread as cancelled and sends its signal to the old id in vain; we send it again. */
int pthread_cancel(pthread_t thread)
{
    pid_t tid = threads_revive_tid(thread);
    int r = NEXT(pthread_cancel)(thread);

    if (tid == 0 || pthread_equal(thread, pthread_self()))
        return r;
    kernel_tgkill(kernel_getpid(), tid, GLIBC_SIGCANCEL);
    return 0;
}

int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_setaffinity_np)(thread, size, set);
    return (int)-affinity_set(tid, (long)size, (long)set);
}

int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *set)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_getaffinity_np)(thread, size, set);
    long r = affinity_get(tid, (long)size, (long)set);
    if (r < 0)
        return (int)-r;
    memset((char *)set + r, 0, size - (size_t)r);
    return 0;
}

/* glibc asks the kernel for the affinity of its own id, and fails when that is of no thread. A thread that
 * asks about itself takes no lock meanwhile, so its id may be the kernel's for a moment. */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    pid_t tid = threads_revive_tid(thread);
    int *word = threads_revive_tid_word(thread);

    if (tid == 0 || !pthread_equal(thread, pthread_self()))
        return NEXT(pthread_getattr_np)(thread, attributes);
    int kept = *word;
    *word = tid;
    int r = NEXT(pthread_getattr_np)(thread, attributes);
    *word = kept;
    return r;
}

int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *parameters)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_setschedparam)(thread, policy, parameters);
    return (int)-raw_syscall3(SYS_sched_setscheduler, tid, policy, parameters);
}

int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *parameters)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_getschedparam)(thread, policy, parameters);
    long r = raw_syscall2(SYS_sched_getparam, tid, parameters);
    if (r == 0)
        r = raw_syscall1(SYS_sched_getscheduler, tid);
    if (r < 0)
        return (int)-r;
    *policy = (int)r;
    return 0;
}

int pthread_getcpuclockid(pthread_t thread, clockid_t *clock)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_getcpuclockid)(thread, clock);
    *clock = (clockid_t)((~(unsigned)tid << 3) | 6u); /* the kernel's per-thread CPU clock */
    return 0;
}

/* glibc names a thread through /proc/self/task/TID/comm; so do we. */
static long transfer_name(pid_t tid, int flags, long number, const char *name, size_t size)
{
    char buffer[64];

    text_print(buffer, sizeof buffer, "/proc/self/task/%d/comm", tid);
    int fd = kernel_open(buffer, flags);
    if (fd < 0)
        return fd;
    long r = raw_syscall3(number, fd, name, size);
    kernel_close(fd);
    return r;
}

int pthread_setname_np(pthread_t thread, const char *name)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_setname_np)(thread, name);
    if (strlen(name) > 15)
        return ERANGE;
    long r = transfer_name(tid, O_RDWR | O_CLOEXEC, SYS_write, name, strlen(name));
    return r < 0 ? (int)-r : 0;
}

int pthread_getname_np(pthread_t thread, char *name, size_t size)
{
    pid_t tid = threads_revive_tid(thread);

    if (tid == 0)
        return NEXT(pthread_getname_np)(thread, name, size);
    if (size < 16)
        return ERANGE;
    long r = transfer_name(tid, O_RDONLY | O_CLOEXEC, SYS_read, name, size);
    if (r < 0)
        return (int)-r;
    name[r > 0 ? r - 1 : 0] = '\0'; /* the newline */
    return 0;
}
