/* SPDX-License-Identifier: MIT */
/* Stands in for open(), dump(), flush(), close() and openNext() of Verilator's tracers. The classes that a
 * testbench uses (VerilatedVcdC, VerilatedVcdSc) and $dumpvars all end in these. Nothing is patched
 * before the testbench calls traceEverOn(): a simulator that never traces pays for nothing, and one that
 * traces without that call fails as it always did. A child that the testbench forks has what was held before
 * the fork still held: without us both would write to one file, which is no waveform either. */
#include "wave/hold.h"
#include "model/announce.h"
#include "model/dump_time.h"
#include "model/library.h"
#include "model/model.h"
#include "patch/patch.h"
#include "wave/wave_files.h"
#include "wave/wish.h"

#include <fcntl.h>
#include <pthread.h>

#define HOLD_TRACERS 64
#define HOLD_FORMATS 2

static struct {
    const struct hooks_events *events;
    const struct hold_player *player; /* NULL: what is held stays held */
    const void *except;
    bool muted;
    bool crowded; /* a tracer found no place in the table: it passes */
    bool installed;
    const struct library *library;         /* whose tracers these are, and how they are laid out */
    volatile uint64_t *shut[HOLD_FORMATS]; /* of dump() */
    uint64_t opens;
    uint64_t closed; /* marks of those that are, see hold_mark() */
    pthread_mutex_t install_lock;
    pthread_mutex_t lock; /* of the table's states */
    size_t count;
    struct hold_tracer tracers[HOLD_TRACERS];
} hold = {.install_lock = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER};

static struct tracer tracer_of(void *self, void *context)
{
    return (struct tracer){self, (enum hooks_format)(uintptr_t)context, hold.library};
}

/* Calls the method as it is without us. */
static uintptr_t pass(enum verilator_symbol method, void *self, uintptr_t argument, void *context)
{
    const struct tracer tracer = tracer_of(self, context);
    tracer_call(&tracer, method, argument, 0);
    return 0;
}

/* --- the table --- */

static struct hold_tracer *find(const void *self)
{
    for (size_t i = 0; i < hold.count; i++)
        if (hold.tracers[i].tracer.self == self)
            return &hold.tracers[i];
    return NULL;
}

/* Its place in the table, or one that is free; NULL where none is left. */
static struct hold_tracer *place_for(const struct tracer *opened)
{
    pthread_mutex_lock(&hold.lock);
    struct hold_tracer *tracer = find(opened->self);
    for (size_t i = 0; tracer == NULL && i < hold.count; i++)
        if (hold.tracers[i].state == HOLD_CLOSED)
            tracer = &hold.tracers[i];
    if (tracer == NULL && hold.count < HOLD_TRACERS)
        tracer = &hold.tracers[hold.count++];
    if (tracer != NULL && tracer->tracer.self != opened->self)
        *tracer = (struct hold_tracer){0};
    if (tracer != NULL) {
        tracer->tracer = *opened;
        tracer->state = HOLD_OPENING; /* so that no other thread takes the place */
    }
    pthread_mutex_unlock(&hold.lock);
    return tracer;
}

/* May dump() take the shortcut? It drops every dump of the format. The first dump of each tracer goes the
 * long way: the tracer notes that there was one. */
static void set_shortcuts(void)
{
    for (unsigned i = 0; i < HOLD_FORMATS; i++) {
        bool shut = !hold.crowded && !dump_time_awaits(), any = false;
        for (size_t j = 0; j < hold.count; j++) {
            const struct hold_tracer *tracer = &hold.tracers[j];
            if ((tracer->tracer.format == HOOKS_FORMAT_FST) != i || tracer->state == HOLD_CLOSED)
                continue;
            shut = shut && tracer->state == HOLD_HELD && tracer->dumped && !tracer->stale;
            any = true;
        }
        if (hold.shut[i] != NULL)
            *hold.shut[i] = shut && any;
    }
}

