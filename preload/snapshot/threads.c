/* SPDX-License-Identifier: MIT */
/* Stopping threads: see threads.h (reviving them: threads_revive.c). Each other thread gets a queued signal,
 * saves what the kernel knows of it and waits on a futex in its handler, on its own stack. A woken copy
 * clones a thread onto each of these stacks; it returns from the handler by sigreturn, which restores the
 * registers, the FPU and the signal mask as if nothing had happened. */
#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../clock.h"
#include "../proc_list.h"
#include "../raw_syscall.h"
#include "threads_state.h"

#define TASKS              "/proc/self/task"
#define STOP_PASSES        20
#define STOP_TIMEOUT_NS    200000000u
#define TOUCHED_STACK      4096 /* bytes below the handler's frame that the next stop may write */
#define DRAWN_MAX          8    /* more of them wake sooner on processors of their own */
#define STOP_SPINS         300
#define AUXV_RSEQ_SIZE     27 /* AT_RSEQ_FEATURE_SIZE */
#define AUXV_RSEQ_ALIGN    28 /* AT_RSEQ_ALIGN */
#define KERNEL_SA_RESTORER 0x04000000ul
#define KERNEL_SIGSET_SIZE 8

/* What rt_sigaction takes; glibc's sigaction() refuses signal 33. */
struct kernel_sigaction {
    void *handler;
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

struct threads_state threads_state;

static _Atomic uint32_t stopped_count; /* futex */
static _Atomic uint32_t stopper_waits;

static struct kernel_sigaction earlier_action; /* glibc's own handler of the signal, if any */
static void (*_Atomic kernel_signal)(void);

static uint64_t other_links;    /* of /proc/self/task beside one per stopped thread; 0: not known */
static bool libc_tells_numbers; /* see thread_libc_tells_numbers() */
static unsigned drawn_count;    /* threads drawn to our processor in this stop */
static const char does_not_stop[] = "one does not take signals (blocked in the kernel?)";

extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

void threads_set_kernel_signal(void (*handler)(void))
{
    atomic_store(&kernel_signal, handler);
}

/* What never changes in the life of a thread of the C library is asked for once: the thread runs this in
 * the simulator's stall. */
static void record_self(struct record *record)
{
    if (record->self != pthread_self()) {
        thread_storage_read(&record->storage);
        if (raw_syscall2(SYS_prctl, PR_GET_TID_ADDRESS, (long)&record->clear_tid) < 0)
            record->clear_tid = NULL;
        if (raw_syscall3(SYS_get_robust_list, 0, (long)&record->robust_list,
                         (long)&record->robust_list_size) < 0)
            record->robust_list = NULL;
        record->self = pthread_self();
    }
    if (!record->drawn)
        record->affinity_size =
            raw_syscall3(SYS_sched_getaffinity, 0, sizeof record->affinity, (long)record->affinity);
    raw_syscall2(SYS_prctl, PR_GET_NAME, (long)record->name);
}

static void wait_for_resume(uint32_t generation)
{
    uint32_t resumed;

    while ((int32_t)((resumed = atomic_load(&threads_state.resume_generation)) - generation) < 0)
        threads_futex_wait(&threads_state.resume_generation, resumed, NULL);
}

/* The record that this signal is for; NULL: the signal is not ours. */
static struct record *addressed_record(const siginfo_t *info, uint32_t *generation)
{
    uint64_t payload = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
    uint64_t index = payload & 0xffff;

