/* SPDX-License-Identifier: MIT */
/* The table of contents of liblightsss.so. Constructor, and each dlopen: is there a model in this process?
 * Then options, hooks, and the entry of eval is patched (attach). First eval: this process is the original;
 * from here on snapshots are taken and every end is seen. A woken copy goes on as the replay. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "attach/attach.h"
#include "attach/doctor.h"
#include "base/kernel.h"
#include "base/log.h"
#include "original/original.h"
#include "original/points.h"
#include "record/renames.h"
#include "record/tape.h"
#include "record/time_log.h"
#include "record/undo.h"
#include "replay/again.h"
#include "replay/asked.h"
#include "replay/kept_copy.h"
#include "replay/orphan.h"
#include "replay/parked.h"
#include "replay/replay.h"
#include "replay/wake_call.h"
#include "restore/files.h"
#include "run/role.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/descriptors.h"
#include "snapshot/keeper.h"
#include "snapshot/shared_memory.h"
#include "snapshot/shelf.h"

/* --- snapshots, in the original and in the copy --- */

static void snapshot_begins(unsigned place)
{
    time_log_snapshot_begins(place);
    tape_snapshot_begins(place);
}

static void snapshot_done(int oldest)
{
    time_log_snapshot_done(oldest);
    tape_snapshot_done(oldest);
}

static enum shelf_input snapshot_input(unsigned place)
{
    if (tape_is_lost(place))
        return SHELF_INPUT_LOST;
    return tape_is_long(place) ? SHELF_INPUT_LONG : SHELF_INPUT_WHOLE;
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
    renames_take();
    pid_t group = (pid_t)raw_syscall1(SYS_getpgid, 0);
    if (group != run.group) /* a page that is not written need not be copied */
        run.group = group;
    parked_before_copy(); /* its own descriptor is not on that list */
    return 0;
}

static int in_copy(void)
{
    parked_in_copy();
    tape_in_copy();
    return files_let_go();
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

/* The first eval. Returns false where there can be no replay. */
static bool begin(void)
{
    const struct keeper_hooks hooks = {
        .due_in = points_due_in,
        .simtime = run_time,
        .copy = {.before_copy = before_copy,
                 .after_copy = parked_after_copy,
                 .in_copy = in_copy,
                 .in_copy_of_copy = files_part,
                 .orphaned = orphan_replays,
                 .asked = asked_begins,
                 .asked_in_vain = asked_fails,
                 .spare = again_wants_spare,
                 .kept = doctor_is_here() ? NULL : &kept_copy_side},
        .evals = run.hooks->evals,
        .begins = snapshot_begins,
        .done = snapshot_done,
        .input = snapshot_input,
    };

    if (!original_begin(&hooks, replay_begin))
        return false;
    wake_call_prepare();
    check_directory();
    return true;
}

/* --- who is neither the original nor a replay --- */

/* Where nothing works, and in a child that was made by a raw system call, there is nothing to do at an eval.
 */
static void first_eval_due(uint64_t eval)
{
    if (original_may_come() && begin())
        role()->eval_due(eval);
    else
        run.hooks->due_in(UINT64_MAX);
}

static const struct role bystander_role = {
    .eval_due = first_eval_due,
    .may_hold = original_may_come,
};

/* --- what the hooks tell --- */

/* Errno is the simulator's. */
static void on_eval_due(uint64_t eval)
{
    int error = errno;

    role()->eval_due(eval);
    if (errno != error)
        errno = error;
}

static void on_eval_done(uint64_t eval)
{
    void (*done)(uint64_t eval) = role()->eval_done;
    int error = errno;

    if (done != NULL)
        done(eval);
    if (errno != error)
        errno = error;
}

/* Asked whenever the testbench opens a waveform. It is held back until the first snapshot shows whether there
 * can be a replay, and from then on where there can. */
static bool on_may_hold(const char *path)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;

    if (!run.options.hold || run.options.wave == WAVE_OFF || !role()->may_hold())
        return false;
    if (!atomic_flag_test_and_set(&said))
        log_line(
            LOG_INFO,
            "the testbench's waveform %s is held back, its values are written by the replay of a failure; "
            "LIGHTSSS_HOLD=0 leaves it alone",
            path);
    return true;
}

__attribute__((constructor)) static void lightsss_start(void)
{
    static const struct hooks_events events = {on_eval_due, on_eval_done, on_may_hold};

    role_introduce(ROLE_BYSTANDER, &bystander_role);
    role_introduce(ROLE_AWAITED, &bystander_role);
    role_introduce(ROLE_ORIGINAL, &original_role);
    role_introduce(ROLE_REPLAY, &replay_role);
    run.forked = original_forked;
    attach_start(&events, &doctor_observer);
    doctor_end();
}

__attribute__((destructor)) static void lightsss_end(void)
{
    attach_end();
}