static void set_state(struct hold_tracer *tracer, enum hold_state state)
{
    pthread_mutex_lock(&hold.lock);
    tracer->state = state;
    set_shortcuts();
    pthread_mutex_unlock(&hold.lock);
}

/* --- opening --- */

static void call_for_real(struct hold_tracer *tracer, enum verilator_symbol method, uintptr_t argument)
{
    tracer->opening = true;
    wave_files_stand_in(true);
    tracer_call(&tracer->tracer, method, argument, 0);
    wave_files_stand_in(false);
    tracer->opening = false;
}

static void open_for_real(struct hold_tracer *tracer, enum verilator_symbol method, uintptr_t argument)
{
    set_state(tracer, HOLD_PASSED);
    call_for_real(tracer, method, argument);
    if (!tracer_is_open(&tracer->tracer))
        set_state(tracer, HOLD_CLOSED);
}

/* Its mutex may be locked for good. */
static void abandon(struct hold_tracer *tracer)
{
    tracer->broken = true;
    tracer_set_open(&tracer->tracer, true);
    set_state(tracer, HOLD_HELD);
}

static void start_playing(struct hold_tracer *tracer)
{
    if (tracer->foreign || tracer->broken || tracer->wished)
        return;
    tracer_set_open(&tracer->tracer, false);
    tracer_forget_rollover(&tracer->tracer);
    set_state(tracer, HOLD_PLAYED);
    tracer->opening = true;
    bool opened = hold.player->open(tracer);
    tracer->opening = false;
    if (!opened || !tracer_is_open(&tracer->tracer))
        abandon(tracer);
}

/* The file stands there with the names of its signals: the tracer itself has made it. */
static void hold_back(struct hold_tracer *tracer)
{
    tracer->dumped = tracer->stale = false;
    tracer->order = tracer->wished ? 0 : ++hold.opens;
    tracer_set_open(&tracer->tracer, true);
    set_state(tracer, HOLD_HELD);
    if (hold.player != NULL)
        start_playing(tracer);
}

/* The last question is the preload's, which tells the user. A pipe or a terminal has somebody who waits. */
static bool may_hold(const struct hold_tracer *tracer)
{
    return !tracer->foreign && !tracer->wished && *tracer->path && wave_files_is_regular(tracer->path) &&
           hold.events->may_hold(tracer->path);
}

static void open_in_original(struct hold_tracer *tracer, enum verilator_symbol method, uintptr_t argument)
{
    const bool once = tracer_opens_once(&tracer->tracer);
    if (once && may_hold(tracer) && wave_files_create(tracer->path, O_TRUNC) == 0) {
        hold_back(tracer);
        return;
    }
    open_for_real(tracer, method, argument);
    if (!once && tracer->state == HOLD_PASSED && may_hold(tracer)) {
        call_for_real(tracer, VERILATOR_TRACER_CLOSE, 0);
        hold_back(tracer);
    } else
        *tracer->path = '\0';
}

static void open_in_replay(struct hold_tracer *tracer, enum verilator_symbol method, uintptr_t argument)
{
    if (!*tracer->path) {
        open_for_real(tracer, VERILATOR_TRACER_OPEN, (uintptr_t) "/dev/null");
        return;
    }
    bool made = tracer_opens_once(&tracer->tracer) && wave_files_create(tracer->path, O_TRUNC) == 0;
    if (!made && !tracer->broken && !tracer->foreign && wave_files_is_regular(tracer->path)) {
        open_for_real(tracer, method, argument);
        if (tracer->state == HOLD_CLOSED)
            return; /* as in the original */
        call_for_real(tracer, VERILATOR_TRACER_CLOSE, 0);
    }
    hold_back(tracer);
}

