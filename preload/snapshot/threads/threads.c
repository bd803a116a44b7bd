/* SPDX-License-Identifier: MIT */
/* Stopping threads: see threads.h (their own side: threads_handler.c; reviving them: threads_revive.c). Each
 * other thread gets a queued signal and waits in its handler. A woken copy clones a thread onto each of these
 * stacks; it returns from the handler by sigreturn, which restores the registers, the FPU and the signal mask
 * as if nothing had happened. To wake an idle thread takes longer than all it then has to do: so such a
 * thread is asked a moment before the stop, and stands by in its handler while the simulation goes on. */
#define _GNU_SOURCE
#include "snapshot/threads/threads.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/loaded_code.h"
#include "base/procfs.h"
#include "base/signal_mask.h"
#include "base/text.h"
#include "snapshot/threads/signal_stack.h"
#include "snapshot/threads/threads_handler.h"
#include "snapshot/threads/threads_signal.h"
#include "snapshot/threads/threads_state.h"

#define STAT_FLAGS      6 /* in /proc/TID/stat, counted from the state */
#define KERNEL_THREAD   0x200000u
#define IO_WORKER       0x10u
#define STOP_PASSES     20
#define STOP_TIMEOUT_NS 200000000u
#define STOP_SPINS      300
#define STOP_LOOK_NS    2000000
#define AUXV_RSEQ_SIZE  27 /* AT_RSEQ_FEATURE_SIZE */
#define AUXV_RSEQ_ALIGN 28 /* AT_RSEQ_ALIGN */

static uint64_t other_links; /* of the directory of tasks beside one per thread; 0: not known */
static bool has_shadow_stack;
static const char cannot_be_signalled[] = "they cannot be listed or signalled";
static const char does_not_stop[] = "one does not take signals (blocked in the kernel?)";

extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

/* glibc registers restartable sequences with a length that depends on its release and the kernel:
 * registering again the very same fails with EBUSY, anything else with EINVAL. */
static void find_rseq_size(void)
{
    if (&__rseq_offset == NULL || &__rseq_size == NULL || __rseq_size == 0)
        return;
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    unsigned long feature = getauxval(AUXV_RSEQ_SIZE);
    unsigned long align = getauxval(AUXV_RSEQ_ALIGN);
    const unsigned long sizes[] = {
        32,
        align != 0 ? (feature + align - 1) / align * align : 32,
        feature,
        __rseq_size,
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && threads_state.rseq_size == 0; i++)
        if (sizes[i] != 0 && raw_syscall4(SYS_rseq, area, sizes[i], 0, clone_rseq_signature) == -EBUSY)
            threads_state.rseq_size = (int)sizes[i];
}

/* /proc may belong to another namespace, where our number is somebody else's. */
static void find_tasks(pid_t pid)
{
    struct stat by_number, own;

    text_print(threads_state.tasks, sizeof threads_state.tasks, "/proc/%d/task", pid);
    if (kernel_stat(threads_state.tasks, &by_number) < 0 || kernel_stat(THREADS_OWN_TASKS, &own) < 0 ||
        by_number.st_ino != own.st_ino || by_number.st_dev != own.st_dev)
        memcpy(threads_state.tasks, THREADS_OWN_TASKS, sizeof THREADS_OWN_TASKS);
}

/* Also after a fork: of what is known here nothing holds in the child. */
static void learn_once(pid_t pid)
{
    if (threads_state.pid == pid)
        return;
    if (threads_state.pid == 0) {
        find_rseq_size();
        has_shadow_stack = clone_has_shadow_stack();
        loaded_code_find_libc();
    }
    for (unsigned i = 0; i < threads_state.count; i++)
        threads_state.records[i] = (struct record){.state = RECORD_FREE};
    threads_state.count = 0;
    threads_state.pid = pid;
    other_links = 0;
    find_tasks(pid);
    threads_state.is_foreign = procfs_is_foreign();
}

static void note_blocked_call(struct record *record)
{
    char line[256];

    text_print(line, sizeof line, "%s/%d/syscall", threads_state.tasks, record->listed);
    if (procfs_file(line, line, sizeof line) != NULL)
        blocked_call_parse(&record->call, line);
}

static void forget_thread(struct record *record)
{
    record->tid = 0;
    atomic_store(&record->state, RECORD_FREE);
}

/* Returns 0, where the thread has just ended too, or -errno. The record is RUNNING. */
static int send_signal(struct record *record, enum record_state state)
{
    siginfo_t info;

    record->call.number = -1;
    if (blocked_call_is_to_ask(&record->call))
        note_blocked_call(record);
    atomic_store(&record->state, (int)state);
    memset(&info, 0, sizeof info);
    info.si_signo = THREADS_SIGNAL;
    info.si_code = SI_QUEUE;
    info.si_pid = threads_state.pid;
    info.si_value.sival_ptr = (void *)(THREADS_SIGNAL_MAGIC | (uint64_t)(record - threads_state.records));
    long r = kernel_tgsigqueueinfo(threads_state.pid, record->tid, THREADS_SIGNAL, &info);
    if (r == -ESRCH)
        forget_thread(record);
    else if (r < 0)
        atomic_store(&record->state, RECORD_RUNNING);
    return r == -ESRCH ? 0 : (int)r;
}

