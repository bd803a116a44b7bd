/* SPDX-License-Identifier: MIT */
/* The waveform of the run directory: by a tracer of the testbench that was held back (play.c works those), or
 * by one of ours, which dumps after every eval. Where Verilator calls something fatal the replay goes on
 * dark. */
#include "wave/waveform.h"
#include "elf/why.h"
#include "model/announce.h"
#include "model/counts.h"
#include "model/dump_time.h"
#include "model/model.h"
#include "model/stop.h"
#include "wave/chosen.h"
#include "wave/fst_block.h"
#include "wave/fst_live.h"
#include "wave/hold.h"
#include "wave/layout.h"
#include "wave/own_tracer.h"
#include "wave/play.h"
#include "wave/traced.h"
#include "wave/tracer.h"
#include "wave/wave_check.h"
#include "wave/wave_files.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CLOSE_PATIENCE   20000u /* tenths of a millisecond: a dump may take long, but not for ever */
#define WAVEFORM_SILENCE 1000   /* evals without a dump of the testbench, and we take over ... */
#define WAVEFORM_SHARE   8      /* ... or such a share of what is to be dumped, where that is less */
#define WAVEFORM_ROUND   16     /* evals of a round, at whose end a testbench may dump */

static struct {
    struct tracer tracer;
    struct hooks_wave_options options;
    char path[PATH_MAX];
    bool waits; /* it ended with its objects, and begins with the next that evals; state.open meanwhile */
    bool late;  /* it begins behind this eval */
    uint64_t opened_eval;
    struct hooks_wave_state state;
    uint64_t step;       /* between the last two times */
    bool spoken;         /* last words were said in this eval */
    bool whole;          /* what was dumped cannot be written out before it is closed */
    unsigned flushed;    /* behind so many evals it is written out */
    atomic_bool closing; /* another thread wants to close: no more dumps */
} wave;

/* --- the tracer --- */

static void lose(void)
{
    wave.state.open = false;
    wave.state.lost = true;
    announce_listen(NULL);
}

static bool guarded(const struct tracer *tracer, void (*work)(const void *argument), const void *argument)
{
    if (tracer_run(tracer, work, argument))
        return true;
    hold_break(tracer->self);
    if (tracer->self == wave.tracer.self)
        lose();
    return false;
}

struct method_call {
    struct tracer tracer;
    enum verilator_symbol method;
    uintptr_t argument;
    bool is_testbench; /* who calls it; last words are ours, whosever the tracer is */
};

/* Can what is dumped be written out in steps? */
static void note_opened(const struct tracer *tracer, const char *path)
{
    if (!tracer_write_alone(tracer) && !fst_live_begin(tracer, path))
        wave.whole = true;
}

static bool may_flush(const struct tracer *tracer)
{
    return !wave.whole && (tracer->format != HOOKS_FORMAT_FST ||
                           fst_block_has_changes(tracer_writer(tracer), tracer_last_time(tracer)));
}

static void call_work(const void *argument)
{
    const struct method_call *call = argument;
    if (call->method == VERILATOR_TRACER_FLUSH && !may_flush(&call->tracer))
        return;
    if (call->method == VERILATOR_TRACER_DUMP && wave.closing && !call->is_testbench)
        return;
    if (call->method == VERILATOR_TRACER_OPEN) {
        chosen_open(&call->tracer, (const char *)call->argument);
        note_opened(&call->tracer, (const char *)call->argument);
        return;
    }
    tracer_call(&call->tracer, call->method, call->argument, 0);
    if (call->method == VERILATOR_TRACER_CLOSE)
        fst_live_end(&call->tracer);
}

static bool run_method(enum verilator_symbol method, uint64_t argument)
{
    const struct method_call call = {wave.tracer, method, argument, false};
    return guarded(&wave.tracer, call_work, &call);
}

static bool on_eval_thread(void)
{
    return pthread_equal(pthread_self(), model_instance()->thread);
}

/* --- dumping --- */

static void note_dump(uint64_t time)
{
    struct hooks_wave_state *state = &wave.state;
    if (state->dumped && time <= state->last_time)
        return; /* Verilator has refused it, or it is the same time again */
    wave.step = state->dumped ? time - state->last_time : 1;
    state->last_time = time;
    state->last_eval = counts_sum();
    if (!state->dumped) {
        state->first_time = time;
        state->first_eval = state->last_eval;
        state->dumped = true;
    }
}

