/* SPDX-License-Identifier: MIT */
/* The one exported function: what hooks.h promises, and which module keeps each promise. */
#include "elf/functions.h"
#include "elf/image.h"
#include "elf/loaded.h"
#include "elf/scope.h"
#include "elf/stock.h"
#include "hooks.h"
#include "model/announce.h"
#include "model/counts.h"
#include "model/eval_calls.h"
#include "model/eval_frames.h"
#include "model/evals.h"
#include "model/library.h"
#include "model/model.h"
#include "model/objects.h"
#include "model/simtime.h"
#include "model/stop.h"
#include "patch/exceptions.h"
#include "patch/replace.h"
#include "wave/hold.h"
#include "wave/play.h"
#include "wave/tracer.h"
#include "wave/wave_check.h"
#include "wave/wave_files.h"
#include "wave/waveform.h"

#include <pthread.h>
#include <stdatomic.h>

/* Threads that held something here are not in the child. Its evals are not those of its parent. */
static void forked(void)
{
    counts_forked();
    evals_forked();
    announce_forked();
    objects_forked();
    stock_forked();
    library_forked();
    hold_forked();
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forked);
}

static void freeze(void)
{
    eval_calls_redirect();
    counts_freeze();
}

static int install(const struct hooks_events *events, struct hooks_why *why)
{
    static atomic_flag is_watched = ATOMIC_FLAG_INIT;
    exceptions_prepare();
    if (!atomic_flag_test_and_set(&is_watched))
        watch_forks();
    int error = announce_install(events, why);
    if (!error)
        hold_install(events);
    return error;
}

__attribute__((visibility("default"))) const struct hooks *lightsss_hooks(void)
{
    static const struct hooks hooks = {
        .program = image_program,
        .scope = scope_know,
        .find = model_find,
        .install = install,
        .evals = counts_sum,
        .races = announce_races,
        .take_turns = announce_take_turns,
        .due_in = evals_due_in,
        .simtime = model_time,
        .time_call_by = simtime_call_by,
        .in_eval = model_in_eval,
        .interrupted = eval_frames_look,
        .freeze = freeze,
        .thaw = counts_thaw,
        .forked = forked,
        .calls_by_entry = eval_calls_by_entry,
        .counts = counts_memory,
        .stop_watch = stop_watch,
        .wave_release = hold_release,
        .wave_mark = hold_mark,
        .wave_mute = hold_mute,
        .wave_open = waveform_open,
        .wave_last_words = waveform_last_words,
        .wave_flush = waveform_flush,
        .wave_close = waveform_close,
        .wave_may_begin_anew = play_may_begin_anew,
        .wave_bytes = wave_files_bytes,
        .wave_remove = wave_files_remove,
        .wave_remove_others = wave_files_remove_others,
        .wave_state = waveform_state,
        .wave_at_work = tracer_busy_here,
        .wave_makes_file = wave_files_makes_file,
        .wave_leave = tracer_leave,
        .wave_blame = wave_check_blame,
        .replace_prepare = replace_prepare,
        .replace_commit = replace_commit,
        .replace_covers = replace_covers,
        .format = model_format,
        .site = model_site,
        .functions = functions_each,
        .elsewhere = loaded_elsewhere,
    };
    return &hooks;
}
