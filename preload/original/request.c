/* SPDX-License-Identifier: MIT */
/* See request.h. What happens in the snapshot and in its copy: replay/asked.c. */
#define _GNU_SOURCE
#include "original/request.h"

#include <signal.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/other_process.h"
#include "restore/rights.h"
#include "run/back.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/park.h"

#define SETTLE_NS    UINT64_C(60000000000)
#define BEGIN_TRIES  2000 /* milliseconds */
#define ENDING_TRIES 100  /* milliseconds */
#define GRACE_TRIES  20   /* where the snapshot is gone: it may have made the replay at last */

static volatile pid_t asked_snapshot;

static bool is_replaying(pid_t pid)
{
    return pid > 0 && kernel_kill(pid, 0) == 0;
}

/* Who reads that the waveform is there may ask for the next one at once: so one that is only writing its
 * report is waited for. */
static bool is_under_way(void)
{
    pid_t pid = atomic_load(&run.page->asked_pid);

    for (unsigned tries = 0; is_replaying(pid); tries++) {
        if (tries == ENDING_TRIES || atomic_load(&run.page->asked_ending) != pid)
            return true;
        kernel_sleep(1000000);
        pid = atomic_load(&run.page->asked_pid);
    }
    return false;
}

void request_send(void)
{
    bool under_way = is_under_way();

    if (!role_is_original()) /* a snapshot was taken meanwhile, and this is its replay; or it is a child */
        return;
    const struct back_end now = {run.hooks->evals(), clock_ns()};
    struct shared_slot *slot = back_choose(&run.options, run.page, &now, other_process_is_over);
    if (under_way)
        log_line(LOG_INFO, "a waveform was asked for before, and is not ready yet");
    else if (slot == NULL)
        log_line(LOG_INFO, "a waveform is asked for, but there is no snapshot");
    else {
        run.page->asked_evals = now.eval;
        rights_note();
        asked_snapshot = atomic_load(&slot->pid);
        atomic_store(&run.page->asked_pid, SHARED_PAGE_COMING);
        park_command(slot, SLOT_COPY);
    }
}

/* A newer one may have taken its place meanwhile. */
static bool is_asked_one_gone(void)
{
    return shared_page_slot(run.page, asked_snapshot) == NULL || other_process_is_over(asked_snapshot);
}

/* It may have been asked for just now. */
static pid_t await_begin(void)
{
    pid_t pid;

    for (unsigned tries = 0; (pid = atomic_load(&run.page->asked_pid)) == SHARED_PAGE_COMING; tries++) {
        bool is_gone = tries >= GRACE_TRIES && is_asked_one_gone();
        if (is_gone || tries == BEGIN_TRIES) {
            log_line(LOG_INFO, "no waveform: it was asked for, and the snapshot %s",
                     is_gone ? "was given up before it could answer" : "does not answer");
            return 0;
        }
        kernel_sleep(1000000);
    }
    return pid;
}

void request_await(void)
{
    pid_t pid = run.page == NULL ? 0 : await_begin();

    if (!is_replaying(pid))
        return;
    if (!other_process_ends(pid, SETTLE_NS))
        kernel_kill(pid, SIGKILL);
}