/* Where the simulator's time is hidden from us, the testbench's dumps tell how it goes on. */
static uint64_t time_of_dump(void)
{
    uint64_t time = model_time(wave.options.tick);
    if (wave.state.testbench && wave.state.dumped && !model_time_known())
        return wave.state.last_time + wave.step;
    return time + dump_time_ahead();
}

static void dump(void)
{
    struct hooks_wave_state *state = &wave.state;
    uint64_t time = time_of_dump();
    if (state->dumped && time < state->last_time)
        return;
    if (state->dumped && time == state->last_time && !tracer_step_back(&wave.tracer, time))
        return;
    if (!run_method(VERILATOR_TRACER_DUMP, time) || wave.closing)
        return;
    note_dump(time);
    state->last_eval = counts_sum();
}

static bool may_call_tracer(void)
{
    return wave.state.open && !wave.waits && !wave.late && !tracer_busy() && !wave.closing;
}

/* The time is the primary model's. */
static bool shows_primary(void)
{
    return wave.state.testbench || traced_is_primary();
}

/* Since 5.0 a tracer lets the model's workers dump too. Inside an eval they are busy, and may wait for ever
 * for what the dying thread was to do. A pool without workers makes the tracer do all of it itself. */
static void dump_alone(void)
{
    static _Alignas(64) uint8_t no_workers[4096]; /* a VlThreadPool whose vector of workers is empty */
    void **place;
    if (!layout_pool(&place))
        return;
    void *workers = place != NULL ? *place : NULL;
    if (place != NULL)
        *place = no_workers;
    dump();
    if (place != NULL)
        *place = workers;
}

/* A worker dies while the eval's thread goes on: what that writes meanwhile may be seen or not. Where it is
 * all that there is, it is better than nothing. */
void waveform_last_words(void)
{
    bool may_speak = on_eval_thread() || (!wave.state.dumped && !announce_races());
    if (!may_speak || !may_call_tracer() || wave.spoken || !model_in_eval() || !shows_primary())
        return;
    wave.spoken = true;
    dump_alone();
}

/* --- Verilator's ways to the end --- */

/* An FST writes its block at the next dump. Until it is closed its names are in a second file, FILE.hier,
 * where readers look for them. */
void waveform_flush(void)
{
    if (!may_call_tracer() || !on_eval_thread() || wave.whole)
        return;
    fst_live_update();
    run_method(VERILATOR_TRACER_FLUSH, 0);
    wave.flushed = wave.state.testbench ? 2 : 1;
}

/* By the next dump, which is made at the end of an eval, or by the testbench behind it. */
static void see_flushed(void)
{
    if (wave.flushed && --wave.flushed == 0)
        fst_live_update();
}

/* The end may be near, and Verilator closes every waveform on the way to it. What is written out here
 * cannot fail there: on a full disk it would wait for itself for ever. */
static void tell_end(const struct patch_arguments *arguments)
{
    (void)arguments;
    if (stop_is_under_way()) /* the eval may go on: its values are dumped at its end */
        return;
    waveform_last_words();
    waveform_flush();
}

static void tell_fatal(const struct patch_arguments *arguments)
{
    if (tracer_busy() && on_eval_thread())
        tracer_escape((const char *)arguments->integer[3]);
    tell_end(arguments);
}

/* In a replay only. What cannot be watched costs last words, no more. */
static void watch_ends(void)
{
    struct hooks_why ignored = {""};
    library_watch(model_library(), VERILATOR_FATAL, tell_fatal, &ignored);
    library_watch(model_library(), VERILATOR_STOP, tell_end, &ignored);
    library_watch(model_library(), VERILATOR_RUN_EXIT_CALLBACKS, tell_end, &ignored);
}

/* --- opening and closing --- */

static const struct announce_listener wave_listener;

static void open_work(const void *unused)
{
    (void)unused;
    own_tracer_make();
    chosen_open(&wave.tracer, wave.path);
    wave.whole = false;
    note_opened(&wave.tracer, wave.path);
}

