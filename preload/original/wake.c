/* SPDX-License-Identifier: MIT */
/* Wakes the snapshot that LIGHTSSS_BACK asks for and waits for it: see wake.h. */
#define _GNU_SOURCE
#include "original/wake.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/other_process.h"
#include "original/impatient.h"
#include "record/output.h"
#include "report/progress_line.h"
#include "report/report.h"
#include "restore/rights.h"
#include "run/back.h"
#include "run/kept_list.h"
#include "run/patience.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/descriptors.h"
#include "snapshot/keeper.h"
#include "snapshot/limits/groups.h"
#include "snapshot/limits/memory_watch.h"
#include "snapshot/park.h"
#include "snapshot/threads/threads_signal.h"

#define WATCH_NS  (SECOND_NS / 200) /* where its memory is watched: it may take a gigabyte a second */
#define FINISH_NS (5 * SECOND_NS)   /* for a replay that was asked to finish: it closes the waveform */
#define CLOSE_NS  (30 * SECOND_NS)  /* the same where nobody is impatient: a large FST takes its time */

/* The user may lay the original aside (Ctrl-Z) while it waits; a handler of the simulator's does not run
 * then. */
static void let_stop(int how)
{
    const uint64_t stop = UINT64_C(1) << (SIGTSTP - 1);
    struct kernel_action action;

    if (kernel_sigaction(SIGTSTP, NULL, &action) == 0 && action.handler == (void *)SIG_DFL)
        kernel_sigprocmask(how, &stop, NULL);
}

struct waiting {
    pid_t pid;
    struct pollfd fds[2]; /* the replay's pidfd, and a signalfd of those signals */
    uint64_t deadline_ns;
    bool watch_memory; /* the kernel would end the original with a replay that takes too much */
};

static void begin_waiting(struct waiting *waiting, const struct shared_slot *slot)
{
    const uint64_t impatient = impatient_signals();

    waiting->pid = atomic_load(&slot->pid);
    waiting->fds[0] = (struct pollfd){.fd = kernel_pidfd_open(waiting->pid), .events = POLLIN};
    waiting->fds[1] = (struct pollfd){
        .fd = (int)raw_syscall4(SYS_signalfd4, -1, &impatient, sizeof impatient, SFD_CLOEXEC),
        .events = POLLIN,
    };
    waiting->deadline_ns = patience_deadline_ns(slot);
    /* Where memory runs out, would the kernel end (or stop) the original with the replay? */
    waiting->watch_memory = groups_are_merciless();
    let_stop(SIG_UNBLOCK);
}

static void end_waiting(const struct waiting *waiting)
{
    let_stop(SIG_BLOCK);
    for (size_t i = 0; i < 2; i++)
        if (waiting->fds[i].fd >= 0)
            kernel_close(waiting->fds[i].fd);
}

static int received_signal(const struct waiting *waiting)
{
    struct signalfd_siginfo received;

    if (waiting->fds[1].fd < 0)
        return impatient_take();
    if ((waiting->fds[1].revents & POLLIN) == 0)
        return 0;
    if (kernel_read(waiting->fds[1].fd, &received, sizeof received) != sizeof received)
        return SIGTERM;
    return (int)received.ssi_signo;
}

/* Where memory becomes little, a copy that nobody has woken goes first. */
static bool give_up_spare(const struct waiting *waiting)
{
    struct shared_slot *spare = shared_page_spare(run.page);

    if (spare == NULL || atomic_load(&spare->pid) == waiting->pid)
        return false;
    keeper_forget(spare);
    return true;
}

static uint32_t reason_to_ask(const struct waiting *waiting)
{
    int signal = received_signal(waiting);

    if (signal != 0 && clock_ns() > impatient_echo_ns(&run.page->end, run.page->replay.start_ns))
        return (uint32_t)signal;
    if (waiting->watch_memory && memory_watch_is_dangerous() && !give_up_spare(waiting))
        return REPLAY_ASKED_MEMORY;
    return patience_overdue(waiting->deadline_ns);
}

/* One that somebody has stopped goes on. */
static bool has_ended(struct waiting *waiting, uint64_t patience_ns)
{
    other_process_poll(waiting->fds, 2, patience_ns);
    if (waiting->fds[0].revents != 0 || other_process_is_over(waiting->pid))
        return true;
    other_process_continue(waiting->pid);
    return false;
}

/* How long to wait before there may be a reason to ask. */
static uint64_t until_next_look(const struct waiting *waiting)
{
    uint64_t now_ns = clock_ns(), tick_ns = other_process_tick_ns(waiting->fds[0].fd);
    uint64_t left_ns = waiting->deadline_ns > now_ns ? waiting->deadline_ns - now_ns : 0;

    if (waiting->watch_memory && tick_ns > WATCH_NS)
        tick_ns = WATCH_NS;
    return left_ns < tick_ns ? left_ns : tick_ns;
}

/* Waits until the replay ends, or until it was asked to and had its time. Returns why it was asked. */
static uint32_t wait_for_end(struct waiting *waiting)
{
    uint32_t asked = REPLAY_ASKED_NOTHING;

    while (asked == REPLAY_ASKED_NOTHING) {
        if (has_ended(waiting, until_next_look(waiting)))
            return asked;
        progress_line_draw();
        asked = reason_to_ask(waiting);
    }
    atomic_store(&run.page->replay.asked, asked);
    progress_line_say_closing();
    kernel_kill(waiting->pid, THREADS_SIGNAL);
    if (other_process_await(waiting->fds[0].fd, waiting->pid, PATIENCE_BETWEEN_EVALS_NS))
        return asked;
    kernel_kill(waiting->pid, THREADS_SIGNAL);
    if (!other_process_await(waiting->fds[0].fd, waiting->pid,
                             asked < REPLAY_ASKED_SLOW ? FINISH_NS : CLOSE_NS))
        kernel_kill(waiting->pid, SIGKILL);
    return asked;
}