/* path: of the file, as the testbench gave it to the first method, which may not be this one. */
static void begin(struct tracer opened, const char *path, enum verilator_symbol method, uintptr_t argument)
{
    /* Any other content is of a tracer that we do not understand. */
    struct hold_tracer *tracer = tracer_is_open(&opened) ? NULL : place_for(&opened);
    if (tracer == NULL) {
        pthread_mutex_lock(&hold.lock);
        hold.crowded = true; /* there is a tracer that no entry stands for */
        set_shortcuts();
        pthread_mutex_unlock(&hold.lock);
        tracer_call(&opened, method, hold.muted ? (uintptr_t) "/dev/null" : argument, 0);
        return;
    }
    tracer->foreign = !tracer_has_own_file(&opened);
    tracer->wished = wish_is_made();
    if (path != tracer->path && !wave_files_absolute(tracer->path, sizeof tracer->path, path))
        *tracer->path = '\0';
    (hold.muted ? open_in_replay : open_in_original)(tracer, method, argument);
}

PATCH_HANDLER static uintptr_t on_close(void *self, uintptr_t unused, void *context);

PATCH_HANDLER static uintptr_t on_open(void *self, uintptr_t argument, void *context)
{
    struct tracer opened = tracer_of(self, context);
    const char *path = (const char *)argument;
    struct hold_tracer *tracer = find(self);
    if (self == hold.except || path == NULL || (tracer != NULL && tracer->opening))
        return pass(VERILATOR_TRACER_OPEN, self, argument, context);
    /* A VerilatedVcd that is open ignores this; a VerilatedFst goes on in the new file. */
    if (tracer != NULL && tracer->state != HOLD_CLOSED) {
        if (opened.format != HOOKS_FORMAT_FST)
            return 0;
        on_close(self, 0, context);
    }
    begin(opened, path, VERILATOR_TRACER_OPEN, argument);
    return 0;
}

/* Of one that is held: the next file stands there too. */
static void next_of_held(struct hold_tracer *tracer, uintptr_t argument)
{
    tracer_set_open(&tracer->tracer, false);
    open_for_real(tracer, VERILATOR_TRACER_OPEN_NEXT, argument);
    if (tracer->state == HOLD_CLOSED)
        return;
    call_for_real(tracer, VERILATOR_TRACER_CLOSE, 0);
    tracer_set_open(&tracer->tracer, true);
    set_state(tracer, HOLD_HELD);
}

/* Of VerilatedVcd: goes on in another file, or opens the last one again. */
PATCH_HANDLER static uintptr_t on_open_next(void *self, uintptr_t argument, void *context)
{
    struct hold_tracer *tracer = find(self);
    if (self == hold.except || (tracer != NULL && tracer->opening))
        return pass(VERILATOR_TRACER_OPEN_NEXT, self, argument, context);
    if (tracer != NULL && tracer->state == HOLD_CLOSED && *tracer->path)
        begin(tracer->tracer, tracer->path, VERILATOR_TRACER_OPEN_NEXT, argument);
    else if (tracer != NULL && tracer->state == HOLD_HELD && !tracer->foreign && !tracer->broken)
        next_of_held(tracer, argument);
    else if (!hold.muted && !(tracer != NULL && (tracer->state == HOLD_HELD || tracer->state == HOLD_PLAYED)))
        pass(VERILATOR_TRACER_OPEN_NEXT, self, argument, context);
    return 0;
}

/* --- what is open --- */

/* A method that is not held may run: the tracer is not of those that a replay must silence. */
static bool passes(const void *self, const struct hold_tracer *tracer)
{
    if (tracer != NULL && tracer->opening)
        return true; /* Verilator's own call, inside one of these */
    return self == hold.except || !hold.muted || (tracer != NULL && tracer->state == HOLD_CLOSED);
}

static uint64_t mark_of(const struct hold_tracer *tracer)
{
    if (tracer->state != HOLD_HELD || !tracer->dumped || tracer->stale || tracer->wished)
        return 0;
    return tracer_last_time(&tracer->tracer) + 1;
}