/* A tracer of ours is the one to be made. */
static bool choose_own(void)
{
    /* Models of two libraries need not have been built for the same format. */
    memcpy(strrchr(wave.path, '.'), model_format() == HOOKS_FORMAT_FST ? ".fst" : ".vcd", sizeof ".fst");
    return own_tracer_choose(&wave.tracer);
}

static void look_work(const void *unused)
{
    (void)unused;
    chosen_look(&wave.tracer, own_tracer_make, wave.path);
}

/* Who chooses among the signals is shown them, by a tracer of ours, whosever is going to dump. */
static void look_at_signals(void)
{
    if (chosen_waits() && !tracer_run(&wave.tracer, look_work, NULL))
        chosen_give_up(tracer_complaint());
}

static bool open_file(void)
{
    watch_ends();
    if (!choose_own())
        return false;
    look_at_signals();
    wave.spoken = false;
    wave.waits = false;
    wave.late = false;
    wave.state = (struct hooks_wave_state){.open = true};
    return guarded(&wave.tracer, open_work, NULL);
}

/* Parts of a model are made in its first eval, and before 5.024 a model's trace() asks them without looking
 * whether they are there. */
static bool begins_late(void)
{
    struct object object;
    return model_object(model_instance()->self, &object) && !object.evaluated && model_has_parts() &&
           !model_release()->trace_by_context;
}

/* A tracer of ours. */
static int inject(struct hooks_why *why)
{
    int error = wave_check_layout(why);
    if (!error)
        error = wave_check_path(wave.path, why);
    if (error)
        return error;
    if (begins_late()) {
        wave.late = true;
        wave.state = (struct hooks_wave_state){.open = true};
    } else if (!open_file()) {
        wave.state.lost = false; /* there was nothing yet that could get lost */
        return why_set(why, -EIO, "Verilator refuses the waveform (%s): see its manual on tracing",
                       tracer_complaint());
    }
    announce_listen(&wave_listener);
    return 0;
}

/* A testbench may have its waveform open and not dump at all where it fails. */
static void take_over(void)
{
    struct hooks_why ignored = {""};
    play_stop();
    if (inject(&ignored) == 0)
        dump();
}

/* A tracer that has never dumped is not about to, unless it is known that it does. */
static uint64_t patience(void)
{
    const uint64_t last = wave.options.last_eval;
    if (wave.options.mark != NULL || (play_had_dumped() && !last))
        return WAVEFORM_SILENCE;
    if (!play_had_dumped())
        return WAVEFORM_ROUND;
    const uint64_t share = last > wave.opened_eval ? (last - wave.opened_eval) / WAVEFORM_SHARE : 0;
    return share < WAVEFORM_ROUND ? WAVEFORM_ROUND : share < WAVEFORM_SILENCE ? share : WAVEFORM_SILENCE;
}

/* At the last eval it is better to have that one than none. */
static bool is_silent(void)
{
    const uint64_t evals = counts_sum(), waited = evals - wave.opened_eval;
    const uint64_t least = play_had_dumped() ? WAVEFORM_ROUND : 1;
    return !play_has_dumped() &&
           (waited >= patience() || (waited >= least && evals == wave.options.last_eval));
}

/* Each model of a round is dumped: at one time, the last dump has the values that the round leaves. */
static void after_eval(void *self)
{
    wave.spoken = false;
    if (wave.late && model_instance()->self == self)
        open_file();
    if (!may_call_tracer())
        return;
    if (!wave.state.testbench && traced_has(self) && shows_primary())
        dump();
    else if (wave.state.testbench && is_silent())
        take_over();
    see_flushed();
}

static void note_options(const struct hooks_wave_options *options)
{
    snprintf(wave.path, sizeof wave.path, "%s", options->path);
    wave.options = *options;
    wave.options.path = wave.path;
    wave_files_begin(wave.path, options->later_path);
    wave.options.tick = options->tick ? options->tick : 1;
    wave.whole = false;
    wave.closing = false;
    wave.spoken = false;
    chosen_begin(options->choice);
}

