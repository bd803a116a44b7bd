/* SPDX-License-Identifier: MIT */
/* The side of a thread that is asked to stop or to stand by: see threads_handler.h. It saves what the kernel
 * knows of it and waits in its signal handler, on its own stack. While it stands by it still hears what it
 * was waiting for when the signal came, and it never stays for long: signals are blocked meanwhile. */
#define _GNU_SOURCE
#include "snapshot/threads/threads_handler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>

#include "base/clock.h"
#include "base/own_thread.h"
#include "base/procfs.h"
#include "base/signal_mask.h"
#include "snapshot/threads/frame_processor.h"
#include "snapshot/threads/threads_revive.h"
#include "snapshot/threads/threads_state.h"

#define STAT_PENDING 28       /* in /proc/TID/stat, counted from the state: what was sent to this thread */
#define STANDBY_NS   5000000u /* on the futex that the thread was waiting on anyway */
/* In place of another system call, whose end is not heard meanwhile, and of a wait that may be over sooner.
 */
#define STANDBY_DEAF_NS 1000000

/* The futex that the thread was waiting on. */
struct own_futex {
    uint32_t *word; /* NULL: it was not */
    uint32_t value;
    int flags;
    bool is_timed;
};

static struct kernel_action earlier_action; /* glibc's own handler of the signal, if any */
struct threads_handler_listeners threads_handler_listeners;

/* Is a SIGABRT on its way to this thread, as abort() sends it? The kernel's list has also what somebody sent
 * to the process, and that is for the original alone. */
static bool is_aborting(void)
{
    const uint64_t abort_bit = UINT64_C(1) << (SIGABRT - 1);
    char buffer[PROCFS_STAT_SIZE];

    if ((kernel_sigpending() & abort_bit) == 0)
        return false;
    const char *field = procfs_stat_field(procfs_stat(kernel_gettid(), buffer), STAT_PENDING);
    return field == NULL || (strtoul(field, NULL, 10) & abort_bit) != 0;
}

/* What never changes in the life of a thread of the C library is asked for once: the simulator may be waiting
 * for this. */
static void record_self(struct record *record)
{
    if (record->self != pthread_self()) {
        clone_storage_read(&record->storage);
        if (raw_syscall2(SYS_prctl, PR_GET_TID_ADDRESS, &record->clear_tid) < 0)
            record->clear_tid = NULL;
        if (raw_syscall3(SYS_get_robust_list, 0, &record->robust_list, &record->robust_list_size) < 0)
            record->robust_list = NULL;
        record->self = pthread_self();
    }
    record->affinity_size = raw_syscall3(SYS_sched_getaffinity, 0, sizeof record->affinity, record->affinity);
    raw_syscall2(SYS_prctl, PR_GET_NAME, record->name);
    record->aborting = is_aborting();
}

/* The record that this signal is for; NULL: the signal is not ours. */
static struct record *addressed_record(const siginfo_t *info)
{
    uint64_t index = (uint64_t)(uintptr_t)info->si_value.sival_ptr ^ THREADS_SIGNAL_MAGIC;

    if (info->si_code != SI_QUEUE || index >= THREADS_MAX ||
        threads_state.records[index].tid != kernel_gettid())
        return NULL;
    return &threads_state.records[index];
}

/* The kernel reports the end of the original, of a child, or a time; the original asks. */
static bool is_report(int code)
{
    return code == SI_KERNEL || code == SI_TIMER || code == CLD_EXITED || code == CLD_KILLED ||
           code == CLD_DUMPED;
}

static bool has_value(const siginfo_t *info, uintptr_t value)
{
    return info->si_code == SI_QUEUE && (uintptr_t)info->si_value.sival_ptr == value;
}

/* Whoever asked may be gone, or in another namespace of processes (0), or another user. */
static void ask(void *argument)
{
    const siginfo_t *question = argument;
    enum threads_answer (*asked)(void) = threads_handler_listeners.request;
    siginfo_t info = {.si_signo = SIGURG, .si_code = SI_QUEUE};

    if (asked == NULL)
        return;
    const enum threads_answer answer = asked();
    if (!has_value(question, THREADS_QUESTION) || answer == THREADS_NO_ANSWER || question->si_pid <= 0)
        return;
    info.si_pid = kernel_getpid();
    info.si_uid = kernel_getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)(THREADS_ANSWER + answer);
    raw_syscall3(SYS_rt_sigqueueinfo, question->si_pid, SIGURG, &info);
}

static void handle_foreign_signal(int signal, siginfo_t *info, void *context)
{
    void (*heard)(void *ucontext) = threads_handler_listeners.kernel_signal;

    if (has_value(info, THREADS_REQUEST) || has_value(info, THREADS_QUESTION))
        blocked_call_around(context, ask, info);
    if (is_report(info->si_code) || info->si_code == SI_USER) {
        if (heard != NULL)
            heard(context);
        if (info->si_code != SI_USER)
            return;
    }
    if (info->si_code != SI_QUEUE && earlier_action.handler != (void *)SIG_DFL &&
        earlier_action.handler != (void *)SIG_IGN)
        ((void (*)(int, siginfo_t *, void *))earlier_action.handler)(signal, info, context);
}

static struct own_futex find_own_futex(const void *context)
{
    const int flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
    struct own_futex own = {NULL, 0, 0, false};

