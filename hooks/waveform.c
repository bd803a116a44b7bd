/* SPDX-License-Identifier: MIT */
/* The tracer's C++ object lives in zeroed memory of ours and is worked through out-of-line functions of
 * the simulator. Verilator's answer to any trouble is vl_fatal(), which ends the process; while we are
 * inside the tracer its entry takes us back out instead (guard), and the replay goes on dark. */
#include "waveform.h"
#include "layout.h"
#include "model.h"
#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAVEFORM_OBJECT_SIZE 65536 /* the largest tracer known takes 1 KiB */
#define WAVEFORM_VTABLE_SIZE 34
#define CLOSE_PATIENCE       20000u /* tenths of a millisecond: a dump may take long, but not for ever */
#define WAVEFORM_LEVELS      99     /* an argument of trace() that Verilator ignores */

static struct {
    _Alignas(64) uint8_t object[WAVEFORM_OBJECT_SIZE]; /* VerilatedVcdC or VerilatedFstC */
    uint8_t *tracer;                                   /* the VerilatedVcd or VerilatedFst in it */
    uintptr_t vtable[WAVEFORM_VTABLE_SIZE];
    enum hooks_format format;
    struct model_object traced[OBJECTS_LIMIT];
    size_t traced_count;
    struct hooks_wave_options options;
    char path[PATH_MAX];
    unsigned ended; /* waveforms of objects that were deleted */
    bool waits;     /* ... and the next one begins with the next object that evals; state.open meanwhile */
    bool late;      /* the waveform begins behind this eval */
    uint64_t tick;
    struct hooks_wave_state state;
    bool spoken; /* last words were said in this eval */

    atomic_bool guarded; /* we are inside the tracer, `escape` leads out */
    atomic_bool closing; /* another thread wants to close: no more dumps */
    sigjmp_buf escape;
    char complaint[160]; /* what vl_fatal() was told */
} wave;

/* Calls a method of the tracer; arguments that the method does not take do no harm. */
static void tracer_call(enum verilator_symbol method, uintptr_t first, uintptr_t second)
{
    uintptr_t address = model_symbol(verilator_abi_tracer(method, wave.format));
    if (address)
        ((void (*)(void *, uintptr_t, uintptr_t))address)(wave.tracer, first, second);
}

/* --- the guard --- */

static void guard_leave(atomic_bool *const *guarded)
{
    **guarded = false;
}

/* After an escape the tracer's mutex stays locked: nobody may call it again, nor Verilator when it
 * flushes and closes everything at the end. */
static void tracer_abandon(void)
{
    static const enum verilator_symbol callbacks[2][2] = {
        {VERILATOR_REMOVE_FLUSH, VERILATOR_TRACER_ON_FLUSH},
        {VERILATOR_REMOVE_EXIT, VERILATOR_TRACER_ON_EXIT},
    };
    wave.state.open = false;
    model_listen(NULL);
    for (int i = 0; i < 2; i++) {
        uintptr_t remove = model_symbol(callbacks[i][0]);
        uintptr_t callback = model_symbol(verilator_abi_tracer(callbacks[i][1], wave.format));
        if (remove && callback)
            ((void (*)(uintptr_t, void *))remove)(callback, wave.tracer);
    }
}

/* Runs work() inside the tracer. False: Verilator called it fatal; the tracer is gone. */
static bool guard_run(void (*work)(const void *argument), const void *argument)
{
    __attribute__((cleanup(guard_leave), unused)) atomic_bool *const guarded = &wave.guarded;
    if (sigsetjmp(wave.escape, 0) != 0) {
        tracer_abandon();
        return false;
    }
    wave.guarded = true;
    work(argument);
    return true;
}

static bool on_eval_thread(void)
{
    return pthread_equal(pthread_self(), model_instance()->thread);
}

/* --- dumping --- */

/* The tracer refuses a time that is not after the last one, but two evals may share one: the last is
 * put back by one. Where it is not found in its place nothing is written and the dump is left out. */