/* The tracer is asked while it is closed: then it notes the time, complains of one that does not grow as it
 * would without us, and writes nothing. */
static void drop(struct hold_tracer *tracer, uint64_t time)
{
    tracer_set_open(&tracer->tracer, false);
    tracer_call(&tracer->tracer, VERILATOR_TRACER_DUMP, time, 0);
    tracer_set_open(&tracer->tracer, true);
    if (dump_time_note(time) || !tracer->dumped || tracer->stale) {
        tracer->dumped = true;
        tracer->stale = false;
        set_state(tracer, HOLD_HELD);
    }
}

PATCH_HANDLER static uintptr_t on_dump(void *self, uintptr_t time, void *context)
{
    struct hold_tracer *tracer = find(self);
    if (tracer != NULL && tracer->state == HOLD_HELD && tracer->stale && hold.player != NULL) {
        tracer->stale = false;
        start_playing(tracer);
    }
    if (tracer != NULL && tracer->state == HOLD_HELD) {
        if (!tracer->broken)
            drop(tracer, time);
    } else if (tracer != NULL && tracer->state == HOLD_PLAYED) {
        tracer_forget_rollover(&tracer->tracer);
        if (!hold.player->dump(tracer, time))
            abandon(tracer);
    } else if (passes(self, tracer))
        pass(VERILATOR_TRACER_DUMP, self, time, context);
    return 0;
}

PATCH_HANDLER static uintptr_t on_flush(void *self, uintptr_t unused, void *context)
{
    struct hold_tracer *tracer = find(self);
    (void)unused;
    if (tracer != NULL && tracer->state == HOLD_PLAYED)
        hold.player->flush(tracer);
    else if ((tracer == NULL || tracer->state == HOLD_PASSED) && passes(self, tracer))
        pass(VERILATOR_TRACER_FLUSH, self, 0, context);
    return 0;
}

PATCH_HANDLER static uintptr_t on_close(void *self, uintptr_t unused, void *context)
{
    struct hold_tracer *tracer = find(self);
    (void)unused;
    if (tracer != NULL && tracer->opening)
        return pass(VERILATOR_TRACER_CLOSE, self, 0, context);
    if (tracer == NULL || (tracer->state == HOLD_PASSED && !hold.muted)) {
        if (passes(self, tracer))
            pass(VERILATOR_TRACER_CLOSE, self, 0, context);
    } else if (tracer->state == HOLD_PLAYED) {
        hold.player->close(tracer);
    }
    if (tracer != NULL && tracer->state != HOLD_CLOSED) {
        if (tracer->state != HOLD_PASSED && !tracer->wished)
            wish_continues();
        hold.closed += mark_of(tracer);
        tracer_set_open(&tracer->tracer, false);
        set_state(tracer, HOLD_CLOSED);
    }
    return 0;
}

/* --- all of them --- */

uint64_t hold_mark(void)
{
    uint64_t mark = hold.opens + hold.closed;
    for (size_t i = 0; i < hold.count; i++)
        mark += mark_of(&hold.tracers[i]);
    return mark;
}

/* The next in the order of opening that is in this state. */
static struct hold_tracer *next_of(enum hold_state state, uint64_t behind)
{
    struct hold_tracer *next = NULL;
    for (size_t i = 0; i < hold.count; i++) {
        struct hold_tracer *tracer = &hold.tracers[i];
        if (tracer->state == state && tracer->order > behind && (next == NULL || tracer->order < next->order))
            next = tracer;
    }
    return next;
}

unsigned hold_release(void)
{
    struct hold_tracer *tracer;
    unsigned count = 0;
    while (!hold.muted && (tracer = next_of(HOLD_HELD, 0)) != NULL) {
        tracer_set_open(&tracer->tracer, false);
        open_for_real(tracer, VERILATOR_TRACER_OPEN, (uintptr_t)tracer->path);
        *tracer->path = '\0';
        count++;
    }
    return count;
}

