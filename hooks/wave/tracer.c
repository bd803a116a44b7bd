/* SPDX-License-Identifier: MIT */
/* One object of Verilator's tracer classes: see tracer.h. Ours lives in zeroed memory; no Verilator header
 * says how large it is. */
#include "wave/tracer.h"
#include "model/model.h"
#include "wave/layout.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define TRACER_OBJECT_SIZE  65536 /* the largest known takes 1 KiB */
#define TRACER_VTABLE_SIZE  34
#define TRACER_OPENS_AGAIN  5032u /* release */
#define TRACER_WITHOUT_LIST 5018u

static struct {
    _Alignas(64) uint8_t object[TRACER_OBJECT_SIZE]; /* VerilatedVcdC or VerilatedFstC */
    uintptr_t vtable[TRACER_VTABLE_SIZE];
    atomic_bool inside; /* a thread is inside this tracer, `escape` leads out */
    pthread_t thread;   /* that one */
    struct tracer tracer;
    sigjmp_buf escape;
    char complaint[160]; /* what vl_fatal() was told */
} own;

void tracer_call(const struct tracer *tracer, enum verilator_symbol method, uintptr_t first, uintptr_t second)
{
    uintptr_t address = library_symbol(tracer->library, verilator_abi_tracer(method, tracer->format));
    if (address)
        ((void (*)(void *, uintptr_t, uintptr_t))address)(tracer->self, first, second);
}

/* --- in and out --- */

static void leave(atomic_bool *const *inside)
{
    **inside = false;
}

/* After an escape the tracer's mutex stays locked: nobody may call it again, nor Verilator when it
 * flushes and closes everything at the end. */
static void forget_callbacks(const struct tracer *tracer)
{
    static const enum verilator_symbol callbacks[2][2] = {
        {VERILATOR_REMOVE_FLUSH, VERILATOR_TRACER_ON_FLUSH},
        {VERILATOR_REMOVE_EXIT, VERILATOR_TRACER_ON_EXIT},
    };
    for (int i = 0; i < 2; i++) {
        uintptr_t remove = library_symbol(tracer->library, callbacks[i][0]);
        uintptr_t callback =
            library_symbol(tracer->library, verilator_abi_tracer(callbacks[i][1], tracer->format));
        if (remove && callback)
            ((void (*)(uintptr_t, void *))remove)(callback, tracer->self);
    }
}

bool tracer_run(const struct tracer *tracer, void (*work)(const void *argument), const void *argument)
{
    __attribute__((cleanup(leave), unused)) atomic_bool *const inside = &own.inside;
    const int error = errno; /* the simulator's */
    own.tracer = *tracer;
    if (sigsetjmp(own.escape, 0) != 0) {
        forget_callbacks(&own.tracer);
        return false;
    }
    own.thread = pthread_self();
    own.inside = true;
    work(argument);
    errno = error;
    return true;
}

bool tracer_busy(void)
{
    return own.inside;
}

bool tracer_busy_here(void)
{
    return own.inside && pthread_equal(own.thread, pthread_self());
}

void tracer_escape(const char *complaint)
{
    snprintf(own.complaint, sizeof own.complaint, "%s", complaint);
    siglongjmp(own.escape, 1);
}

void tracer_leave(void)
{
    strcpy(own.complaint, "it crashed");
    siglongjmp(own.escape, 1);
}

const char *tracer_complaint(void)
{
    return own.complaint;
}

/* --- what its object tells --- */

static uint8_t *file_of(const struct tracer *tracer)
{
    return (uint8_t *)tracer->self + tracer->library->row->tracer_file;
}

void *tracer_writer(const struct tracer *tracer)
{
    void *writer = NULL;
    if (tracer->format == HOOKS_FORMAT_FST)
        memcpy(&writer, file_of(tracer), sizeof writer);
    return writer;
}

bool tracer_is_open(const struct tracer *tracer)
{
    if (tracer->format != HOOKS_FORMAT_FST)
        return file_of(tracer)[VERILATOR_VCD_IS_OPEN] != 0;
    return tracer_writer(tracer) != NULL;
}