    if (frame_next_call(context) != SYS_futex)
        return own;
    int operation = (int)frame_argument(context, 1);
    bool any = (operation & ~flags) == FUTEX_WAIT_BITSET &&
               (uint32_t)frame_argument(context, 5) == FUTEX_BITSET_MATCH_ANY;
    if (!any && (operation & ~flags) != FUTEX_WAIT)
        return own;
    own.word = (uint32_t *)frame_argument(context, 0);
    own.value = (uint32_t)frame_argument(context, 2);
    own.flags = operation & FUTEX_PRIVATE_FLAG;
    own.is_timed = frame_argument(context, 3) != 0;
    return own;
}

/* Returns false where the thread is to go on at once. */
static bool arrive(struct record *record)
{
    enum record_state before, now;

    do {
        before = (enum record_state)atomic_load(&record->state);
        now = RECORD_RUNNING;
        if (before == RECORD_SIGNALLED)
            now = RECORD_STOPPED;
        else if (before == RECORD_ASKED && record->idle)
            now = RECORD_STANDBY;
        else if (before != RECORD_ASKED && before != RECORD_CANCELLED)
            return false;
    } while (!threads_state_move(record, before, now));
    if (now == RECORD_STOPPED) {
        atomic_fetch_add(&threads_state.arrivals, 1);
        if (atomic_load(&threads_state.stopper_waits) != 0)
            threads_state_wake(&threads_state.arrivals, 1);
    }
    return now != RECORD_RUNNING;
}

/* Returns true where somebody woke a waiter of the thread's own futex: the one that got woken was this one.
 */
static bool wait_beside(const struct own_futex *own)
{
    uint64_t until_ns = clock_ns() + (own->is_timed ? STANDBY_DEAF_NS : STANDBY_NS);
    struct timespec until = kernel_timespec(until_ns);

    if (own->word != NULL)
        return raw_syscall6(SYS_futex, own->word, FUTEX_WAIT_BITSET | own->flags, own->value, &until, 0,
                            FUTEX_BITSET_MATCH_ANY) == 0;
    kernel_futex_wait(&threads_state.resumes, atomic_load(&threads_state.resumes), STANDBY_DEAF_NS);
    return false;
}

static void leave(struct record *record)
{
    for (;;) {
        uint32_t seen = atomic_load(&threads_state.resumes);

        if (threads_state_move(record, RECORD_STANDBY, RECORD_RUNNING))
            return;
        threads_state_move(record, RECORD_STOPPED, RECORD_ASLEEP);
        if (atomic_load(&record->state) == RECORD_ASLEEP)
            kernel_futex_wait(&threads_state.resumes, seen, 0);
    }
}

/* A function of its own: the frame of handle_stop(), which a revived thread goes on in, stays as it is. */
static __attribute__((noinline)) void stay(struct record *record, void *context)
{
    struct own_futex own = find_own_futex(context);
    bool woken = false;

    if (!arrive(record)) {
        blocked_call_go_on(&record->call, context);
        return;
    }
    if (own.word != NULL || atomic_load(&record->state) == RECORD_STANDBY)
        woken = wait_beside(&own);
    leave(record);
    if (woken)
        frame_end_call(context, 0);
    else
        blocked_call_go_on(&record->call, context);
}

/* The copy may have been made just after somebody woke this thread's futex, and before it could tell. A wake
 * without cause is allowed, a lost one is not. */
static __attribute__((noinline)) void live_again(struct record *record, void *context)
{
    bool (*ends)(void) = threads_handler_listeners.ends_call;
    uint64_t mask;

    if (find_own_futex(context).word != NULL)
        frame_end_call(context, 0);
    else if (ends != NULL && frame_next_call(context) >= 0 && ends())
        frame_end_call(context, -EINTR);
    mask = frame_mask(context) & ~signal_mask_never;
    memcpy(&((ucontext_t *)context)->uc_sigmask, &mask, sizeof mask);
    threads_revive_self(record);
}

static void handle_stop(int signal, siginfo_t *info, void *context)
{
    struct record *record = addressed_record(info);
    struct frame frame;

    if (record == NULL) {
        handle_foreign_signal(signal, info, context);
        return;
    }
    own_thread()->interruptions++;
    blocked_call_repeat(&record->call, context);
    frame_read(context, &frame);
    record->program_counter = frame.program_counter;
    record->idle = frame_next_call(context) >= 0;
    record_self(record);
    if (clone_save(&record->registers) == 0)
        stay(record, context);
    else
        live_again(record, context);
}

static atomic_bool is_installed;

/* Checked at every snapshot: glibc installs its own handler when the simulator changes user ids. */
int threads_handler_install(void)
{
    struct kernel_action now = {NULL, 0, NULL, 0};
    const struct kernel_action ours = {
        .handler = (void *)handle_stop,
        .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | KERNEL_SA_RESTORER,
        .restorer = frame_return,
        .mask = ~UINT64_C(0),
    };

    int r = kernel_sigaction(THREADS_SIGNAL, NULL, &now);
    if (r == 0 && now.handler != ours.handler) {
        earlier_action = now;
        r = kernel_sigaction(THREADS_SIGNAL, &ours, NULL);
    }
    atomic_store_explicit(&is_installed, true, memory_order_relaxed);
    return r;
}

void threads_handler_renew(void)
{
    if (atomic_load_explicit(&is_installed, memory_order_relaxed))
        threads_handler_install();
}
