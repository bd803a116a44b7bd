/* SPDX-License-Identifier: MIT */
/* Calls the simulator's function: see time_beside.h. What has side effects there has them in a process of
 * ours. */
#define _GNU_SOURCE
#include "original/time_beside.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/other_process.h"
#include "base/signal_mask.h"
#include "run/run.h"
#include "snapshot/burial.h"
#include "snapshot/threads/clone_processor.h"

#define BURY_NS         UINT64_C(5000000000)
#define DESCRIPTORS_MAX 65536u /* to close, where the kernel does not do that at once */

/* The second try is for a lock that another thread had just then. */
static const uint64_t patience_ns[] = {200000000, 800000000};

static bool call_plainly(void (*function)(void *context), void *context)
{
    function(context);
    return true;
}

/* What is printed there would be printed twice. */
static void close_everything(void)
{
    struct rlimit limit = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};

    if (kernel_close_range(0, UINT_MAX) == 0)
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
    kernel_exit_group(0);
}

static void await(pid_t pid, uint64_t ns)
{
    if (!other_process_ends(pid, ns))
        kernel_kill(pid, SIGKILL);
    other_process_ends(pid, BURY_NS);
    if (!burial_reap(pid))
        burial_add(pid);
}

/* Returns false where there can be no such process. */
static bool try_beside(uint64_t ns)
{
    int *clear_tid = NULL;

    raw_syscall2(SYS_prctl, PR_GET_TID_ADDRESS, &clear_tid);
    uint64_t mask = signal_mask_block_all();
    long pid = clone_process(clear_tid, 0, NULL);
    if (pid == 0)
        ask_and_end();
    if (pid > 0)
        await((pid_t)pid, ns);
    signal_mask_restore(mask);
    return pid > 0;
}

uint64_t time_beside_ask(void)
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
