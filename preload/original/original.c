/* SPDX-License-Identifier: MIT */
/* See original.h. One thread ends the process: the first that comes is it; another thread that fails
 * meanwhile waits for the end that is under way; a fault of the first thread in what it does here does not
 * change how the process ends. */
#define _GNU_SOURCE
#include "original/original.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/often.h"
#include "base/signal_mask.h"
#include "base/stack.h"
#include "interpose/exit.h"
#include "interpose/signal.h"
#include "interpose/write.h"
#include "original/points.h"
#include "original/time_beside.h"
#include "original/wake.h"
#include "record/answer.h"
#include "record/match.h"
#include "record/output.h"
#include "record/tape.h"
#include "record/time_log.h"
#include "record/watch.h"
#include "restore/rights.h"
#include "run/patience.h"
#include "run/run.h"
#include "snapshot/keeper.h"
#include "snapshot/keeper_lock.h"
#include "snapshot/shared_memory.h"
#include "snapshot/threads/blocked_call.h"
#include "snapshot/threads/threads.h"
#include "snapshot/threads/threads_handler.h"

static bool no_replay;                       /* there can be no snapshots, and so no replay */
static OFTEN_WRITTEN atomic_bool first_look; /* it is known whether there was a first snapshot */
static void (*woken)(uint64_t eval);

static _Atomic pid_t ending_thread;
static struct end first_end;      /* what the original is ending with ... */
static volatile bool end_is_done; /* ... and whether all that had to happen before it has happened */

/* --- its first eval --- */

static void start_tape(void)
{
    time_log_start();
    int r = tape_start();

    if (r < 0)
        log_line(
            LOG_INFO,
            "no memory can be had to record what the simulator reads from pipes and sockets (%s); raise the "
            "limits; a replay goes without it",
            strerrordesc_np(-r));
}

/* Runs in a child that the simulator has forked. It has nothing of what its parent has begun, and begins to
 * be an original of its own with its first eval. */
void original_forked(void)
{
    role_forked();
    watch_forked();
    no_replay = false;
    atomic_store(&first_look, false);
    run.hooks->forked();
    atomic_store(&ending_thread, 0);
    end_is_done = false;
}

static void see_children(void)
{
    static bool sees;

    if (!sees)
        pthread_atfork(NULL, NULL, original_forked);
    sees = true;
}

/* Without a snapshot nobody would ever write what is held back. */
static void release_waveforms(void)
{
    atomic_store(&first_look, true);
    if (keeper_figures()->taken == 0 && run.hooks->wave_release() > 0)
        log_line(LOG_INFO, "the testbench's waveform is not held back any more: there is no snapshot");
}

/* In a child of an original everything begins anew: what is shared, at the place where it was shared with the
 * parent. */
bool original_begin(const struct keeper_hooks *hooks, void (*when_woken)(uint64_t eval))
{
    const bool anew = run.page != NULL;
    int r = shared_page_create(&run.page);

    if (r < 0) {
        log_line(LOG_INFO,
                 "no memory can be shared with snapshots (memfd_create: %s); allow it in the sandbox or "
                 "raise the limits; running without snapshots",
                 strerrordesc_np(-r));
        no_replay = true;
        release_waveforms();
        return false;
    }
    if (!anew)
        shared_memory_add_own(run.page);
    woken = when_woken;
    run.start_ns = clock_ns();
    run.start_used_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (write_is_met())
        output_start();
    match_begin();
    keeper_init(run.page, &run.options, hooks);
    points_begin();
    start_tape();
    role_become(ROLE_ORIGINAL);
    signal_arm();
    see_children();
    threads_handler_listeners.ends_call = answer_is_inside;
    threads_handler_listeners.request = points_request;
    return true;
}

/* --- its evals --- */

bool original_may_come(void)
{
    return !no_replay && !role_was_taken();
}

/* Not where there was no first snapshot; nor for a child. */
static bool may_hold(void)
{
    return role_is_self() && !(atomic_load(&first_look) && keeper_figures()->taken == 0);
}

static void eval_due(uint64_t eval)
{
    match_search(false);
    patience_note_look();
    if (role_is_likely_self()) {
        points_look(eval);
        if (keeper_glance(eval))
            return;
    }
    if (!role_is_self()) { /* a child in our memory */
        run.hooks->due_in(UINT64_MAX);
        return;
    }
    rights_note();
    if (keeper_look(eval))
        woken(eval);
    else
        release_waveforms();
}

