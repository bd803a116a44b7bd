/* SPDX-License-Identifier: MIT */
/* Functions of Verilator's run time library: see library.h. Patches are few and stay for good. */
#include "library.h"
#include "why.h"

#include <errno.h>
#include <string.h>

#define LIBRARY_PATCHES 24

static struct {
    const struct found_library *found;
    uintptr_t originals[VERILATOR_SYMBOLS]; /* of functions that are patched; 0: not patched */
    struct patch patches[LIBRARY_PATCHES];
    size_t count;
} library;

void library_found(const struct found_library *found)
{
    library.found = found;
}

uintptr_t library_symbol(enum verilator_symbol symbol)
{
    return library.originals[symbol] ? library.originals[symbol] : library.found->symbols[symbol].address;
}

/* A patch for it; NULL and *error where there can be none. */
static struct patch *next_patch(enum verilator_symbol symbol, struct hooks_why *why, int *error)
{
    static const char name[] = "Verilator's run time library";
    const struct place *place = &library.found->symbols[symbol];
    const struct patch_target target = {name, place->address, place->size, place->room};
    *error = -ENOENT;
    if (!place->address || library.originals[symbol] || library.count == LIBRARY_PATCHES) {
        why_write(why, "a function of %s is missing: link without --gc-sections", name);
        return NULL;
    }
    *error = patch_check(&library.patches[library.count], &target, why);
    return *error ? NULL : &library.patches[library.count++];
}

static int note_original(enum verilator_symbol symbol, const struct patch *patch, int error)
{
    if (!error)
        memcpy(&library.originals[symbol], &patch->original, sizeof(library.originals[symbol]));
    return error;
}

int library_watch(enum verilator_symbol symbol, void (*tell)(const struct patch_arguments *arguments),
                  struct hooks_why *why)
{
    int error;
    struct patch *patch = next_patch(symbol, why, &error);
    return patch ? note_original(symbol, patch, patch_notify(patch, tell, NULL, why)) : error;
}

int library_method(enum verilator_symbol symbol, const struct patch_shortcut *shortcut,
                   uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context,
                   volatile uint64_t **shut, struct hooks_why *why)
{
    int error;
    struct patch *patch = next_patch(symbol, why, &error);
    if (!patch)
        return error;
    error = patch_method(patch, shortcut, handler, context, why);
    *shut = patch->shut;
    return note_original(symbol, patch, error);
}