    *generation = (uint32_t)(payload >> 16);
    if (info->si_code != SI_QUEUE || payload >> 48 != 0 || index >= THREADS_MAX ||
        *generation != atomic_load(&threads_state.stop_generation) ||
        threads_state.records[index].tid != raw_syscall0(SYS_gettid))
        return NULL;
    return &threads_state.records[index];
}

static void handle_foreign_signal(int signal, siginfo_t *info, void *context)
{
    void (*heard)(void) = atomic_load(&kernel_signal);

    if (info->si_code == SI_KERNEL || info->si_code == SI_USER) {
        if (heard != NULL)
            heard();
        if (info->si_code == SI_KERNEL)
            return;
    }
    /* A queued signal of an older stop that came too late is nobody's. */
    if (info->si_code != SI_QUEUE && earlier_action.handler != (void *)SIG_DFL &&
        earlier_action.handler != (void *)SIG_IGN)
        ((void (*)(int, siginfo_t *, void *))earlier_action.handler)(signal, info, context);
}

/* The snapshot has made every page copy-on-write. The next stop will write to this stack, to the record and
 * to the counters: copying these pages is better done here, beside the simulator, than in its stall. */
static void touch_for_next_stop(struct record *record)
{
    volatile char below[TOUCHED_STACK];

    for (size_t i = 0; i < sizeof below; i += 1024)
        below[i] = 0;
    /* The next stop may have begun already and have set the state: then it stays. */
    int expected = RECORD_STOPPED;
    atomic_compare_exchange_strong(&record->state, &expected, RECORD_RESUMED);
    atomic_fetch_add(&stopped_count, 0);
}

static void handle_stop(int signal, siginfo_t *info, void *context)
{
    uint32_t generation;
    struct record *record = addressed_record(info, &generation);

    if (record == NULL) {
        handle_foreign_signal(signal, info, context);
        return;
    }
    record->was_blocked = thread_frame_is_in_call(context);
    blocked_call_repeat(&record->call, context);
    record_self(record);
    if (thread_save(&record->registers) != 0) {
        threads_restore_self(record);
        return;
    }
    int expected = RECORD_SIGNALLED;
    if (!atomic_compare_exchange_strong(&record->state, &expected, RECORD_STOPPED))
        return;
    atomic_fetch_add(&stopped_count, 1);
    if (atomic_load(&stopper_waits) != 0)
        threads_futex_wake(&stopped_count, 1);
    wait_for_resume(generation);
    touch_for_next_stop(record);
}

/* Checked at every snapshot: glibc installs its own handler when the simulator changes user ids. */
static int install_handler(void)
{
    struct kernel_sigaction now = {NULL, 0, NULL, 0};
    const struct kernel_sigaction ours = {
        .handler = (void *)handle_stop,
        .flags = SA_SIGINFO | SA_RESTART | KERNEL_SA_RESTORER,
        .restorer = thread_signal_return,
        .mask = ~0ul,
    };

    long r = raw_syscall4(SYS_rt_sigaction, THREADS_SIGNAL, 0, (long)&now, KERNEL_SIGSET_SIZE);
    if (r == 0 && now.handler != ours.handler) {
        earlier_action = now;
        r = raw_syscall4(SYS_rt_sigaction, THREADS_SIGNAL, (long)&ours, 0, KERNEL_SIGSET_SIZE);
    }
    return (int)r;
}

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
        if (sizes[i] != 0 &&
            raw_syscall4(SYS_rseq, (long)area, (long)sizes[i], 0, thread_rseq_signature) == -EBUSY)
            threads_state.rseq_size = (int)sizes[i];
}

static void learn_once(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    find_rseq_size();
    libc_tells_numbers = thread_libc_tells_numbers();
}

static void task_path(char *path, pid_t tid)
{
    char digits[12];
    unsigned count = 0;

    memcpy(path, TASKS "/", sizeof TASKS);
    path += sizeof TASKS;
    do
        digits[count++] = (char)('0' + tid % 10);
    while ((tid /= 10) != 0);
    while (count > 0)
        *path++ = digits[--count];
    memcpy(path, "/syscall", sizeof "/syscall");
}

