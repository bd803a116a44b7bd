/* SPDX-License-Identifier: MIT */
/* See replay.h. */
#define _GNU_SOURCE
#include "replay/replay.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "interpose/exit.h"
#include "record/match.h"
#include "record/output.h"
#include "record/renames.h"
#include "record/retell.h"
#include "record/tape.h"
#include "record/time_log.h"
#include "record/told_time.h"
#include "record/watch.h"
#include "replay/ask_time.h"
#include "replay/beyond.h"
#include "replay/dark.h"
#include "replay/dumping.h"
#include "replay/finish.h"
#include "replay/goal.h"
#include "replay/kept_files.h"
#include "replay/kept_line.h"
#include "replay/orphan.h"
#include "replay/parked.h"
#include "replay/partner.h"
#include "replay/progress.h"
#include "replay/stand.h"
#include "replay/tracer_crash.h"
#include "replay/wake_call.h"
#include "replay/where.h"
#include "restore/affinity.h"
#include "restore/files.h"
#include "restore/mappings.h"
#include "restore/rights.h"
#include "restore/written_files.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "sandbox/sandbox.h"
#include "snapshot/keeper.h"
#include "snapshot/keeper_lock.h"
#include "snapshot/threads/blocked_call.h"
#include "snapshot/threads/threads_handler.h"
#include "snapshot/threads/threads_signal.h"

/* exit() runs this before the handlers that the simulator has registered so far and before its statics are
 * destroyed: the tracer is still whole. */
static void close_at_exit(int status, void *unused)
{
    (void)status;
    (void)unused;
    dumping_close();
}

/* The core of the run is the original's. And a replay, whose time of the processor begins with its snapshot,
 * is slower: what warned the original at some time would end its replay too early, or not at all. */
static void set_own_limits(void)
{
    const struct rlimit no_core = {0, 0};
    struct rlimit time;

    kernel_setrlimit(RLIMIT_CORE, &no_core);
    if (kernel_getrlimit(RLIMIT_CPU, &time) < 0)
        return;
    time.rlim_cur = time.rlim_max;
    kernel_setrlimit(RLIMIT_CPU, &time);
}

/* Which the original may not have known. */
static void note_time(void)
{
    struct shared_slot *slot = shared_page_slot(run.page, run.pid);

    if (slot->time == END_TIME_UNKNOWN)
        slot->time = run_time();
}

static void eval_due(uint64_t eval)
{
    const struct end *original = &run.page->end;

    finish_if_asked();
    kept_line_draw();
    goal_due(eval);
    retell_before(eval); /* its handler may be what ended the original */
    if (eval > original->eval && !run.page->races && !beyond_includes(eval)) {
        const struct end end = {.kind = END_NONE, .eval = eval};
        finish_with(&end);
    }
    if (eval == original->eval) {
        atomic_store(&run.page->replay.last_due_ns, clock_ns());
        orphan_watch();
    }
    run.hooks->due_in(dark_due(stand_due(eval, retell_due(eval, dumping_due(eval)))));
    if (eval == original->eval)
        beyond_prepare();
}

static void eval_done(uint64_t eval)
{
    struct end *original = &run.page->end;
    struct shared_replay *replay = &run.page->replay;

    retell_done(eval);
    goal_look(eval);
    atomic_store_explicit(&replay->eval, eval, memory_order_relaxed);
    if (replay->dumping_ns == 0 && dumping_is_on() && run_wave().dumped)
        replay->dumping_ns = clock_ns();
    if (eval + 1 == original->eval) /* a failure may leave a heap with which nothing can be closed */
        run.hooks->wave_flush();
    else
        progress_look();
    kept_line_draw();
    kept_files_look();
    dumping_look(eval);
    finish_if_asked();
    stand_done(eval);
    if (eval == run.page->stop_eval && !run_wave().testbench)
        finish_for_partner();
    if (!original->outside || eval < original->eval)
        return;
    if (original->time == END_TIME_UNKNOWN)
        original->time = run_time();
    /* The testbench dumps by itself, behind the eval: it goes on to the next one. */
    if (!run_wave().testbench && original->kind != END_HANG)
        finish_with(original);
}

/* --- it begins --- */

static uint64_t taken_ns(void)
{
    return shared_page_slot(run.page, run.pid)->taken_ns;
}