static bool tracer_step_back(uint64_t time)
{
    const struct verilator_release *release = model_release();
    uint8_t *place = wave.tracer + release->tracer_last;
    uint64_t last;
    memcpy(&last, place, sizeof(last));
    if (last != time)
        return false;
    if (last == 0) {
        if (release->tracer_last_flag) {
            if (place[sizeof(last)] != 1)
                return false;
            place[sizeof(last)] = 0;
        }
        return true;
    }
    last--;
    memcpy(place, &last, sizeof(last));
    return true;
}

static void dump_work(const void *time)
{
    if (wave.closing)
        return;
    tracer_call(VERILATOR_TRACER_DUMP, *(const uint64_t *)time, 0);
}

static void dump(void)
{
    struct hooks_wave_state *state = &wave.state;
    uint64_t time = model_time(wave.tick);
    if (state->dumped && time < state->last_time)
        return;
    if (state->dumped && time == state->last_time && !tracer_step_back(time))
        return;
    if (!guard_run(dump_work, &time) || wave.closing)
        return;
    state->last_time = time;
    state->last_eval = model_evals();
    if (!state->dumped) {
        state->first_time = time;
        state->first_eval = state->last_eval;
        state->dumped = true;
    }
}

static bool is_traced(const void *self)
{
    for (size_t i = 0; i < wave.traced_count; i++)
        if (wave.traced[i].self == self)
            return true;
    return false;
}

static bool may_call_tracer(void)
{
    return wave.state.open && !wave.waits && !wave.late && !wave.guarded && !wave.closing;
}

/* Each model of a round is dumped: at one time, the last dump has the values that the round leaves. */
static bool open_file(void);

static void after_eval(void *self)
{
    wave.spoken = false;
    if (wave.late && model_instance()->self == self)
        open_file();
    if (may_call_tracer() && is_traced(self))
        dump();
}

/* Since 5.0 a tracer lets the model's workers dump too. Inside an eval they are busy, and may wait for ever
 * for what the dying thread was to do. A pool without workers makes the tracer do all of it itself. */
static void dump_alone(void)
{
    static _Alignas(64) uint8_t no_workers[4096]; /* a VlThreadPool whose vector of workers is empty */
    void **place;
    if (!layout_pool(&place))
        return;
    void *workers = place ? *place : NULL;
    if (place)
        *place = no_workers;
    dump();
    if (place)
        *place = workers;
}

void waveform_last_words(void)
{
    if (!may_call_tracer() || wave.spoken || !model_in_eval() || !on_eval_thread())
        return;
    wave.spoken = true;
    dump_alone();
}

/* --- Verilator's ways to the end --- */

static void flush_work(const void *unused)
{
    (void)unused;
    tracer_call(VERILATOR_TRACER_FLUSH, 0, 0);
}

/* The end may be near, and Verilator closes every waveform on the way to it. What is written out here
 * cannot fail there: on a full disk it would wait for itself for ever. */
static void tell_end(const struct patch_arguments *arguments)
{
    (void)arguments;
    waveform_last_words();
    if (may_call_tracer() && on_eval_thread())
        guard_run(flush_work, NULL);
}

static void tell_fatal(const struct patch_arguments *arguments)
{
    if (wave.guarded && on_eval_thread()) {
        snprintf(wave.complaint, sizeof(wave.complaint), "%s", (const char *)arguments->integer[3]);
        siglongjmp(wave.escape, 1);
    }
    tell_end(arguments);
}

/* In a replay only. What cannot be watched costs last words, no more. */
static void watch_ends(void)
{
    static bool watched;
    struct hooks_why ignored = {""};
    if (watched)
        return;
    watched = true;
    model_watch(VERILATOR_FATAL, tell_fatal, &ignored);
    model_watch(VERILATOR_STOP, tell_end, &ignored);
    model_watch(VERILATOR_RUN_EXIT_CALLBACKS, tell_end, &ignored);
}

/* --- opening and closing --- */

static int stub_false(void)
{
    return 0;
}

static const char newer[] = "Verilator %s is newer than this library and works in another way: update it";