void hold_mute(void)
{
    hold.muted = true;
}

void hold_play(const struct hold_player *player)
{
    uint64_t last = 0;
    struct hold_tracer *tracer;
    hold.player = player;
    while ((tracer = next_of(HOLD_HELD, last)) != NULL) {
        last = tracer->order;
        if (!tracer->stale)
            start_playing(tracer);
    }
}

void hold_stop(void)
{
    struct hold_tracer *tracer;
    while ((tracer = next_of(HOLD_PLAYED, 0)) != NULL) {
        hold.player->close(tracer);
        tracer_set_open(&tracer->tracer, true);
        set_state(tracer, HOLD_HELD);
    }
    hold.player = NULL;
}

void hold_break(const void *self)
{
    struct hold_tracer *tracer = find(self);
    if (tracer != NULL && tracer->state == HOLD_PLAYED)
        abandon(tracer);
}

void hold_except(const void *tracer)
{
    hold.except = tracer;
}

/* --- installing --- */

static bool replace(enum hooks_format format, enum verilator_symbol method,
                    uintptr_t (*replacement)(void *object, uintptr_t argument, void *context))
{
    enum verilator_symbol symbol = verilator_abi_tracer(method, format);
    struct hooks_why ignored = {""};
    volatile uint64_t *shut;
    if (!hold.library->symbols[symbol].address)
        return method == VERILATOR_TRACER_OPEN_NEXT; /* nobody calls it */
    bool is_dump = method == VERILATOR_TRACER_DUMP;
    if (library_method(hold.library, symbol, is_dump ? (int32_t)hold.library->row->tracer_last : 0,
                       replacement, (void *)(uintptr_t)format, &shut, &ignored) != 0)
        return false;
    if (is_dump)
        dump_time_watch(hold.shut[format == HOOKS_FORMAT_FST] = shut);
    return true;
}

/* open() comes last: before it is seen, nothing is held. */
static void install_format(enum hooks_format format)
{
    if (replace(format, VERILATOR_TRACER_DUMP, on_dump) &&
        replace(format, VERILATOR_TRACER_FLUSH, on_flush) &&
        replace(format, VERILATOR_TRACER_CLOSE, on_close) &&
        (format == HOOKS_FORMAT_FST || replace(format, VERILATOR_TRACER_OPEN_NEXT, on_open_next)))
        replace(format, VERILATOR_TRACER_OPEN, on_open);
}

static void tell_wanted(bool wanted)
{
    pthread_mutex_lock(&hold.install_lock);
    if (wanted && !hold.installed) {
        install_format(HOOKS_FORMAT_VCD);
        install_format(HOOKS_FORMAT_FST);
        hold.installed = true;
    }
    pthread_mutex_unlock(&hold.install_lock);
}

/* A tracer that was left open may be one of the deleted model: a file of ours would be filled from memory
 * that is no model any more. It is played when it dumps again. */
static void model_gone(void)
{
    pthread_mutex_lock(&hold.lock);
    for (size_t i = 0; i < hold.count; i++)
        hold.tracers[i].stale = hold.tracers[i].state == HOLD_HELD;
    set_shortcuts();
    pthread_mutex_unlock(&hold.lock);
}

/* What is written into a tracer must be known to belong there: no release that the table does not have. */
void hold_install(const struct hooks_events *events)
{
    const struct library *library = model_library();
    hold.events = events;
    if (hold.library != NULL || !library->release || library->row == NULL ||
        verilator_abi_is_guess(library->release))
        return;
    hold.library = library;
    announce_when_gone(model_gone);
    if (!library_watch_wanted(library, tell_wanted))
        tell_wanted(true);
}

bool hold_is_of_primary(void)
{
    return hold.library != NULL && hold.library == model_library();
}

void hold_forked(void)
{
    hold.lock = hold.install_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}