static bool wake_one(struct shared_slot *slot, struct outcome *outcome)
{
    struct shared_replay *replay = &run.page->replay;
    struct waiting waiting;
    int status = 0;

    outcome->snapshot_number = slot->number;
    outcome->snapshot_eval = slot->eval;
    outcome->snapshot_taken_ns = slot->taken_ns;
    shared_page_begin_replay(run.page, clock_ns());
    memset(&run.page->notes, 0, sizeof run.page->notes);
    kept_list_clear();
    report_wake(slot);
    begin_waiting(&waiting, slot);
    park_command(slot, SLOT_WAKE);
    progress_line_begin(slot);
    outcome->asked = wait_for_end(&waiting);
    progress_line_end();
    outcome->snapshot_time = slot->time;
    other_process_await(waiting.fds[0].fd, waiting.pid, FINISH_NS); /* not for ever, if it cannot be killed */
    end_waiting(&waiting);
    other_process_reap(waiting.pid, &status, NULL);
    outcome->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    outcome->result = OUTCOME_LOST;
    if (atomic_load(&replay->state) == REPLAY_DONE)
        outcome->result = OUTCOME_REPLAYED;
    else if (outcome->asked != REPLAY_ASKED_NOTHING)
        outcome->result = OUTCOME_GIVEN_UP;
    keeper_forget(slot);
    return outcome->result != OUTCOME_LOST;
}

/* Wakes this snapshot and waits for what becomes of it. Returns true when there are findings, or when nobody
 * wants to wait for another try. One that waits for another process, or whose waveform can be a better one,
 * goes on in a copy of its own. */
static bool try_snapshot(struct shared_slot *slot, struct outcome *outcome)
{
    shared_page_forget_learnt(run.page);
    bool is_done = wake_one(slot, outcome);
    struct shared_slot *spare = shared_page_spare(run.page);

    if (spare == NULL)
        return is_done;
    if (!is_done && shared_page_is_again(run.page))
        return wake_one(spare, outcome);
    keeper_forget(spare);
    return is_done;
}

/* By LIGHTSSS_BACK. */
static struct shared_slot *next_survivor(void)
{
    const struct back_end end = {run.page->end.eval, atomic_load(&run.page->end_ns)};

    return keeper_oldest() == NULL ? NULL : back_choose(&run.options, run.page, &end, other_process_is_over);
}

static void wake_survivors(struct outcome *outcome)
{
    struct shared_slot *slot;

    while ((slot = next_survivor()) != NULL) {
        if (try_snapshot(slot, outcome))
            return;
        log_line(LOG_INFO,
                 "the replay of snapshot %" PRIu64 " died (%s) before it was done; trying the next one",
                 outcome->snapshot_number,
                 outcome->signal != 0 ? end_signal_name(outcome->signal) : "it ended without a word");
    }
}

/* The simulator may have opened as many files as it may. The hard limit stays, and what is raised is set
 * back: it has not ended yet. */
static void raise_descriptor_limit(struct rlimit *before)
{
    *before = (struct rlimit){0, 0};
    if (kernel_getrlimit(RLIMIT_NOFILE, before) < 0 || before->rlim_cur == before->rlim_max)
        return;
    const struct rlimit raised = {before->rlim_max, before->rlim_max};
    kernel_setrlimit(RLIMIT_NOFILE, &raised);
}

static void set_back_descriptor_limit(const struct rlimit *before)
{
    if (before->rlim_cur != before->rlim_max)
        kernel_setrlimit(RLIMIT_NOFILE, before);
}

static void replay_and_report(const struct end *end)
{
    struct outcome outcome = {.result = OUTCOME_NONE_LEFT};
    int r = run_directory_make();

    if (r < 0) {
        report_no_directory(r);
        return;
    }
    run_directory_pin();
    int room_fd = run_directory_reserve(RUN_DIRECTORY_ROOM);
    wake_survivors(&outcome);
    kernel_close(room_fd);
    report_outcome(end, &outcome);
}

void wake_replay(const struct end *end)
{
    struct descriptor error_output;
    struct rlimit limit;

    /* Our lines are not for a file of the simulator's that has got the number of stderr. */
    if (descriptors_describe(STDERR_FILENO, &error_output) == 0 && !descriptors_is_output(&error_output))
        log_set_level(LOG_QUIET);
    run.page->end = *end;
    atomic_store(&run.page->end_ns, clock_ns());
    run.page->end_used_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID);
    patience_note_look();
    run.page->races = run.hooks->races();
    run.page->wave_mark = run.hooks->wave_mark();
    run.page->wave_marked = 1;
    rights_note();
    run.page->end_thread = (uint64_t)pthread_self();
    output_end();
    report_failure(end);
    if (keeper_oldest() == NULL) {
        report_no_snapshot();
        return;
    }
    raise_descriptor_limit(&limit);
    replay_and_report(end);
    set_back_descriptor_limit(&limit);
}