/* The testbench's tracers will be opened, each with what was chosen. */
static void look_for_testbench(void)
{
    if (chosen_waits() && !begins_late() && wave_files_create(wave.path, 0) == 0 && choose_own())
        look_at_signals();
}

static bool call_testbench(const struct tracer *tracer, enum verilator_symbol method, uintptr_t argument)
{
    const struct method_call call = {*tracer, method, argument, true};
    if (!tracer_busy() && on_eval_thread())
        return guarded(tracer, call_work, &call);
    call_work(&call);
    return true;
}

static void adopt(const struct tracer *tracer)
{
    wave.state.open = tracer != NULL;
    if (tracer == NULL)
        return;
    wave.tracer = *tracer;
    wave.state = (struct hooks_wave_state){.open = true, .testbench = true};
    wave.opened_eval = counts_sum();
}

int waveform_open(const struct hooks_wave_options *options, struct hooks_why *why)
{
    static const struct play_listener played = {adopt, note_dump, call_testbench};
    if (wave.state.testbench && wave.state.open)
        return 0; /* it was opened while we waited for it */
    int error = wave.state.open ? why_set(why, -EBUSY, "a waveform is open already: close it first")
                                : wave_check_simulator(why);
    if (error)
        return error;
    watch_ends();
    if (options->anew) {
        play_forget();
        wave_files_remove();
    }
    note_options(options);
    if (options->testbench && !play_was_for_once() && hold_is_of_primary() &&
        !(options->mark != NULL && *options->mark == hold_mark())) {
        look_for_testbench();
        play_start(wave.path, &played);
        announce_listen(&wave_listener);
        if (wave.state.testbench && wave.state.open)
            return 0;
        if (counts_sum() <= 1 && model_instance()->methods[VERILATOR_MODEL_DUMPVARS])
            return why_set(why, -EAGAIN, "the design opens its waveform in the first eval: wait for it");
        play_stop();
        announce_listen(NULL);
    }
    if (model_is_minor() && !announce_races())
        return why_set(why, -EAGAIN, "another model evals more often: wait for it");
    return inject(why);
}

/* The thread that ends the process need not be the one that dumps. */
static void wait_for_dump(void)
{
    const struct timespec pause = {0, 100000};
    wave.closing = true;
    for (unsigned i = 0; i < CLOSE_PATIENCE && tracer_busy() && !on_eval_thread(); i++)
        nanosleep(&pause, NULL);
}

/* Verilator may have closed it before us on its way to the end: its close() notices. From inside a
 * dump there is no way to close: the tracer's mutex is taken. */
void waveform_close(void)
{
    wait_for_dump();
    if (tracer_busy())
        return;
    play_stop();
    if (wave.state.open && !wave.waits && !wave.late)
        run_method(VERILATOR_TRACER_CLOSE, 0);
    wave.state.open = false;
    announce_listen(NULL);
}

/* --- objects that come and go --- */

/* A testbench that deletes its model and makes a new one, or goes on with another one, begins a new waveform.
 */
static void before_eval(void *self)
{
    if (!wave.state.open || wave.state.testbench || wave.late)
        return;
    traced_note_eval(self);
    if (model_instance()->self != self)
        return;
    if (!wave.waits && may_call_tracer() && !announce_races())
        wave.waits = !traced_has(self) && traced_gives_way_to(self) && run_method(VERILATOR_TRACER_CLOSE, 0);
    if (!wave.waits)
        return;
    wave_files_next();
    chosen_begin(wave.options.choice);
    open_file();
}

/* A dump would look into memory that is no model any more. */
static void object_gone(void *self)
{
    if (wave.state.testbench || !may_call_tracer() || !traced_has(self))
        return;
    wave.waits = true;
    run_method(VERILATOR_TRACER_CLOSE, 0);
}

/* Of those that the testbench's tracer shows nothing is known. */
static bool is_wanted(void *self)
{
    return !wave.state.open || wave.state.testbench || wave.waits || wave.late || traced_has(self) ||
           (!announce_races() && traced_gives_way_to(self));
}

static const struct announce_listener wave_listener = {before_eval, after_eval, object_gone, is_wanted};

void waveform_state(struct hooks_wave_state *state)
{
    *state = wave.state;
    state->as_dumped = state->testbench || dump_time_known();
}