void tracer_set_open(const struct tracer *tracer, bool open)
{
    static uint64_t nobody; /* stands for a writer that is never used */
    const void *writer = open ? &nobody : NULL;
    if (tracer->format == HOOKS_FORMAT_FST)
        memcpy(file_of(tracer), &writer, sizeof writer);
    else
        file_of(tracer)[VERILATOR_VCD_IS_OPEN] = open;
}

bool tracer_has_own_file(const struct tracer *tracer)
{
    return tracer->format == HOOKS_FORMAT_FST || file_of(tracer)[VERILATOR_VCD_OWN_FILE] == 1;
}

uint64_t tracer_last_time(const struct tracer *tracer)
{
    uint64_t last;
    memcpy(&last, (const uint8_t *)tracer->self + tracer->library->row->tracer_last, sizeof last);
    return last;
}

void tracer_forget_rollover(const struct tracer *tracer)
{
    static const uint64_t never;
    if (tracer->format != HOOKS_FORMAT_FST)
        memcpy(file_of(tracer) + VERILATOR_VCD_ROLLOVER, &never, sizeof never);
}

/* Behind the writer are two std::map and, before 5.018, a std::list; then the handles. */
void tracer_forget_handles(const struct tracer *tracer)
{
    static const void *const none;
    unsigned behind = tracer->library->release < TRACER_WITHOUT_LIST ? 128 : 104;
    if (tracer->format == HOOKS_FORMAT_FST && layout_is_of_table() && !tracer_opens_once(tracer))
        memcpy(file_of(tracer) + behind, &none, sizeof none);
}

bool tracer_opens_once(const struct tracer *tracer)
{
    return tracer->format == HOOKS_FORMAT_FST && tracer->library->release > TRACER_OPENS_AGAIN;
}

/* --- ours --- */

static int stub_false(void)
{
    return 0;
}

void *tracer_own(struct tracer *tracer, enum hooks_format format)
{
    *tracer = (struct tracer){own.object + model_release()->tracer, format, model_library()};
    return own.object;
}

/* The object as C++ would have made it. From 5.024 on it is looked at with dynamic_cast, so it gets a
 * vtable, whose only true entry is the type; every method in it answers false. */
void tracer_make(const struct tracer *tracer)
{
    memset(own.object, 0, sizeof own.object);
    if (model_release()->trace_by_context) {
        own.vtable[1] = model_symbol(verilator_abi_tracer(VERILATOR_TRACER_TYPEINFO, tracer->format));
        for (size_t i = 2; i < TRACER_VTABLE_SIZE; i++)
            own.vtable[i] = (uintptr_t)stub_false;
        *(uintptr_t *)(void *)own.object = (uintptr_t)&own.vtable[2];
    }
    tracer_call(tracer, VERILATOR_TRACER_CONSTRUCTOR, 0, 0);
}

bool tracer_write_alone(const struct tracer *tracer)
{
    void (*set_parallel)(void *, int) = (void (*)(void *, int))model_symbol(VERILATOR_FST_PARALLEL);
    void *writer = tracer_writer(tracer);
    if (tracer->format != HOOKS_FORMAT_FST)
        return true;
    if (set_parallel == NULL || writer == NULL || !layout_is_of_table())
        return false;
    set_parallel(writer, 0);
    return true;
}

bool tracer_step_back(const struct tracer *tracer, uint64_t time)
{
    const struct verilator_release *release = tracer->library->row;
    uint8_t *place = (uint8_t *)tracer->self + release->tracer_last;
    uint64_t last = tracer_last_time(tracer);
    if (last != time)
        return false;
    if (last > 0) {
        last--;
        memcpy(place, &last, sizeof last);
    } else if (release->tracer_last_flag) {
        if (place[sizeof last] != 1)
            return false;
        place[sizeof last] = 0;
    }
    return true;
}
