/* SPDX-License-Identifier: MIT */
/* Replays that were asked for: see request.h. Such a replay has a page of its own: the one that it was made
 * with belongs to the original and its other snapshots. */
#define _GNU_SOURCE
#include "request.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "../clock.h"
#include "../log.h"
#include "../raw_syscall.h"
#include "../run.h"
#include "../snapshot/park.h"
#include "orphan.h"
#include "report.h"
#include "run_directory.h"

#define SETTLE_SECONDS 60

static struct shared_page *common; /* the page of the original, for a replay that has its own */

static bool is_replaying(pid_t pid)
{
    return pid != 0 && raw_syscall2(SYS_kill, pid, 0) == 0;
}

void request_send(void)
{
    struct shared_slot *oldest = NULL;

    if (run.role != RUN_ORIGINAL || !run_is_self())
        return;
    for (unsigned i = 0; i < SHARED_PAGE_SLOTS; i++) {
        struct shared_slot *slot = &run.page->slots[i];
        if (atomic_load(&slot->pid) != 0 && (oldest == NULL || slot->number < oldest->number))
            oldest = slot;
    }
    if (is_replaying(atomic_load(&run.page->asked_pid)))
        log_line(LOG_INFO, "a waveform was asked for before, and is not ready yet");
    else if (oldest == NULL)
        log_line(LOG_INFO, "a waveform is asked for, but there is no snapshot");
    else {
        run.page->asked_evals = run.hooks->evals();
        park_copy(oldest);
    }
}

/* Nobody else sees what is written there. */
static bool take_page(const struct shared_slot *slot)
{
    long memory = raw_syscall6(SYS_mmap, 0, SHARED_PAGE_SIZE, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory < 0 && memory > -4096)
        return false;
    common = run.page;
    run.page = (struct shared_page *)memory;
    memcpy(run.page, common, sizeof *common);
    atomic_store(&run.page->slots[slot - common->slots].pid, (int32_t)raw_syscall0(SYS_getpid));
    memset(&run.page->replay, 0, sizeof run.page->replay);
    memset(&run.page->notes, 0, sizeof run.page->notes);
    return true;
}

bool request_begins(struct shared_slot *slot, bool hangs)
{
    atomic_store(&run.page->asked_pid, (int32_t)raw_syscall0(SYS_getpid));
    if (!take_page(slot))
        return false;
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
    int r = run_directory_make();
    if (r < 0)
        report_no_directory(r);
    else
        report_wake(slot);
    return r >= 0;
}

void request_done(void)
{
    if (common != NULL)
        atomic_store(&common->asked_pid, 0);
}

void request_settle(void)
{
    const struct timespec patience = {SETTLE_SECONDS, 0};
    pid_t pid = run.page == NULL ? 0 : atomic_load(&run.page->asked_pid);

    if (!is_replaying(pid))
        return;
    struct pollfd end = {.fd = (int)raw_syscall2(SYS_pidfd_open, pid, 0), .events = POLLIN};
    if (end.fd < 0)
        return;
    if (raw_syscall5(SYS_ppoll, (long)&end, 1, (long)&patience, 0, 0) != 1)
        raw_syscall2(SYS_kill, pid, SIGKILL);
    raw_syscall1(SYS_close, end.fd);
}
