/* SPDX-License-Identifier: MIT */
/* Wakes the oldest snapshot and waits for it: see wake.h. */
#define _GNU_SOURCE
#include "wake.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../clock.h"
#include "../log.h"
#include "../raw_syscall.h"
#include "../run.h"
#include "../snapshot/keeper.h"
#include "../snapshot/park.h"
#include "report.h"
#include "run_directory.h"

/* Signals by which somebody asks the original to end now: they end the waiting, and are consumed, so that the
 * original still ends as it would have without us. */
static uint64_t impatient_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
    uint64_t set = 0;

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        set |= UINT64_C(1) << (signals[i] - 1);
    return set;
}

/* Waits until the process ends. Returns 0, or the signal that ended the waiting. */
static int wait_for_end(pid_t pid)
{
    const uint64_t impatient = impatient_signals();
    long pid_fd = raw_syscall2(SYS_pidfd_open, pid, 0);
    long signal_fd =
        raw_syscall4(SYS_signalfd4, -1, (long)&impatient, sizeof impatient, 0x80000 /* CLOEXEC */);
    struct pollfd fds[2] = {{.fd = (int)pid_fd, .events = POLLIN}, {.fd = (int)signal_fd, .events = POLLIN}};
    struct {
        uint32_t signal;
        char rest[124]; /* of struct signalfd_siginfo */
    } received = {.signal = 0};

    /* Without pidfd (before Linux 5.3) the waiting cannot be cut short: the caller reaps. */
    if (pid_fd >= 0 && signal_fd >= 0) {
        while (raw_syscall5(SYS_ppoll, (long)fds, 2, 0, 0, 0) == -EINTR)
            continue;
        if (fds[0].revents == 0 && fds[1].revents != 0)
            raw_syscall3(SYS_read, signal_fd, (long)&received, sizeof received);
    }
    if (pid_fd >= 0)
        raw_syscall1(SYS_close, pid_fd);
    if (signal_fd >= 0)
        raw_syscall1(SYS_close, signal_fd);
    return (int)received.signal;
}

/* Wakes this snapshot and waits for what becomes of it. Returns true when there are findings, or when
 * nobody wants to wait for another try. */
static bool try_snapshot(struct shared_slot *slot, struct wake_outcome *outcome)
{
    struct shared_replay *replay = &run.page->replay;
    pid_t pid = atomic_load(&slot->pid);
    int status = 0;

    outcome->snapshot_number = slot->number;
    outcome->snapshot_eval = slot->eval;
    outcome->snapshot_time = slot->time;
    memset(replay, 0, sizeof *replay);
    replay->start_ns = clock_ns();
    log_line(LOG_INFO,
             "the oldest checkpoint start to dump wave: snapshot %" PRIu64 ", taken after eval %" PRIu64,
             slot->number, slot->eval);
    park_wake(slot);
    outcome->signal = wait_for_end(pid);
    outcome->result = outcome->signal != 0 ? WAKE_INTERRUPTED : WAKE_LOST;
    if (outcome->result == WAKE_INTERRUPTED) {
        raw_syscall2(SYS_kill, pid, SIGKILL);
    } else {
        while (raw_syscall4(SYS_wait4, pid, (long)&status, __WALL, 0) == -EINTR)
            continue;
        outcome->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    keeper_forget(slot);
    if (atomic_load(&replay->state) == REPLAY_DONE)
        outcome->result = WAKE_REPLAYED;
    return outcome->result != WAKE_LOST;
}

static void wake_survivors(struct wake_outcome *outcome)
{
    struct shared_slot *slot;

    while ((slot = keeper_oldest()) != NULL) {
        if (try_snapshot(slot, outcome))
            return;
        log_line(LOG_INFO,
                 "the replay of snapshot %" PRIu64 " died (%s) before it was done; trying the next one",
                 outcome->snapshot_number,
                 outcome->signal != 0 ? end_signal_name(outcome->signal) : "it ended without a word");
    }
}

void wake_replay(const struct end *end)
{
    struct wake_outcome outcome = {.result = WAKE_NONE_LEFT};

    run.page->end = *end;
    report_failure(end);
    if (keeper_oldest() == NULL) {
        report_no_snapshot();
        return;
    }
    int r = run_directory_make();
    if (r < 0) {
        report_no_directory(r);
        return;
    }
    wake_survivors(&outcome);
    report_outcome(end, &outcome);
}
