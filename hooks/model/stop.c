/* SPDX-License-Identifier: MIT */
/* See stop.h. In every release vl_stop() has printed what it prints when it runs the callbacks for the end,
 * and behind those comes abort() or exit(). A testbench looks at the context whether somebody has asked for
 * the end: it must not see that. */
#include "model/stop.h"
#include "model/model.h"

#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#define STOP_CONTEXT_BYTES 4096  /* the largest known is 824 */
#define STOP_RETURNS       4200u /* release: before, the compiler knew that vl_stop() never returns */

static struct {
    bool (*goes_on)(void);
    uintptr_t stop, exit_callbacks; /* the functions as they were */
    bool inside;
    bool passed; /* it was left once */
    pthread_t thread;
    sigjmp_buf way_out;
} stop;

/* --- what a testbench can ask --- */

static const enum verilator_symbol flags[] = {VERILATOR_CONTEXT_GOT_FINISH, VERILATOR_CONTEXT_GOT_ERROR};

#define STOP_FLAGS (sizeof flags / sizeof *flags)

static void set_flag(enum verilator_symbol flag, void *context, bool on)
{
    void (*set)(void *, int) = (void (*)(void *, int))model_symbol(flag);
    if (set != NULL)
        set(context, on);
}

/* Where the setter puts it; 0: not known. */
static size_t place_of(enum verilator_symbol flag)
{
    static _Alignas(64) uint8_t context[STOP_CONTEXT_BYTES];
    size_t place = 0;
    memset(context, 0, sizeof context);
    set_flag(flag, context, true);
    for (size_t i = 1; i < sizeof context; i++)
        if (context[i]) {
            if (place)
                return 0;
            place = i;
        }
    return place;
}

/* What was set before stays set. */
static void note_flags(bool *before)
{
    const uint8_t *context = model_instance()->context;
    for (size_t i = 0; i < STOP_FLAGS; i++) {
        size_t place = context != NULL ? place_of(flags[i]) : 0;
        before[i] = place && context[place];
    }
}

static void put_flags_back(const bool *before)
{
    void *context = model_instance()->context;
    void (*set)(int) = (void (*)(int))model_symbol(VERILATOR_GOT_FINISH);
    for (size_t i = 0; context != NULL && i < STOP_FLAGS; i++)
        if (!before[i])
            set_flag(flags[i], context, false);
    if (context == NULL && set != NULL)
        set(0);
}

/* --- the call --- */

static bool is_of_design(void)
{
    return model_in_eval() && pthread_equal(pthread_self(), model_instance()->thread);
}

static void leave(bool *const *inside)
{
    **inside = false;
}

/* False: it has come to its end. */
static bool run_stop(void (*function)(const char *, int, const char *, int), const char *file, int line,
                     const char *scope, int maybe)
{
    __attribute__((cleanup(leave), unused)) bool *const inside = &stop.inside;
    if (sigsetjmp(stop.way_out, 1) != 0)
        return false;
    stop.thread = pthread_self();
    stop.inside = true;
    function(file, line, scope, maybe);
    return true;
}

/* vl_stop() has no argument maybe; one more does it no harm. */
PATCH_HANDLER static void on_stop(const char *file, int line, const char *scope, int maybe)
{
    void (*function)(const char *, int, const char *, int) =
        (void (*)(const char *, int, const char *, int))stop.stop;
    bool before[STOP_FLAGS];
    if (stop.passed && is_of_design())
        return;
    if (stop.inside || !is_of_design()) {
        function(file, line, scope, maybe);
        return;
    }
    note_flags(before);
    if (run_stop(function, file, line, scope, maybe))
        return;
    stop.passed = true;
    put_flags_back(before);
}

bool stop_is_under_way(void)
{
    return stop.inside && pthread_equal(stop.thread, pthread_self());
}

PATCH_HANDLER static void on_exit_callbacks(void)
{
    if (stop_is_under_way()) {
        if (stop.goes_on())
            siglongjmp(stop.way_out, 1);
        stop.inside = false;
    }
    ((void (*)(void))stop.exit_callbacks)();
}

/* Behind a call of what never returns there is no code to return to. */
static enum verilator_symbol place_to_leave(void)
{
    const struct verilator_release *release = model_release();
    return release != NULL && release->since >= STOP_RETURNS ? VERILATOR_STOP : VERILATOR_STOP_MAYBE;
}

/* Where one cannot be replaced, the replay ends where the original did. */
void stop_watch(bool (*goes_on)(void))
{
    struct hooks_why ignored = {""};
    const struct library *library = model_library();
    if (stop.goes_on != NULL)
        return;
    stop.goes_on = goes_on;
    if (library_replace(library, VERILATOR_RUN_EXIT_CALLBACKS, (void *)on_exit_callbacks,
                        &stop.exit_callbacks, &ignored) == 0)
        library_replace(library, place_to_leave(), (void *)on_stop, &stop.stop, &ignored);
}
