/* SPDX-License-Identifier: MIT */
/* Calls the simulator's function: see ask_time.h. What has side effects there has them in a process of ours.
 * A thread that is only slow goes on between two ticks, so that it is their number that tells one that waits.
 */
#define _GNU_SOURCE
#include "replay/ask_time.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "base/kernel.h"
#include "base/other_process.h"
#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "run/notes.h"
#include "run/run.h"
#include "snapshot/burial.h"
#include "snapshot/threads/clone_processor.h"
#include "snapshot/threads/threads_signal.h"

#define TICK_NS         100000000
#define TICKS           10u
#define BURY_NS         UINT64_C(5000000000)
#define DESCRIPTORS_MAX 65536u /* to close, where the kernel does not do that at once */

/* The second try is for a lock that another thread had just then. */
static const uint64_t patience_ns[] = {200000000, 800000000};

/* --- beside the original --- */

static bool call_plainly(void (*function)(void *context), void *context)
{
    function(context);
    return true;
}

/* What is printed there would be printed twice. */
static void close_everything(void)
{
    struct rlimit limit = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};

    if (raw_syscall3(SYS_close_range, 0, UINT32_MAX, 0) == 0)
        return;
    kernel_getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 0; (rlim_t)fd < limit.rlim_cur && fd < (int)DESCRIPTORS_MAX; fd++)
        kernel_close(fd);
}

/* All signals are blocked: a fault ends this process, and leaves no core. */
static _Noreturn void ask_and_end(void)
{
    const struct rlimit no_core = {0, 0};

    raw_syscall2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    kernel_setrlimit(RLIMIT_CORE, &no_core);
    close_everything();
    if (kernel_getppid() == run.page->original_pid) {
        run.hooks->time_call_by(call_plainly);
        atomic_store(&run.page->asked_time, run_time());
    }
    for (;;)
        kernel_exit_group(0);
}

static void await(pid_t pid, uint64_t ns)
{
    int fd = kernel_pidfd_open(pid);

    if (!other_process_await(fd, pid, ns))
        kernel_kill(pid, SIGKILL);
    other_process_await(fd, pid, BURY_NS);
    if (fd >= 0)
        kernel_close(fd);
    if (!burial_reap(pid))
        burial_add(pid);
}

/* Returns false where there can be no such process. */
static bool try_beside(uint64_t ns)
{
    int *clear_tid = NULL;

    raw_syscall2(SYS_prctl, PR_GET_TID_ADDRESS, &clear_tid);
    uint64_t mask = signal_mask_block_all();
    long pid = clone_process(clear_tid, 0);
    if (pid == 0)
        ask_and_end();
    if (pid > 0)
        await((pid_t)pid, ns);
    signal_mask_restore(mask);
    return pid > 0;
}

uint64_t ask_time_beside(void)
{
    uint64_t time = run_time();

    atomic_store(&run.page->asked_time, END_TIME_UNKNOWN);
    for (size_t i = 0; time == END_TIME_UNKNOWN && i < sizeof patience_ns / sizeof *patience_ns; i++) {
        if (!try_beside(patience_ns[i]))
            break;
        time = atomic_load(&run.page->asked_time);
    }
    return time;
}

/* --- in a replay --- */

static atomic_bool in_vain;

static void set_ticks(long ns)
{
    const struct itimerspec ticks = {{0, ns}, {0, ns}};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = THREADS_SIGNAL};

    event._sigev_un._tid = kernel_gettid();
    if (!own_thread()->asking.has_timer &&
        raw_syscall3(SYS_timer_create, CLOCK_MONOTONIC, &event, (long)&own_thread()->asking.timer) == 0)
        own_thread()->asking.has_timer = true;
    if (own_thread()->asking.has_timer)
        raw_syscall4(SYS_timer_settime, own_thread()->asking.timer, 0, &ticks, 0);
}

static bool call_with_way_out(void (*function)(void *context), void *context)
{
    if (atomic_load(&in_vain))
        return false;
    if (sigsetjmp(own_thread()->asking.way_out, 0) != 0) {
        set_ticks(0);
        signal_mask_restore(own_thread()->asking.mask);
        if (!atomic_exchange(&in_vain, true))
            notes_add("the simulator's own function that tells the time waits for a lock: evals are counted");
        return false;
    }
    own_thread()->asking.ticks = 1;
    set_ticks(TICK_NS);
    function(context);
    set_ticks(0);
    own_thread()->asking.ticks = 0;
    return true;
}

void ask_time_here(void)
{
    run.hooks->time_call_by(call_with_way_out);
}

void ask_time_tick(const void *ucontext)
{
    if (own_thread()->asking.ticks == 0 || own_thread()->asking.ticks++ <= TICKS)
        return;
    own_thread()->asking.ticks = 0;
    memcpy(&own_thread()->asking.mask, &((const ucontext_t *)ucontext)->uc_sigmask,
           sizeof own_thread()->asking.mask);
    siglongjmp(own_thread()->asking.way_out, 1);
}