static void note_blocked_call(struct record *record)
{
    char path[48], line[256];

    task_path(path, record->tid);
    long fd = raw_syscall4(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return;
    long length = raw_syscall3(SYS_read, fd, (long)line, sizeof line - 1);
    raw_syscall1(SYS_close, fd);
    if (length <= 0)
        return;
    line[length] = '\0';
    blocked_call_parse(&record->call, line);
}

/* A thread that sleeps (now, or when it was stopped last: /proc is slow to ask) would be woken on an idle
 * processor, and to get that going takes far longer (150 to 300 us on a virtual machine) than all that the
 * thread then has to do. So it is made to wake on ours, which is about to wait for it: a mere switch.
 * threads_resume() gives it its processors back. */
static void draw_to_this_processor(struct record *record)
{
    unsigned long mask[sizeof record->affinity / sizeof(unsigned long)] = {0};
    const unsigned bits = 8 * sizeof *mask;
    unsigned processor;

    if (drawn_count == DRAWN_MAX || raw_syscall3(SYS_getcpu, (long)&processor, 0, 0) < 0 ||
        processor >= 8 * sizeof mask)
        return;
    record->affinity_size =
        raw_syscall3(SYS_sched_getaffinity, record->tid, sizeof record->affinity, (long)record->affinity);
    if (record->affinity_size <= 0)
        return;
    mask[processor / bits] = 1ul << processor % bits;
    record->drawn = raw_syscall3(SYS_sched_setaffinity, record->tid, sizeof mask, (long)mask) == 0;
    drawn_count += record->drawn;
}

static void let_drawn_go(void)
{
    for (unsigned i = 0; i < threads_state.count && drawn_count > 0; i++) {
        struct record *record = &threads_state.records[i];

        if (record->drawn)
            raw_syscall3(SYS_sched_setaffinity, record->tid, record->affinity_size, (long)record->affinity);
        drawn_count -= record->drawn;
        record->drawn = false;
    }
}

static bool is_known(pid_t tid)
{
    for (unsigned i = 0; i < threads_state.count; i++)
        if (threads_state.records[i].tid == tid)
            return true;
    return tid == threads_state.caller.tid;
}

/* Returns 1 where the thread was signalled, 0 where it has just ended, -errno. */
static int signal_thread(pid_t pid, pid_t tid, uint32_t generation)
{
    if (threads_state.count == THREADS_MAX)
        return -E2BIG;
    struct record *record = &threads_state.records[threads_state.count];
    /* A thread stays at its place from stop to stop as long as no thread ends: then what is known of
     * its repeated system call still holds. */
    bool seen_before = record->tid == tid;
    if (!seen_before) {
        memset(&record->call, 0, sizeof record->call);
        record->self = 0;
    }
    record->call.number = -1;
    record->tid = tid;
    record->rseq = NULL;
    atomic_store(&record->state, RECORD_SIGNALLED);
    if (!libc_tells_numbers || !seen_before)
        note_blocked_call(record);
    if (seen_before ? record->was_blocked : record->call.number >= 0)
        draw_to_this_processor(record);

    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = THREADS_SIGNAL;
    info.si_code = SI_QUEUE;
    info.si_pid = pid;
    info.si_value.sival_ptr = (void *)(((uintptr_t)generation << 16) | threads_state.count);
    threads_state.count++;
    long r = raw_syscall4(SYS_rt_tgsigqueueinfo, pid, tid, THREADS_SIGNAL, (long)&info);
    if (r == 0)
        return 1;
    drawn_count -= record->drawn;
    record->drawn = false;
    threads_state.count--;
    record->tid = 0;
    atomic_store(&record->state, RECORD_FREE);
    return r == -ESRCH ? 0 : (int)r;
}

struct signalling {
    pid_t pid;
    uint32_t generation;
    int added;
};

static int visit_task(int tid, void *context)
{
    struct signalling *state = context;

    if (is_known(tid))
        return 0;
    int r = signal_thread(state->pid, tid, state->generation);
    if (r > 0)
        state->added++;
    return r < 0 ? r : 0;
}

/* Signals every thread that is not known yet. Returns how many, or -errno. */
static int signal_new_threads(pid_t pid, uint32_t generation)
{
    struct signalling state = {pid, generation, 0};
    int fd = proc_list_open(TASKS);

    if (fd < 0)
        return fd;
    int r = proc_list_each(fd, visit_task, &state);
    raw_syscall1(SYS_close, fd);
    return r < 0 ? r : state.added;
}

/* Threads that ended before the signal reached them will never say that they stopped. */
static void count_ended_threads(pid_t pid)
{
    for (unsigned i = 0; i < threads_state.count; i++) {
        int expected = RECORD_SIGNALLED;

        if (atomic_load(&threads_state.records[i].state) == RECORD_SIGNALLED &&
            raw_syscall3(SYS_tgkill, pid, threads_state.records[i].tid, 0) == -ESRCH &&
            atomic_compare_exchange_strong(&threads_state.records[i].state, &expected, RECORD_CANCELLED))
            atomic_fetch_add(&stopped_count, 1);
    }
}

static int wait_until_stopped(pid_t pid)
{
    const struct timespec patience = {0, 2000000};
    uint64_t deadline_ns = clock_ns() + STOP_TIMEOUT_NS;
    uint32_t count;

    for (unsigned spins = 0; atomic_load(&stopped_count) < threads_state.count; spins++) {
        if (spins < STOP_SPINS && drawn_count == 0) {
            thread_relax();
            continue;
        }
        atomic_store(&stopper_waits, 1);
        if ((count = atomic_load(&stopped_count)) < threads_state.count) {
            threads_futex_wait(&stopped_count, count, &patience);
            if (atomic_load(&stopped_count) == count)
                count_ended_threads(pid);
        }
        atomic_store(&stopper_waits, 0);
        if (clock_ns() > deadline_ns)
            return -EAGAIN;
    }
    return 0;
}

/* Links of /proc/self/task: one per thread, and some more. 0: the kernel does not tell. */
static uint64_t task_links(void)
{
    struct stat tasks;

    return raw_syscall4(SYS_newfstatat, AT_FDCWD, (long)TASKS, (long)&tasks, 0) < 0 ? 0 : tasks.st_nlink;
}

static unsigned count_stopped(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < threads_state.count; i++)
        count += atomic_load(&threads_state.records[i].state) == RECORD_STOPPED;
    return count;
}