static int wake_up(void)
{
    raw_syscall2(SYS_prctl, PR_SET_PDEATHSIG, THREADS_SIGNAL);
    set_own_limits();
    parked_yield();
    int r = run.hooks->thaw();
    run.hooks->wave_mute();
    if (!shared_page_is_again(run.page))
        run.page->replay.start_ns = clock_ns();
    atomic_store(&run.page->replay.state, REPLAY_WOKEN);
    return r;
}

static int find_directory(void)
{
    output_compare();
    match_leave();
    watch_end();
    return run_directory_pin();
}

static int take_tape(void)
{
    orphan_reserve();
    int r = time_log_begin_replay();
    return r < 0 ? r : tape_begin_replay();
}

static int take_memory(void)
{
    partner_begin();
    int r = mappings_set_back(taken_ns());
    written_files_begin();
    return r;
}

static int go_on_behind_walls(void)
{
    files_seal();
    stand_prepare();
    sandbox_enter(renames_taken_ns());
    told_time_wake(keeper_taken_ns());
    affinity_begin();
    return keeper_revive();
}

/* In this order, and where one cannot be done, there is no replay. */
static const struct step {
    int (*run)(void);
    const char *refusal;
} steps[] = {
    /* before the signal that the next one asks for: it would be forgotten */
    {rights_take, "the rights that the run has given up cannot be given up"},
    {wake_up, "its evals cannot be counted"},
    {find_directory, "its run directory cannot be found"},
    {take_tape, "the input that it needs cannot be copied"},
    {files_set_back, "its output cannot be redirected to the run directory"},
    {take_memory, "memory that it shares with others cannot be made private"},
    {go_on_behind_walls, "a thread cannot be made anew"},
};

void replay_begin(uint64_t eval)
{
    role_become(ROLE_REPLAY);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int r = steps[i].run();
        if (r < 0)
            finish_in_vain(steps[i].refusal, r);
    }
    threads_handler_listeners.kernel_signal = finish_on_signal;
    ask_time_here();
    note_time();
    orphan_watch();
    partner_watch();
    on_exit(close_at_exit, NULL);
    dumping_begin(eval);
    if (run.page->end.kind == END_HANG)
        where_prepare();
    wake_call_make();
    eval_due(eval);
}

/* --- where it meets the world --- */

/* What is held back in the original is written here. */
static bool may_hold(void)
{
    return true;
}

/* A signal that somebody sends to a whole process group (Ctrl-C, a batch system) reaches the replay too. The
 * original decides what it means: it ends the replay when nobody wants to wait any more. Limits are the
 * replay's own. */
static bool is_for_original(int signal, bool outside)
{
    return outside && signal != SIGXCPU && signal != SIGXFSZ;
}

static void do_nothing(void *argument)
{
    (void)argument;
}

/* One that was told to a handler which is gone by now: the original had it before. */
static bool is_told_late(int signal, siginfo_t *info)
{
    bool is_told = retell_is_told(signal, info);

    if (is_told)
        retell_handled();
    return is_told;
}

static bool hears(int signal, bool outside, siginfo_t *info, void *ucontext)
{
    if (is_for_original(signal, outside) || is_told_late(signal, info)) {
        blocked_call_around(ucontext, do_nothing, NULL);
        return true;
    }
    if (!outside)
        tracer_crash_leave(signal, ucontext);
    return false;
}

/* It ends otherwise: see sandbox/process.c. */
static bool exits(bool is_abrupt)
{
    retell_rest();
    if (!is_abrupt) {
        output_end();
        exit_flush();
        kept_files_note_exit();
    }
    return false;
}

static bool ends(struct end *end)
{
    if (is_for_original(end->signal, end->outside)) { /* and the replay may need this thread */
        keeper_lock_leave();
        return false;
    }
    if (!finish_is_under_way()) /* what breaks in the last steps is the failure's work */
        tracer_crash_note();
    end->eval -= retell_is_before(); /* that one is announced and has not begun */
    finish_with(end);
}

const struct role replay_role = {
    .eval_due = eval_due,
    .eval_done = eval_done,
    .may_hold = may_hold,
    .hears = hears,
    .exits = exits,
    .ends = ends,
    .stop = finish_stop,
};
