/* SPDX-License-Identifier: MIT */
/* Replays that were asked for: see request.h. Such a replay has a page of its own: the one that it was made
 * with belongs to the original and its other snapshots. */
#define _GNU_SOURCE
#include "original/request.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/other_process.h"
#include "replay/orphan.h"
#include "report/report.h"
#include "restore/rights.h"
#include "run/role.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/park.h"
#include "snapshot/shared_memory.h"

#define SETTLE_NS    UINT64_C(60000000000)
#define BEGIN_TRIES  2000 /* milliseconds */
#define ENDING_TRIES 100  /* milliseconds */
#define GRACE_TRIES  20   /* where the snapshot is gone: it may have made the replay at last */

static volatile pid_t asked_snapshot;
static struct shared_page *common; /* the page of the original, for a replay that has its own */

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

static bool may_send(void)
{
    return role_is_original();
}

void request_send(void)
{
    struct shared_slot *oldest = NULL;

    if (!may_send())
        return;
    bool under_way = is_under_way();
    if (!may_send()) /* a snapshot was taken meanwhile, and this is its replay */
        return;
    for (unsigned i = 0; i < SHARED_PAGE_SLOTS; i++) {
        struct shared_slot *slot = &run.page->slots[i];
        if (atomic_load(&slot->pid) != 0 && (oldest == NULL || slot->number < oldest->number))
            oldest = slot;
    }
    if (under_way)
        log_line(LOG_INFO, "a waveform was asked for before, and is not ready yet");
    else if (oldest == NULL)
        log_line(LOG_INFO, "a waveform is asked for, but there is no snapshot");
    else {
        run.page->asked_evals = run.hooks->evals();
        rights_note();
        asked_snapshot = atomic_load(&oldest->pid);
        atomic_store(&run.page->asked_pid, SHARED_PAGE_COMING);
        park_copy(oldest);
    }
}

/* Nobody else sees what is written there, but for a copy of this one. Returns 0 or -errno. */
static int take_page(const struct shared_slot *slot)
{
    long memory =
        kernel_mmap(NULL, SHARED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory < 0 && memory > -4096)
        return (int)memory;
    shared_memory_keep((const void *)memory);
    common = run.page;
    run.page = (struct shared_page *)memory;
    memcpy(run.page, common, sizeof *common);
    atomic_store(&run.page->slots[slot - common->slots].pid, kernel_getpid());
    memset(&run.page->replay, 0, sizeof run.page->replay);
    memset(&run.page->notes, 0, sizeof run.page->notes);
    run.page->stop_eval = 0;
    atomic_store(&run.page->spare_pid, 0);
    return 0;
}

static void say_why_not(int error)
{
    orphan_say_to_user();
    log_line(LOG_INFO, "no waveform: a snapshot cannot be copied for it (%s); raise the limits",
             strerrorname_np(-error));
}

void request_fails(int error)
{
    atomic_store(&run.page->asked_pid, 0);
    say_why_not(error);
    log_set_fd(STDERR_FILENO); /* of the replay that this one may become */
}

bool request_begins(struct shared_slot *slot, bool hangs)
{
    atomic_store(&run.page->asked_pid, kernel_getpid());
    int r = take_page(slot);
    if (r < 0) {
        say_why_not(r);
        atomic_store(&run.page->asked_pid, 0);
        return false;
    }
    run.page->end = (struct end){
        .kind = hangs ? END_HANG : END_REQUEST,
        .outside = true,
        .eval = hangs ? run.page->still_evals : run.page->asked_evals,
        .time = END_TIME_UNKNOWN,
    };
    run.page->races = run.hooks->races();
    run.page->replay.start_ns = clock_ns();
    orphan_say_to_user();
    report_failure(&run.page->end);
    r = rights_take();
    if (r == 0)
        r = run_directory_make();
    if (r < 0)
        report_no_directory(r);
    else
        report_wake(slot);
    return r >= 0;
}

void request_passes_on(pid_t pid)
{
    if (common != NULL)
        atomic_store(&common->asked_pid, pid);
}

void request_ends(void)
{
    if (common != NULL)
        atomic_store(&common->asked_ending, kernel_getpid());
}

void request_done(void)
{
    if (common != NULL)
        atomic_store(&common->asked_pid, 0);
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

void request_settle(void)
{
    pid_t pid = run.page == NULL ? 0 : await_begin();

    if (!is_replaying(pid))
        return;
    int fd = kernel_pidfd_open(pid);
    if (!other_process_await(fd < 0 ? -1 : fd, pid, SETTLE_NS))
        kernel_kill(pid, SIGKILL);
    if (fd >= 0)
        kernel_close(fd);
}