/* Returns 0, where the thread has just ended too, or -errno. */
static int ask_to_stop(struct record *record)
{
    enum record_state state;

    do {
        state = (enum record_state)atomic_load(&record->state);
        if (state == RECORD_RUNNING)
            return send_signal(record, RECORD_SIGNALLED);
        if (state != RECORD_STANDBY && state != RECORD_ASKED && state != RECORD_CANCELLED)
            return 0;
    } while (!threads_state_move(record, state, state == RECORD_STANDBY ? RECORD_STOPPED : RECORD_SIGNALLED));
    return 0;
}

static struct record *find_by_tid(pid_t tid)
{
    for (unsigned i = 0; i < threads_state.count; i++)
        if (threads_state.records[i].tid == tid)
            return &threads_state.records[i];
    return NULL;
}

/* One that has ended and is only kept for its number (a main thread that left by pthread_exit()), and one of
 * the kernel's own (io_uring) never go on in the simulator's code: nothing of them is to be stopped or made
 * anew. */
static bool is_a_thread(pid_t tid, int listed)
{
    char buffer[PROCFS_STAT_SIZE];
    const char *state = procfs_stat_listed(threads_state.tasks, listed, buffer);

    if (state == NULL)
        return kernel_tgkill(threads_state.pid, tid, 0) != -ESRCH;
    if (*state == 'Z' || *state == 'X')
        return false;
    const char *flags = procfs_stat_field(state, STAT_FLAGS);
    return flags == NULL || (strtoul(flags, NULL, 10) & (KERNEL_THREAD | IO_WORKER)) == 0;
}

static int visit_task(int listed, void *added)
{
    pid_t tid = threads_state.is_foreign ? procfs_number_of_thread(threads_state.tasks, listed) : listed;

    if (tid < 0 || tid == threads_state.caller.tid || find_by_tid(tid) != NULL || !is_a_thread(tid, listed))
        return 0;
    struct record *record = find_by_tid(0); /* a free place */
    if (record == NULL && threads_state.count == THREADS_MAX)
        return -E2BIG;
    if (record == NULL)
        record = &threads_state.records[threads_state.count++];
    *record = (struct record){.state = RECORD_RUNNING, .tid = tid, .listed = listed};
    ++*(int *)added;
    return ask_to_stop(record);
}

/* Asks every thread that is not known yet to stop. Returns how many, or -errno. */
static int ask_new_threads(void)
{
    int added = 0;
    int r = procfs_each(threads_state.tasks, visit_task, &added);

    return r < 0 ? r : added;
}

/* Threads that ended before the signal reached them will never say that they stopped. */
static void forget_ended_threads(void)
{
    for (unsigned i = 0; i < threads_state.count; i++) {
        struct record *record = &threads_state.records[i];

        if (atomic_load(&record->state) == RECORD_SIGNALLED && !is_a_thread(record->tid, record->listed) &&
            atomic_load(&record->state) == RECORD_SIGNALLED)
            forget_thread(record);
    }
}

/* Waits for the thread of this record; in vain for STOP_LOOK_NS at most. Returns true when it has stopped. */
static bool wait_for(const struct record *record)
{
    for (unsigned spins = 0; spins < STOP_SPINS; spins++) {
        if (atomic_load(&record->state) != RECORD_SIGNALLED)
            return true;
        clone_relax();
    }
    atomic_store(&threads_state.stopper_waits, 1);
    uint32_t seen = atomic_load(&threads_state.arrivals);
    if (atomic_load(&record->state) == RECORD_SIGNALLED)
        kernel_futex_wait(&threads_state.arrivals, seen, STOP_LOOK_NS);
    atomic_store(&threads_state.stopper_waits, 0);
    return atomic_load(&record->state) != RECORD_SIGNALLED;
}

static int wait_until_stopped(void)
{
    uint64_t deadline_ns = 0;

    for (unsigned i = 0; i < threads_state.count; i++)
        while (atomic_load(&threads_state.records[i].state) == RECORD_SIGNALLED) {
            uint64_t now_ns = clock_ns();
            if (deadline_ns == 0)
                deadline_ns = now_ns + STOP_TIMEOUT_NS;
            if (now_ns > deadline_ns)
                return -EAGAIN;
            if (!wait_for(&threads_state.records[i]))
                forget_ended_threads();
        }
    return 0;
}

/* Links of the directory of tasks: one per thread, and some more. 0: the kernel does not tell. */
static uint64_t task_links(void)
{
    struct stat found;

    return kernel_stat(threads_state.tasks, &found) < 0 ? 0 : found.st_nlink;
}

