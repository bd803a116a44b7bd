/* SPDX-License-Identifier: MIT */
/* Questions to the run time library: see library.h. A plain function that returns a string literal, and one
 * that sets a flag where it is told to, are the two of it that may be called before the simulator's own
 * constructors have run. */
#include "library.h"
#include "why.h"

#include <errno.h>

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
    return verilator_abi_guess((void (*)(void *, int))library->symbols[VERILATOR_CONTEXT_UNUSED].address);
}

bool library_has_tracer(const struct library *library, enum hooks_format format)
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

/* sc_time_stamp() is always the testbench's own, and weak only because Verilator's header declares it
 * so. A weak vl_time_stamp64() may be that too, or the header's inline copy, which answers 0. */
bool library_has_stamp(const struct library *library)
{
    return library->symbols[VERILATOR_SC_TIME_STAMP].address || library->strong[VERILATOR_TIME_STAMP64];
}

int library_watch(const struct library *library, enum verilator_symbol symbol,
                  void (*tell)(const struct patch_arguments *arguments), struct hooks_why *why)
{
    /* Patches are few and stay for good. */
    static struct {
        struct patch patch;
        void (*tell)(const struct patch_arguments *arguments);
    } watches[8 + LIBRARY_LIMIT];
    static size_t used;
    static const char name[] = "Verilator's run time library";
    const struct place *place = &library->symbols[symbol];
    for (size_t i = 0; i < used; i++)
        if (watches[i].patch.target.address == place->address && watches[i].tell == tell)
            return 0;
    if (!place->address || used == sizeof(watches) / sizeof(*watches))
        return why_set(why, -ENOENT, "a function of %s is missing: link without --gc-sections", name);
    const struct patch_target target = {name, place->address, place->size, place->room};
    int error = patch_check(&watches[used].patch, &target, why);
    if (!error)
        error = patch_notify(&watches[used].patch, tell, NULL, why);
    watches[used].tell = tell;
    used += !error;
    return error;
}
