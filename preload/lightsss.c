/* SPDX-License-Identifier: MIT */
/* The table of contents of liblightsss.so. Constructor, and each dlopen: is there a model in this process?
 * Then options, hooks, and the entry of eval is patched (attach). First eval: this process is the original;
 * from here on snapshots are taken and every end is seen. A woken copy goes on as the replay. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

#include "attach/attach.h"
#include "attach/doctor.h"
#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "ends/ends.h"
#include "interpose/handled.h"
#include "interpose/signal.h"
#include "interpose/write.h"
#include "original/request.h"
#include "record/input.h"
#include "record/input_call.h"
#include "record/match.h"
#include "record/output.h"
#include "record/retell.h"
#include "record/time_log.h"
#include "record/undo.h"
#include "replay/asked.h"
#include "replay/orphan.h"
#include "replay/parked.h"
#include "replay/partner.h"
#include "replay/replay.h"
#include "replay/wake_call.h"
#include "restore/files.h"
#include "restore/rights.h"
#include "run/patience.h"
#include "run/role.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/descriptors.h"
#include "snapshot/keeper.h"
#include "snapshot/shared_memory.h"
#include "snapshot/threads/threads_handler.h"

static bool no_replay;         /* there can be no snapshots, and so no replay */
static atomic_bool first_look; /* it is known whether there was a first snapshot */

static void snapshot_begins(uint64_t number)
{
    time_log_snapshot_begins(number);
    input_snapshot_begins(number);
}

static void snapshot_done(uint64_t oldest)
{
    time_log_snapshot_done(oldest);
    input_snapshot_done(oldest);
}

static void start_input(void)
{
    time_log_start();
    int r = input_start();

    if (r < 0)
        log_line(
            LOG_INFO,
            "no memory can be had to record what the simulator reads from pipes and sockets (%s); raise the "
            "limits; a replay goes without it",
            strerrordesc_np(-r));
}

/* What a copy could not find out any more. */
static int before_copy(void)
{
    int r = descriptors_take();

    if (r < 0)
        return r;
    run.hooks->freeze();
    shared_memory_take();
    undo_take();
    run.group = (pid_t)raw_syscall1(SYS_getpgid, 0);
    parked_before_copy(); /* its own descriptor is not on that list */
    return 0;
}

static int in_copy(void)
{
    parked_in_copy();
    input_in_copy();
    return files_let_go();
}

/* Runs in a child that the simulator has forked. It has nothing of what its parent has begun, and begins to
 * be an original of its own with its first eval. */
static void in_forked_child(void)
{
    role_forked();
    no_replay = false;
    atomic_store(&first_look, false);
    run.hooks->forked();
    ends_forked();
}

static void see_children(void)
{
    static bool sees;

    if (!sees)
        pthread_atfork(NULL, NULL, in_forked_child);
    sees = true;
}

/* Once: a child that is forked would say the same. */
static void check_directory(void)
{
    static bool checked;
    int r = checked || doctor_is_here() ? 0 : run_directory_check();

    checked = true;
    if (r < 0)
        log_line(LOG_INFO,
                 "a failure would leave no waveform: there can be no run directory in %s (%s); set "
                 "LIGHTSSS_DIR to "
                 "a place that can be written to",
                 run.base_directory, strerrordesc_np(-r));
}

/* The first eval: the process that runs it is an original, which need not be the one that was started (a
 * testbench may fork and simulate in its children). In a child of an original everything begins anew: what is
 * shared, at the place where it was shared with the parent. */
static void become_original(void)
{
    const struct keeper_hooks hooks = {
        .due_in = run.hooks->due_in,
        .time = run_time,
        .copy = {.before_copy = before_copy,
                 .after_copy = parked_after_copy,
                 .in_copy = in_copy,
                 .orphaned = orphan_replays,
                 .asked = asked_begins,
                 .asked_in_vain = asked_fails,
                 .spare = partner_wants_spare},
        .evals = run.hooks->evals,
        .begins = snapshot_begins,
        .done = snapshot_done,
    };
    const bool anew = run.page != NULL;
    int r = shared_page_create(&run.page);

    if (r < 0) {
        log_line(LOG_INFO,
                 "no memory can be shared with snapshots (memfd_create: %s); allow it in the sandbox or "
                 "raise the limits; running without snapshots",
                 strerrordesc_np(-r));
        run.hooks->due_in(UINT64_MAX);
        no_replay = true;
        return;
    }
    if (!anew)
        shared_memory_keep(run.page);
    run.start_ns = clock_ns();
    if (write_is_met())
        output_keep();
    match_begin();
    keeper_init(run.page, &run.options, &hooks);
    start_input();
    role_become(ROLE_ORIGINAL);
    signal_arm();
    wake_call_prepare();
    check_directory();
    see_children();
    threads_handler_set_call_ender(input_call_is_inside);
    threads_handler_set_request(request_send);
}

/* Asked whenever the testbench opens a waveform. It is held back until the first snapshot shows whether there
 * can be a replay, and from then on where there can. */
static bool on_may_hold(const char *path)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;

    if (!run.options.hold || run.options.wave == WAVE_OFF || no_replay)
        return false;
    if (role_was_taken() && !role_is_self())
        return false;
    if (role_kind() == ROLE_ORIGINAL && atomic_load(&first_look) && keeper_figures()->taken == 0)
        return false;
    if (!atomic_flag_test_and_set(&said))
        log_line(
            LOG_INFO,
            "the testbench's waveform %s is held back, its values are written by the replay of a failure; "
            "LIGHTSSS_HOLD=0 leaves it alone",
            path);
    return true;
}

/* Without a snapshot nobody would ever write what is held back. */
static void release_waveforms(void)
{
    atomic_store(&first_look, true);
    if (keeper_figures()->taken == 0 && run.hooks->wave_release() > 0)
        log_line(LOG_INFO, "the testbench's waveform is not held back any more: there is no snapshot");
}

static void look_at_eval(uint64_t eval)
{
    if (!role_was_taken())
        become_original();
    if (!role_is_self()) /* nothing works, or a child that was made by a raw system call */
        run.hooks->due_in(UINT64_MAX);
    else if (role_kind() == ROLE_REPLAY)
        replay_eval_due(eval);
    else {
        match_search(false);
        rights_note();
        patience_note_look();
        handled_evals_here();
        if (keeper_look(eval))
            replay_begin(eval);
    }
    if (role_is_original() || no_replay)
        release_waveforms();
}

/* Errno is the simulator's. */
static void on_eval_due(uint64_t eval)
{
    int error = errno;

    look_at_eval(eval);
    errno = error;
}

static void on_eval_done(uint64_t eval)
{
    int error = errno;

    if (role_kind() == ROLE_REPLAY) {
        retell_done(eval);
        replay_eval_done(eval);
    }
    errno = error;
}

__attribute__((constructor)) static void lightsss_start(void)
{
    static const struct hooks_events events = {on_eval_due, on_eval_done,
                                               on_may_hold}; /* the hooks keep it */

    run.forked = in_forked_child;
    attach_start(&events, &doctor_observer);
    doctor_end();
}

__attribute__((destructor)) static void lightsss_end(void)
{
    attach_end();
}