/* Mostly the threads are those of the last stop. Then signalling these is enough, and the number of links
 * tells that there is no other: a third of the time that listing the directory takes. Returns 1 when all
 * threads are stopped, 0 when they have to be listed, -EAGAIN when one does not stop. */
static int stop_known(pid_t pid, uint32_t generation)
{
    unsigned known = threads_state.count;

    threads_state.count = 0;
    if (other_links == 0)
        return 0;
    for (unsigned i = 0; i < known; i++)
        if (threads_state.records[i].tid == 0 ||
            signal_thread(pid, threads_state.records[i].tid, generation) <= 0)
            break;
    if (wait_until_stopped(pid) < 0)
        return -EAGAIN;
    return task_links() == other_links + count_stopped();
}

static int stop_listed(pid_t pid, uint32_t generation, const char **why)
{
    for (unsigned pass = 0; pass < STOP_PASSES; pass++) {
        int added = signal_new_threads(pid, generation);
        if (added < 0) {
            *why = added == -E2BIG ? "there are more than 512" : "they cannot be listed or signalled";
            return added;
        }
        if (added == 0)
            return 0;
        if (wait_until_stopped(pid) < 0) {
            *why = does_not_stop;
            return -EAGAIN;
        }
    }
    *why = "new ones keep appearing";
    return -EAGAIN;
}

static int stop_all(pid_t pid, uint32_t generation, const char **why)
{
    int r = stop_known(pid, generation);

    if (r > 0)
        return 0;
    if (r < 0) {
        *why = does_not_stop;
        return r;
    }
    r = stop_listed(pid, generation, why);
    uint64_t links = r == 0 ? task_links() : 0;
    other_links = links > count_stopped() ? links - count_stopped() : 0;
    return r;
}

/* What only this thread can know of the stopped ones: may they be made anew? */
static int check_stopped(const char **why)
{
    for (unsigned i = 0; i < threads_state.count; i++) {
        struct record *record = &threads_state.records[i];

        if (atomic_load(&record->state) != RECORD_STOPPED)
            continue;
        if (record->clear_tid == NULL) {
            *why = "one was not made by the C library";
            return -EPERM;
        }
        record->old_tid_word = *record->clear_tid;
        if (threads_state.rseq_size != 0) {
            struct rseq *rseq = (struct rseq *)(record->storage.base + (uint64_t)__rseq_offset);
            if ((int32_t)rseq->cpu_id >= 0)
                record->rseq = rseq;
        }
    }
    return 0;
}

int threads_stop(const char **why)
{
    *why = "";
    threads_state.caller.tid = (pid_t)raw_syscall0(SYS_gettid);
    pid_t pid = (pid_t)raw_syscall0(SYS_getpid);
    learn_once();
    atomic_store(&stopped_count, 0);
    if (++threads_state.last_generation == 0)
        ++threads_state.last_generation;
    int r = install_handler();
    if (r < 0)
        *why = "their signal cannot be set up";
    atomic_store(&threads_state.stop_generation, threads_state.last_generation);
    if (r == 0)
        r = stop_all(pid, threads_state.last_generation, why);
    if (r == 0)
        r = check_stopped(why);
    if (r < 0) {
        other_links = 0; /* some records may not be of this stop: list the threads next time */
        for (unsigned i = 0; i < threads_state.count; i++) {
            int expected = RECORD_SIGNALLED;
            atomic_compare_exchange_strong(&threads_state.records[i].state, &expected, RECORD_CANCELLED);
        }
        threads_resume();
    }
    return r;
}

void threads_resume(void)
{
    atomic_store(&threads_state.stop_generation, 0);
    atomic_store(&threads_state.resume_generation, threads_state.last_generation);
    if (threads_state.count > 0)
        threads_futex_wake(&threads_state.resume_generation, INT_MAX);
    let_drawn_go();
}

unsigned threads_stopped(void)
{
    return threads_state.count;
}