static void eval_done(uint64_t eval)
{
    if (role_is_likely_self())
        points_eval_done(eval);
}

static void request(void *argument)
{
    (void)argument;
    points_request();
}

/* Who sends SIGUSR1 wants to see a waveform. A simulator that sends it to itself dies of it, as ever. */
static bool hears(int signal, bool outside, siginfo_t *info, void *ucontext)
{
    (void)info;
    if (signal != SIGUSR1 || !outside)
        return false;
    blocked_call_around(ucontext, request, NULL);
    return true;
}

/* --- its end --- */

/* The end comes by ends() soon: what is to be searched must be written by then; else it is left to libc. */
static bool exits(bool is_abrupt)
{
    if (is_abrupt) {
        match_search_apart();
        return false;
    }
    output_end(); /* what libc will flush is counted in */
    if (match_is_on)
        exit_flush();
    match_search(true);
    return true;
}

/* Is this the thread that ends the process, here for the first time? */
static bool end_begins(void)
{
    pid_t self = kernel_gettid(), other = 0;

    if (atomic_compare_exchange_strong(&ending_thread, &other, self))
        return true;
    while (other != self)
        kernel_ppoll(NULL, 0, NULL); /* for ever: that thread ends us all */
    return false;
}

static bool is_failure(const struct end *end)
{
    return failures_include(&run.options.failures, end) || match_line() != NULL;
}

/* The other threads stand still while the original waits: without us they would be gone already. */
static void do_alone(void (*what)(struct end *end), struct end *end)
{
    const char *why;

    uint64_t mask = signal_mask_block_all();
    int stopped = threads_stop(&why);
    what(end);
    signal_mask_drop_pending(); /* an alarm, a second Ctrl-C: without us they would have come to nobody */
    if (stopped == 0)
        threads_resume();
    signal_mask_restore(mask);
}

static void wake_and_dismiss(struct end *end)
{
    wake_replay(end);
    keeper_dismiss();
}

static void replay_failure(void *argument)
{
    struct end *end = argument;

    end->time = time_beside_ask();
    do_alone(wake_and_dismiss, end);
}

static void finish(struct end *end)
{
    points_finish(end);
}

static void finish_points(void *end)
{
    do_alone(finish, end);
}

/* A fault in what we do at the original's end must not become its end. */
static void end_as_first(void)
{
    const uint64_t nothing = 0;
    const struct kernel_action action = {.handler = (void *)SIG_DFL};

    if (first_end.kind == END_EXIT || first_end.kind == END_FINISH)
        kernel_exit_group(first_end.status);
    kernel_sigaction(first_end.signal, &action, NULL);
    kernel_sigprocmask(SIG_SETMASK, &nothing, NULL);
    kernel_tgkill(kernel_getpid(), kernel_gettid(), first_end.signal);
}

static void report_unsearched(void)
{
    const char *match = match_line() == NULL ? run.options.match : NULL, *trigger = run.options.trigger;

    if (match_lost_bytes() > 0 && (match != NULL || trigger != NULL))
        log_line(LOG_INFO,
                 "%zu bytes of output were not searched for what %s%s%s looks for: there was more "
                 "between two evals than is kept",
                 match_lost_bytes(), match != NULL ? "LIGHTSSS_MATCH" : "",
                 match != NULL && trigger != NULL ? " or " : "", trigger != NULL ? "LIGHTSSS_TRIGGER" : "");
}

static bool ends(struct end *end)
{
    if (end_begins()) {
        first_end = *end;
        report_unsearched();
        if (run.page != NULL)
            atomic_store(&run.page->ending, 1);
        if (points_are_left(end))
            stack_run(finish_points, end);
        points_say_missed();
        if (is_failure(end))
            stack_run(replay_failure, end);
        else
            keeper_dismiss();
        end_is_done = true;
    } else if (!end_is_done && !end->outside) { /* what somebody sent ends it sooner, as without us */
        end_as_first();
    }
    return true;
}

/* Its snapshots would stay parked as that program's children, with all their memory, until it ends. */
static void becomes_other(void)
{
    keeper_lock();
    points_give_up(run.hooks->evals());
    keeper_dismiss();
    keeper_lock_leave();
}

const struct role original_role = {
    .eval_due = eval_due,
    .eval_done = eval_done,
    .may_hold = may_hold,
    .hears = hears,
    .exits = exits,
    .ends = ends,
    .becomes_other = becomes_other,
};