static int check_simulator(struct hooks_why *why)
{
    const struct verilator_release *release = model_release();
    const struct model_instance *instance = model_instance();
    if (wave.state.open)
        return why_set(why, -EBUSY, "a waveform is open already: close it first");
    if (model_in_eval())
        return why_set(why, -EBUSY, "no waveform can be opened inside an eval: wait until it has returned");
    if (!instance->self)
        return why_set(why, -EAGAIN, "no waveform before the first eval: wait for it");
    if (model_format() == HOOKS_FORMAT_NONE && !layout_known())
        return why_set(why, -ENOTSUP, newer, model_release_name());
    if (model_format() == HOOKS_FORMAT_NONE)
        return why_set(why, -ENOTSUP,
                       "the simulator has no tracer: rebuild it with verilator --trace or --trace-fst");
    if (!release)
        return why_set(why, -ENOTSUP,
                       "the simulator does not tell its Verilator release: rebuild it with 4.038 or newer");
    if (release->context_unused && (!instance->context || !model_symbol(VERILATOR_CONTEXT_UNUSED)))
        return why_set(why, -ENOTSUP,
                       "Verilator %s hides its context: rebuild the simulator with 5.006 or newer",
                       model_release_name());
    return 0;
}

/* Verilator says nothing when it cannot create the file: so it is done here first. */
static int check_path(const char *path, struct hooks_why *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0)
        return why_set(why, -errno, "cannot create %.150s (%s): choose another LIGHTSSS_DIR", path,
                       strerror(errno));
    close(fd);
    return 0;
}

/* Levels are counted from Verilator's own scope above the top module, "TOP". */
static void limit_depth(unsigned depth)
{
    const struct model_instance *instance = model_instance();
    const char *(*name)(void *) = (const char *(*)(void *))instance->methods[VERILATOR_MODEL_NAME];
    struct { /* std::string of libstdc++, not owning its text */
        const char *text;
        size_t length;
        char local[16];
    } scope = {.text = name ? name(instance->self) : "TOP"};
    scope.length = strlen(scope.text);
    if (depth && scope.length)
        tracer_call(VERILATOR_TRACER_DUMPVARS, depth + 1, (uintptr_t)&scope);
}

static void probe_work(const void *unused)
{
    (void)unused;
    layout_probe(wave.format);
}

/* A release that the table does not know is asked itself. */
static int check_layout(struct hooks_why *why)
{
    wave.format = model_format();
    if (!layout_known())
        guard_run(probe_work, NULL);
    return layout_known() ? 0 : why_set(why, -ENOTSUP, newer, model_release_name());
}

/* The object as C++ would have made it. From 5.024 on it is looked at with dynamic_cast, so it gets a
 * vtable, whose only true entry is the type; every method in it answers false. */
static void construct(void)
{
    const struct verilator_release *release = model_release();
    memset(wave.object, 0, sizeof(wave.object));
    wave.tracer = wave.object + release->tracer;
    if (release->trace_by_context) {
        wave.vtable[1] = model_symbol(verilator_abi_tracer(VERILATOR_TRACER_TYPEINFO, wave.format));
        for (size_t i = 2; i < WAVEFORM_VTABLE_SIZE; i++)
            wave.vtable[i] = (uintptr_t)stub_false;
        *(uintptr_t *)(void *)wave.object = (uintptr_t)&wave.vtable[2];
    }
    tracer_call(VERILATOR_TRACER_CONSTRUCTOR, 0, 0);
}

static enum verilator_method trace_method(void)
{
    return wave.format == HOOKS_FORMAT_FST ? VERILATOR_MODEL_TRACE_FST : VERILATOR_MODEL_TRACE_VCD;
}

/* A tracer takes models of one context only; the one that evals now is what the user asks for. */
static void choose_traced(void)
{
    const struct model_instance *instance = model_instance();
    struct model_object objects[OBJECTS_LIMIT];
    size_t count = model_objects(objects);
    wave.traced_count = 0;
    for (size_t i = 0; i < count; i++)
        if (objects[i].context == instance->context &&
            (model_release()->trace_by_context || objects[i].methods[trace_method()]))
            wave.traced[wave.traced_count++] = objects[i];
}

static void trace(uintptr_t function, void *traced)
{
    ((void (*)(void *, void *, int, int))function)(traced, wave.object, WAVEFORM_LEVELS, 0);
}

