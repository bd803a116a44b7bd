/* SPDX-License-Identifier: MIT */
/* See request.h. What happens in the snapshot and in its copy: replay/asked.c. The copy is no child of the
 * original: it is looked at by its number. */
#define _GNU_SOURCE
#include "original/request.h"

#include <signal.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "original/impatient.h"
#include "restore/rights.h"
#include "run/run.h"
#include "snapshot/park.h"
#include "snapshot/threads/threads_signal.h"

#define TICK_NS      (SECOND_NS / 50)
#define ANSWER_NS    (2 * SECOND_NS)
#define GRACE_NS     (SECOND_NS / 50) /* where the snapshot is gone: it may have made the replay at last */
#define ENDING_TRIES 100              /* milliseconds */
#define CLOSE_NS     (5 * SECOND_NS)  /* for a replay that was asked to finish */

static volatile pid_t asked_snapshot;
static volatile uint64_t asked_ns;

static bool is_replaying(pid_t pid)
{
    return pid > 0 && !other_process_is_over(pid);
}

bool request_is_under_way(void)
{
    for (unsigned tries = 0; park_is_asked(run.page); tries++) {
        if (tries == ENDING_TRIES ||
            atomic_load(&run.page->asked_ending) != atomic_load(&run.page->asked_pid))
            return true;
        kernel_sleep(1000000);
    }
    return false;
}

bool request_begin(struct shared_slot *slot, const struct shared_point *point)
{
    int32_t last = atomic_load(&run.page->asked_pid);

    if (last == SHARED_PAGE_COMING ||
        !atomic_compare_exchange_strong(&run.page->asked_pid, &last, SHARED_PAGE_COMING))
        return false;
    run.page->point = *point;
    rights_note();
    asked_snapshot = atomic_load(&slot->pid);
    asked_ns = clock_ns();
    atomic_store(&run.page->asked_to_end, 0);
    park_command(slot, SLOT_COPY);
    return true;
}

/* A newer one may have taken its place meanwhile. */
static bool is_asked_one_gone(void)
{
    return shared_page_slot(run.page, asked_snapshot) == NULL || other_process_is_over(asked_snapshot);
}

enum request_state request_look(void)
{
    pid_t pid = atomic_load(&run.page->asked_pid);
    uint64_t now_ns = clock_ns();

    if (pid != SHARED_PAGE_COMING)
        return is_replaying(pid) ? REQUEST_RUNS : REQUEST_OVER;
    if (now_ns > asked_ns + GRACE_NS && is_asked_one_gone())
        return REQUEST_IN_VAIN;
    return now_ns > asked_ns + ANSWER_NS ? REQUEST_NO_ANSWER : REQUEST_RUNS;
}

static void end_it(int signal)
{
    pid_t pid = atomic_load(&run.page->asked_pid);

    atomic_store(&run.page->asked_to_end, (uint32_t)signal);
    for (unsigned tries = 0; tries < 2 && is_replaying(pid); tries++) {
        kernel_kill(pid, THREADS_SIGNAL); /* between two evals, and wherever it is */
        other_process_ends(pid, CLOSE_NS / (tries == 0 ? 10 : 1));
    }
    if (is_replaying(pid))
        kernel_kill(pid, SIGKILL);
}

int request_await(uint64_t echo_ns, enum request_state *state)
{
    while ((*state = request_look()) == REQUEST_RUNS) {
        int signal = impatient_take();
        pid_t pid = atomic_load(&run.page->asked_pid);
        uint64_t until_ns = atomic_load(&run.page->asked_until_ns);
        bool is_late = pid > 0 && until_ns != 0 && clock_ns() > until_ns;
        if (is_late || (signal != 0 && clock_ns() > echo_ns)) {
            end_it(is_late ? SIGTERM : signal);
            return is_late ? 0 : signal;
        }
        if (pid > 0)
            other_process_ends(pid, TICK_NS);
        else
            kernel_sleep(1000000);
    }
    return 0;
}
