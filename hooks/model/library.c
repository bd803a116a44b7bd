/* SPDX-License-Identifier: MIT */
/* Questions to the run time library: see library.h. A plain function that returns a string literal, and one
 * that sets a flag where it is told to, are the two of it that may be called before the simulator's own
 * constructors have run. */
#include "model/library.h"
#include "elf/stock.h"
#include "elf/why.h"

#include <errno.h>
#include <pthread.h>

/* Patches stay for good. */
static struct watch {
    struct watch *next;
    struct patch patch;
    void (*tell)(const struct patch_arguments *arguments); /* NULL: it has a handler instead */
} * watches;
static pthread_mutex_t lock =
    PTHREAD_MUTEX_INITIALIZER; /* of those who add to it: a testbench may trace on any thread */

void library_forked(void)
{
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

/* The first one of a function, which is the last in the list; NULL: it is not patched. */
static const struct watch *find_watch(uintptr_t address)
{
    const struct watch *found = NULL;
    for (const struct watch *one = __atomic_load_n(&watches, __ATOMIC_ACQUIRE); one != NULL; one = one->next)
        if (address && one->patch.target.address == address)
            found = one;
    return found;
}

uintptr_t library_symbol(const struct library *library, enum verilator_symbol symbol)
{
    uintptr_t address = library->symbols[symbol].address;
    const struct watch *watch = find_watch(address);
    return watch != NULL ? (uintptr_t)watch->patch.original : address;
}

static unsigned ask_release(const struct library *library)
{
    const char *(*product_version)(void) =
        (const char *(*)(void))library->symbols[VERILATOR_PRODUCT_VERSION].address;
    return product_version != NULL ? verilator_abi_parse(product_version()) : 0;
}

void library_learn(struct library *library)
{
    unsigned release = ask_release(library);
    library->release = release;
    if (release) {
        library->row = verilator_abi_release(release);
        snprintf(library->release_name, sizeof library->release_name, "%u.%03u", release / 1000,
                 release % 1000);
    } else {
        library->row =
            verilator_abi_guess((void (*)(void *, int))library_symbol(library, VERILATOR_CONTEXT_UNUSED));
        snprintf(library->release_name, sizeof library->release_name, "unknown");
    }
}

static bool has_tracer(const struct library *library, enum hooks_format format)
{
    static const enum verilator_symbol needed[] = {
        VERILATOR_TRACER_CONSTRUCTOR,
        VERILATOR_TRACER_OPEN,
        VERILATOR_TRACER_DUMP,
        VERILATOR_TRACER_CLOSE,
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!library->symbols[verilator_abi_tracer(needed[i], format)].address)
            return false;
    return true;
}

/* Where both tracers are linked in, the model was built for the one that its trace() takes. */
enum hooks_format library_format(const struct library *library, const uintptr_t *methods)
{
    const struct verilator_release *release = library->row;
    bool vcd = has_tracer(library, HOOKS_FORMAT_VCD);
    bool fst = has_tracer(library, HOOKS_FORMAT_FST);
    if (release != NULL && release->trace_by_context && !library->symbols[VERILATOR_CONTEXT_TRACE].address)
        return HOOKS_FORMAT_NONE;
    if (release != NULL && !release->trace_by_context) {
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
    return library->symbols[VERILATOR_SC_TIME_STAMP].address ||
           library->symbols[VERILATOR_TIME_STAMP64].strong;
}

/* A patch for the function, which is not in the list yet. */
static int make_watch(const struct library *library, enum verilator_symbol symbol, struct watch **made,
                      struct hooks_why *why)
{
    static const char name[] = "Verilator's run time library";
    const struct place *place = &library->symbols[symbol];
    const struct patch_target target = {name, place->address, place->size, place->room};
    if (!place->address)
        return why_set(why, -ENOENT, "a function of %s is missing: link without --gc-sections", name);
    *made = stock_take(sizeof **made);
    return *made != NULL ? patch_check(&(*made)->patch, &target, why)
                         : why_set(why, -ENOMEM, "no memory to hook %s: raise the limits", name);
}

static void add_watch(struct watch *watch)
{
    watch->next = watches;
    __atomic_store_n(&watches, watch, __ATOMIC_RELEASE);
}

int library_watch(const struct library *library, enum verilator_symbol symbol,
                  void (*tell)(const struct patch_arguments *arguments), struct hooks_why *why)
{
    struct watch *made;
    int error = 0;
    pthread_mutex_lock(&lock);
    const struct watch *known = find_watch(library->symbols[symbol].address);
    if (known == NULL || known->tell != tell) {
        error = make_watch(library, symbol, &made, why);
        if (!error)
            error = patch_notify(&made->patch, tell, NULL, why);
        if (!error) {
            made->tell = tell;
            add_watch(made);
        }
    }
    pthread_mutex_unlock(&lock);
    return error;
}

int library_method(const struct library *library, enum verilator_symbol symbol, int32_t shortcut,
                   uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context,
                   volatile uint64_t **shut, struct hooks_why *why)
{
    struct watch *made;
    pthread_mutex_lock(&lock);
    int error = make_watch(library, symbol, &made, why);
    if (!error)
        error = patch_method(&made->patch, shortcut, handler, context, why);
    if (!error) {
        *shut = made->patch.shut;
        add_watch(made);
    }
    pthread_mutex_unlock(&lock);
    return error;
}

int library_replace(const struct library *library, enum verilator_symbol symbol, void *handler,
                    uintptr_t *original, struct hooks_why *why)
{
    struct watch *made;
    pthread_mutex_lock(&lock);
    int error = make_watch(library, symbol, &made, why);
    if (!error)
        error = patch_replace(&made->patch, &handler, 1, why);
    if (!error) {
        *original = (uintptr_t)made->patch.original;
        error = patch_commit(&made->patch, 1);
    }
    if (!error)
        add_watch(made);
    pthread_mutex_unlock(&lock);
    return error;
}

/* --- traceEverOn --- */

static void (*told_wanted)(bool wanted);

static void tell_context_unused(const struct patch_arguments *arguments)
{
    told_wanted(arguments->integer[1] & 1);
}

static void tell_unused(const struct patch_arguments *arguments)
{
    told_wanted(arguments->integer[0] & 1);
}

bool library_watch_wanted(const struct library *library, void (*tell)(bool wanted))
{
    struct hooks_why ignored = {""};
    told_wanted = tell;
    return library_watch(library, VERILATOR_CONTEXT_UNUSED, tell_context_unused, &ignored) == 0 ||
           library_watch(library, VERILATOR_UNUSED, tell_unused, &ignored) == 0;
}