static void open_work(const void *argument)
{
    const struct model_instance *instance = model_instance();
    void (*context_unused)(void *, int) = (void (*)(void *, int))model_symbol(VERILATOR_CONTEXT_UNUSED);
    void (*unused)(int) = (void (*)(int))model_symbol(VERILATOR_UNUSED);

    (void)argument;
    construct();
    if (instance->context)
        context_unused(instance->context, 1);
    else if (unused)
        unused(1);
    if (model_release()->trace_by_context)
        trace(model_symbol(VERILATOR_CONTEXT_TRACE), instance->context);
    else
        for (size_t i = 0; i < wave.traced_count; i++)
            trace(wave.traced[i].methods[trace_method()], wave.traced[i].self);
    limit_depth(wave.options.depth);
    tracer_call(VERILATOR_TRACER_OPEN, (uintptr_t)wave.path, 0);
}

static void before_eval(void *self);
static void object_gone(void *self);
static bool is_wanted(void *self);

static bool open_file(void)
{
    wave.format = model_format();
    choose_traced();
    wave.spoken = false;
    wave.waits = false;
    wave.late = false;
    wave.state = (struct hooks_wave_state){.open = true};
    return guard_run(open_work, NULL);
}

/* Parts of a model are made in its first eval, and before 5.024 a model's trace() asks them without looking
 * whether they are there. */
static bool begins_late(void)
{
    struct model_object objects[OBJECTS_LIMIT];
    size_t count = model_objects(objects);
    for (size_t i = 0; i < count; i++)
        if (objects[i].self == model_instance()->self)
            return model_has_parts() && !model_release()->trace_by_context && !objects[i].evaluated;
    return false;
}

int waveform_open(const struct hooks_wave_options *options, struct hooks_why *why)
{
    static const struct model_listener listener = {before_eval, after_eval, object_gone, is_wanted};
    int error = check_simulator(why);
    if (!error)
        error = check_path(options->path, why);
    if (error)
        return error;
    watch_ends();
    error = check_layout(why);
    if (error)
        return error;
    snprintf(wave.path, sizeof(wave.path), "%s", options->path);
    wave.options = *options;
    wave.tick = options->tick ? options->tick : 1;
    wave.ended = 0;
    wave.closing = false;
    if (begins_late()) {
        wave.late = true;
        wave.state = (struct hooks_wave_state){.open = true};
    } else if (!open_file())
        return why_set(why, -EIO, "Verilator refuses the waveform (%s): see its manual on tracing",
                       wave.complaint);
    model_listen(&listener);
    return 0;
}

static void close_work(const void *unused)
{
    (void)unused;
    tracer_call(VERILATOR_TRACER_CLOSE, 0, 0);
}

/* The thread that ends the process need not be the one that dumps. */
static void wait_for_dump(void)
{
    const struct timespec pause = {0, 100000};
    wave.closing = true;
    for (unsigned i = 0; i < CLOSE_PATIENCE && wave.guarded && !on_eval_thread(); i++)
        nanosleep(&pause, NULL);
}

/* Verilator may have closed it before us on its way to the end: its close() notices. From inside a
 * dump there is no way to close: the tracer's mutex is taken. */
void waveform_close(void)
{
    wait_for_dump();
    if (!wave.state.open || wave.guarded)
        return;
    if (!wave.waits && !wave.late)
        guard_run(close_work, NULL);
    wave.state.open = false;
    model_listen(NULL);
}

/* --- objects that come and go --- */

/* "wave.vcd" becomes "wave-1.vcd": the name without a number is that of the last waveform. */
static void keep_ended(void)
{
    char kept[sizeof(wave.path) + 16];
    const char *extension = strrchr(wave.path, '.');
    snprintf(kept, sizeof(kept), "%.*s-%u%s", (int)(extension - wave.path), wave.path, ++wave.ended,
             extension);
    rename(wave.path, kept);
}

/* A testbench that deletes its model and makes a new one begins a new waveform. */
static void before_eval(void *self)
{
    (void)self;
    if (!wave.state.open || !wave.waits || model_instance()->self != self)
        return;
    keep_ended();
    open_file();
}

/* A dump would look into memory that is no model any more. */
static void object_gone(void *self)
{
    if (!may_call_tracer() || !is_traced(self))
        return;
    wave.waits = true;
    guard_run(close_work, NULL);
}

static bool is_wanted(void *self)
{
    return wave.waits || wave.late || is_traced(self);
}

void waveform_state(struct hooks_wave_state *state)
{
    *state = wave.state;
}
