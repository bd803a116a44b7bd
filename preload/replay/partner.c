/* SPDX-License-Identifier: MIT */
/* Waiting for a process that is not there: see partner.h. By a futex in the shared memory it is known for
 * what the thread waits; by a loop it is not, so that this must last longer, and somebody must be there who
 * has that memory too. How long is long: many times what the original took between two of its looks. */
#define _GNU_SOURCE
#include "replay/partner.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/procfs.h"
#include "record/tape.h"
#include "replay/again.h"
#include "run/run.h"
#include "snapshot/shared_memory.h"
#include "snapshot/threads/blocked_call.h"
#include "snapshot/threads/frame_processor.h"
#include "snapshot/threads/threads_signal.h"

#define TICK_NS       500000000
#define WAIT_NS       UINT64_C(2000000000) /* in a futex there, at least */
#define LOOP_NS       UINT64_C(5000000000) /* elsewhere ... */
#define ALONE_NS      (2 * LOOP_NS)        /* ... and who has the memory too is gone by now */
#define GAP_FACTOR    20u
#define NAME_OF_SHARE 64u

static struct shared_memory shared[SHARED_MEMORY_MAX]; /* what can be written to */
static int shared_count;
static char share_name[NAME_OF_SHARE];
static pid_t partner; /* 0: nobody was seen */
static char partner_name[PROCFS_NAME_SIZE];

static int timer = -1;
static uint64_t seen_evals, seen_ns; /* when the last one was seen to begin */

/* --- who it is --- */

/* The simulator's own copies have the memory as well. */
static bool is_family(pid_t pid)
{
    if (pid == kernel_getpid() || pid == run.page->original_pid || pid == atomic_load(&run.page->asked_pid) ||
        pid == kernel_getppid() || pid == atomic_load(&run.page->kept.pid))
        return true;
    return shared_page_slot(run.page, pid) != NULL;
}

static int look_at_process(int number, void *unused)
{
    (void)unused;
    if (is_family(number) || procfs_name(number, partner_name) < 0)
        return 0;
    int which = shared_memory_find_shared(number, shared, shared_count);
    if (which < 0)
        return 0;
    partner = number;
    strncpy(share_name, shared[which].path, sizeof share_name - 1);
    return 1;
}

static void find_partner(void)
{
    if (!procfs_is_foreign())
        procfs_each("/proc", look_at_process, NULL);
}

void partner_begin(void)
{
    struct shared_memory *list;
    int count = shared_memory_list(&list, NULL);

    for (int i = 0; i < count; i++)
        if ((list[i].protection & PROT_WRITE) != 0)
            shared[shared_count++] = list[i];
    if (shared_count == 0)
        return;
    strncpy(share_name, shared[0].path, sizeof share_name - 1);
    find_partner();
}

/* --- is it waited for? --- */

void partner_watch(void)
{
    if (shared_count > 0 && (timer = kernel_timer_create(THREADS_SIGNAL)) >= 0)
        kernel_timer_tick(timer, TICK_NS);
}

void partner_watch_end(void)
{
    if (timer >= 0)
        kernel_timer_tick(timer, 0);
}

static bool is_in_shared_futex(const void *ucontext)
{
    uintptr_t word = frame_argument(ucontext, 0);

    if (frame_next_call(ucontext) != SYS_futex)
        return false;
    for (int i = 0; i < shared_count; i++)
        if (word >= shared[i].start && word - shared[i].start < shared[i].size)
            return true;
    return false;
}

static uint64_t patience_ns(uint64_t least_ns)
{
    uint64_t own_ns = run.page->longest_look_ns * GAP_FACTOR;

    return own_ns > least_ns ? own_ns : least_ns;
}

/* Has no eval begun for too long? What the waveform takes is none of the simulator's time. Where its original
 * was ended from outside, or hangs, behind the same eval, the replay has come as far. */
static bool is_still(const void *ucontext)
{
    uint64_t evals = run.hooks->evals(), now_ns = clock_ns();
    bool is_there = run.page->end.outside && atomic_load(&run.page->replay.last_due_ns) != 0;

    if (evals != seen_evals || seen_ns == 0 || is_there || run.hooks->wave_at_work()) {
        seen_evals = evals;
        seen_ns = now_ns;
        return false;
    }
    if (is_in_shared_futex(ucontext))
        return now_ns > seen_ns + patience_ns(WAIT_NS);
    return !run.hooks->in_eval() && tape_awaited() == NULL &&
           now_ns > seen_ns + patience_ns(partner != 0 ? LOOP_NS : ALONE_NS);
}

bool partner_is_awaited(void *ucontext)
{
    static struct blocked_call call = {.number = -1};

    if (timer < 0)
        return false;
    blocked_call_repeat(&call, ucontext);
    bool is_awaited = is_still(ucontext);
    if (!is_awaited)
        blocked_call_go_on(&call, ucontext);
    return is_awaited;
}

void partner_explain(struct text *why)
{
    text_format(why,
                "the replay was stopped at eval %" PRIu64 " of %" PRIu64 ": it waits for another process",
                run.hooks->evals(), run.page->end.eval);
    if (partner != 0)
        text_format(why, " (%s, pid %d)", partner_name, partner);
    text_format(why, ", with which it shares memory (%s), and what that writes there is not recorded",
                *share_name != '\0' ? share_name : "without a name");
}

/* --- once more --- */

void partner_pass_on(void)
{
    if (!again_may())
        return;
    run.page->stop_eval = run.hooks->evals();
    run.hooks->wave_remove(); /* of a window that was left */
    again_pass_on();
}