static unsigned count_stopped(void)
{
    unsigned count = 0;

    for (struct record *record = NULL; (record = threads_state_next_still(record)) != NULL;)
        count++;
    return count;
}

static int stop_known(void)
{
    for (unsigned i = 0; i < threads_state.count; i++) {
        struct record *record = &threads_state.records[i];

        if (record->tid == threads_state.caller.tid) /* another thread took the last snapshot */
            forget_thread(record);
        int r = ask_to_stop(record);
        if (r < 0)
            return r;
    }
    return wait_until_stopped();
}

static int stop_listed(const char **why)
{
    for (unsigned pass = 0; pass < STOP_PASSES; pass++) {
        int added = ask_new_threads();
        if (added < 0) {
            *why = added == -E2BIG ? "there are more than 512" : cannot_be_signalled;
            return added;
        }
        if (added == 0)
            return 0;
        if (wait_until_stopped() < 0) {
            *why = does_not_stop;
            return -EAGAIN;
        }
    }
    *why = "new ones keep appearing";
    return -EAGAIN;
}

/* Mostly the threads are those of the last stop. Then the number of links tells that there is no other: that
 * takes a third of the time of listing the directory. */
static int stop_all(const char **why)
{
    int r = stop_known();

    if (r < 0) {
        *why = r == -EAGAIN ? does_not_stop : cannot_be_signalled;
        return r;
    }
    if (other_links != 0 && task_links() == other_links + count_stopped())
        return 0;
    r = stop_listed(why);
    uint64_t links = r == 0 ? task_links() : 0;
    other_links = links > count_stopped() ? links - count_stopped() : 0;
    return r;
}

/* What only this thread can know of the stopped ones: may they be made anew? */
static int check_stopped(const char **why)
{
    for (struct record *record = NULL; (record = threads_state_next_still(record)) != NULL;) {
        if (has_shadow_stack) {
            *why = "they have shadow stacks (GLIBC_TUNABLES=glibc.cpu.x86_shstk=off does without)";
            return -EPERM;
        }
        if (record->clear_tid == NULL) {
            *why = "one was not made by the C library";
            return -EPERM;
        }
        record->old_tid_word = *record->clear_tid;
        record->rseq = NULL;
        if (threads_state.rseq_size != 0) {
            struct rseq *rseq = (struct rseq *)(record->storage.base + (uint64_t)__rseq_offset);
            if ((int32_t)rseq->cpu_id >= 0)
                record->rseq = rseq;
        }
    }
    return 0;
}

unsigned threads_prepare(void)
{
    unsigned asked = 0;

    if (threads_state.pid != kernel_getpid())
        return 0; /* no stop has taught us anything yet */
    pid_t self = kernel_gettid();
    if (signal_stack_is_small(threads_state.pid, self))
        return 0;
    uint64_t mask = signal_mask_block_all();
    for (unsigned i = 0; i < threads_state.count; i++) {
        struct record *record = &threads_state.records[i];

        if (record->idle && record->tid != self && atomic_load(&record->state) == RECORD_RUNNING)
            asked += send_signal(record, RECORD_ASKED) == 0;
    }
    signal_mask_restore(mask);
    return asked;
}

int threads_stop(const char **why)
{
    *why = "";
    threads_state.caller.tid = kernel_gettid();
    learn_once(kernel_getpid());
    int r = threads_handler_install();
    if (r < 0) {
        *why = "their signal cannot be set up";
    } else if (signal_stack_is_small(threads_state.pid, threads_state.caller.tid)) {
        *why = "one has an alternate signal stack that is too small for their signal";
        r = -EAGAIN;
    } else {
        r = stop_all(why);
    }
    if (r == 0)
        r = check_stopped(why);
    if (r < 0) {
        other_links = 0; /* list the threads next time */
        for (unsigned i = 0; i < threads_state.count; i++)
            threads_state_move(&threads_state.records[i], RECORD_SIGNALLED, RECORD_CANCELLED);
        threads_resume();
    }
    return r;
}

bool threads_any_at(bool (*test)(uintptr_t program_counter))
{
    for (struct record *record = NULL; (record = threads_state_next_still(record)) != NULL;)
        if (test(record->program_counter))
            return true;
    return false;
}

/* A thread that has not even noticed that it was stopped needs no wake: it goes on standing by, and leaves
 * when its time is up or its own futex is woken. */
void threads_resume(void)
{
    bool held = false;

    for (struct record *record = NULL; (record = threads_state_next_still(record)) != NULL;)
        held |= atomic_exchange(&record->state, RECORD_STANDBY) == RECORD_ASLEEP;
    if (!held)
        return;
    atomic_fetch_add(&threads_state.resumes, 1);
    threads_state_wake(&threads_state.resumes, INT_MAX);
}
