/* SPDX-License-Identifier: MIT */
/* Two walks over the symbols: see find.h. The second one knows the candidates of the first. */
#include "find.h"
#include "why.h"

#include <errno.h>
#include <string.h>

struct search {
    struct found *found;
    const char *wanted;
    size_t candidates; /* models and those that there was no room for */
};

static void find_candidate(struct search *search, const struct image_symbol *symbol)
{
    struct found *found = search->found;
    const char *name;
    size_t length;
    if (verilator_abi_method(symbol, &name, &length) != VERILATOR_MODEL_EVAL || !symbol->code)
        return;
    if (search->wanted && (strlen(search->wanted) != length || strncmp(search->wanted, name, length) != 0))
        return;
    search->candidates++;
    if (found->count == FIND_MODELS || length >= FIND_NAME_SIZE)
        return;
    struct found_model *model = &found->models[found->count++];
    memcpy(model->name, name, length);
    model->name[length] = '\0';
    model->eval = (struct place){symbol->address, symbol->size, SIZE_MAX};
}

/* First walk: candidates, and the functions of the run time library. */
static void find_first(const struct image_symbol *symbol, void *context)
{
    struct search *search = context;
    struct found_library *library = &search->found->library;
    int known = verilator_abi_symbol(symbol);
    library->has_parts = library->has_parts || verilator_abi_is_of_part(symbol);
    if (known >= 0 && !library->symbols[known].address) {
        library->symbols[known] = (struct place){symbol->address, symbol->size, SIZE_MAX};
        library->strong[known] = symbol->strong;
    } else if (known < 0) {
        find_candidate(search, symbol);
    }
}

static void find_room(struct place *place, uintptr_t address)
{
    if (address > place->address && address - place->address < place->room)
        place->room = address - place->address;
}

/* Second walk: what else the candidates' classes have, and which symbols begin inside a function that
 * is to be patched. */
static void find_second(const struct image_symbol *symbol, void *context)
{
    static const enum verilator_symbol patched[] = {
        VERILATOR_CONTEXT_DESTRUCTOR,
        VERILATOR_FATAL,
        VERILATOR_STOP,
        VERILATOR_RUN_EXIT_CALLBACKS,
        VERILATOR_CONTEXT_UNUSED,
        VERILATOR_UNUSED,
        VERILATOR_TRACER_OPEN,
        VERILATOR_TRACER_OPEN_NEXT,
        VERILATOR_TRACER_CLOSE,
        VERILATOR_TRACER_DUMP,
        VERILATOR_TRACER_FLUSH,
    };
    const struct search *search = context;
    struct found *found = search->found;
    struct place *places = found->library.symbols;
    for (size_t i = 0; i < sizeof(patched) / sizeof(*patched); i++) {
        find_room(&places[patched[i]], symbol->address);
        if (patched[i] >= VERILATOR_TRACER)
            find_room(&places[verilator_abi_tracer(patched[i], HOOKS_FORMAT_FST)], symbol->address);
    }

    const char *name = NULL;
    size_t length = 0;
    int method = verilator_abi_method(symbol, &name, &length);
    for (size_t i = 0; i < found->count; i++) {
        struct found_model *model = &found->models[i];
        find_room(&model->eval, symbol->address);
        if (method >= 0 && strlen(model->name) == length && memcmp(model->name, name, length) == 0) {
            model->methods[method] = symbol->address;
            model->sizes[method] = symbol->size;
            if (method == VERILATOR_MODEL_SYMS)
                model->syms = verilator_abi_syms(symbol->name);
        }
    }
}

/* Drops user classes that only happen to have an eval_step(). */
static void find_confirm(struct found *found)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++)
        if (found->models[i].methods[VERILATOR_MODEL_SYMS])
            found->models[kept++] = found->models[i];
    found->count = kept;
}

static int find_none(const struct search *search, const struct image *image, struct hooks_why *why)
{
    const char *path = image_path(image);
    bool has_library = search->found->library.symbols[VERILATOR_PRODUCT_VERSION].address != 0;
    if (image_stripped(image))
        return why_set(why, -ENOENT, "%.120s is stripped: no .symtab; link it without -s and do not strip it",
                       path);
    if (search->wanted && has_library)
        return why_set(why, -ESRCH, "no model %.60s in %.120s: give the name of a Verilated top-level class",
                       search->wanted, path);
    if (has_library)
        return why_set(why, -ENOENT,
                       "no Verilator model in %.120s: no X::eval_step() beside X__Syms; build without -flto, "
                       "and link the model into the program itself",
                       path);
    return why_set(why, -ENOENT, "no Verilator model in %.120s: start a Verilated simulator", path);
}

int find_models(struct found *found, const char *wanted, struct hooks_why *why)
{
    __attribute__((cleanup(image_cleanup))) struct image *image = NULL;
    struct search search = {.found = found, .wanted = wanted};
    memset(found, 0, sizeof(*found));
    int error = image_open_executable(&image, why);
    if (error)
        return error;
    image_each(image, find_first, &search);
    if (found->count)
        image_each(image, find_second, &search);
    find_confirm(found);
    if (!found->count)
        return find_none(&search, image, why);
    if (search.candidates > FIND_MODELS)
        return why_set(why, -E2BIG, "more than %d models in %.100s: name one with LIGHTSSS_MODEL",
                       FIND_MODELS, image_path(image));
    return 0;
}
