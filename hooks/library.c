/* SPDX-License-Identifier: MIT */
/* Questions to the run time library: see library.h. A plain function that returns a string literal, and one
 * that sets a flag where it is told to, are the two of it that may be called before the simulator's own
 * constructors have run. */
#include "library.h"
#include "why.h"

#include <errno.h>
#include <pthread.h>

#define LIBRARY_WATCHES (32 + LIBRARY_LIMIT)

/* Patches are few and stay for good. */
static struct watch {
    struct patch patch;
    void (*tell)(const struct patch_arguments *arguments); /* NULL: it has a handler instead */
} watches[LIBRARY_WATCHES];
static size_t watch_count;
static pthread_mutex_t lock =
    PTHREAD_MUTEX_INITIALIZER; /* of the two above: a testbench may trace on any thread */

void library_forked(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    lock = fresh;
}

/* The first one of a function; NULL: it is not patched. */
static const struct watch *find_watch(uintptr_t address)
{
    for (size_t i = 0; i < watch_count; i++)
        if (address && watches[i].patch.target.address == address)
            return &watches[i];
    return NULL;
}

uintptr_t library_symbol(const struct library *library, enum verilator_symbol symbol)
{
    uintptr_t address = library->symbols[symbol].address;
    const struct watch *watch = find_watch(address);
    return watch ? (uintptr_t)watch->patch.original : address;
}

unsigned library_release(const struct library *library)
{
    const char *(*product_version)(void) =
        (const char *(*)(void))library->symbols[VERILATOR_PRODUCT_VERSION].address;
    return product_version ? verilator_abi_parse(product_version()) : 0;
}

const struct verilator_release *library_row(const struct library *library)
{
    unsigned release = library_release(library);
    if (release)
        return verilator_abi_release(release);
    return verilator_abi_guess((void (*)(void *, int))library_symbol(library, VERILATOR_CONTEXT_UNUSED));
}

static bool has_tracer(const struct library *library, enum hooks_format format)
{
    static const enum verilator_symbol needed[] = {
        VERILATOR_TRACER_CONSTRUCTOR,
        VERILATOR_TRACER_OPEN,
        VERILATOR_TRACER_DUMP,
        VERILATOR_TRACER_CLOSE,
    };
    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
        if (!library->symbols[verilator_abi_tracer(needed[i], format)].address)
            return false;
    return true;
}

/* Where both tracers are linked in, the model was built for the one that its trace() takes. */
enum hooks_format library_format(const struct library *library, const struct verilator_release *release,
                                 const uintptr_t *methods)
{
    bool vcd = has_tracer(library, HOOKS_FORMAT_VCD);
    bool fst = has_tracer(library, HOOKS_FORMAT_FST);
    if (release && release->trace_by_context && !library->symbols[VERILATOR_CONTEXT_TRACE].address)
        return HOOKS_FORMAT_NONE;
    if (release && !release->trace_by_context) {
        vcd = vcd && methods[VERILATOR_MODEL_TRACE_VCD];
        fst = fst && methods[VERILATOR_MODEL_TRACE_FST];
    }
    if (vcd)
        return HOOKS_FORMAT_VCD;
    return fst ? HOOKS_FORMAT_FST : HOOKS_FORMAT_NONE;
}

bool library_is_for_saif(const struct library *library)
{
    return library->symbols[VERILATOR_SAIF].address != 0;
}

/* sc_time_stamp() is always the testbench's own, and weak only because Verilator's header declares it
 * so. A weak vl_time_stamp64() may be that too, or the header's inline copy, which answers 0. */
bool library_has_stamp(const struct library *library)
{
    return library->symbols[VERILATOR_SC_TIME_STAMP].address || library->strong[VERILATOR_TIME_STAMP64];
}

/* A patch for the function; NULL and *error where there can be none. */
static struct watch *next_watch(const struct library *library, enum verilator_symbol symbol,
                                struct hooks_why *why, int *error)
{
    static const char name[] = "Verilator's run time library";
    const struct place *place = &library->symbols[symbol];
    const struct patch_target target = {name, place->address, place->size, place->room};
    *error = -ENOENT;
    if (!place->address || watch_count == LIBRARY_WATCHES) {
        why_write(why, "a function of %s is missing: link without --gc-sections", name);
        return NULL;
    }
    struct watch *watch = &watches[watch_count];
    *error = patch_check(&watch->patch, &target, why);
    return *error ? NULL : watch;
}

static int watch(const struct library *library, enum verilator_symbol symbol,
                 void (*tell)(const struct patch_arguments *arguments), struct hooks_why *why)
{
    const struct watch *known = find_watch(library->symbols[symbol].address);
    int error;
    if (known && known->tell == tell)
        return 0;
    struct watch *watch = next_watch(library, symbol, why, &error);
    if (watch)
        error = patch_notify(&watch->patch, tell, NULL, why);
    if (!error) {
        watch->tell = tell;
        watch_count++;
    }
    return error;
}

static int replace_method(const struct library *library, enum verilator_symbol symbol,
                          const struct patch_shortcut *shortcut,
                          uintptr_t (*handler)(void *object, uintptr_t argument, void *context),
                          void *context, volatile uint64_t **shut, struct hooks_why *why)
{
    int error;
    struct watch *watch = next_watch(library, symbol, why, &error);
    if (!watch)
        return error;
    error = patch_method(&watch->patch, shortcut, handler, context, why);
    *shut = watch->patch.shut;
    watch_count += !error;
    return error;
}

int library_watch(const struct library *library, enum verilator_symbol symbol,
                  void (*tell)(const struct patch_arguments *arguments), struct hooks_why *why)
{
    pthread_mutex_lock(&lock);
    int error = watch(library, symbol, tell, why);
    pthread_mutex_unlock(&lock);
    return error;
}

int library_method(const struct library *library, enum verilator_symbol symbol,
                   const struct patch_shortcut *shortcut,
                   uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context,
                   volatile uint64_t **shut, struct hooks_why *why)
{
    pthread_mutex_lock(&lock);
    int error = replace_method(library, symbol, shortcut, handler, context, shut, why);
    pthread_mutex_unlock(&lock);
    return error;
}
