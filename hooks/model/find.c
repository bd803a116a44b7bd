/* SPDX-License-Identifier: MIT */
/* A walk over the symbols, and one over their addresses: see find.h. The second one knows the candidates of
 * the first. Then the dynamic loader is asked which functions the object's own calls of the run time library
 * end up in. */
#include "model/find.h"
#include "elf/loaded.h"
#include "elf/scope.h"
#include "elf/stock.h"
#include "elf/why.h"
#include "moved.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

MOVED(dladdr1, MOVED_LATER);
MOVED(dlerror, MOVED_FIRST);
MOVED(dlsym, MOVED_FIRST);

/* A method of some class that may be a model; the name is that of the symbol. */
struct method_note {
    const char *symbol, *name; /* of the class, in it */
    size_t length;             /* of that */
    uintptr_t address;
    size_t size;
    int method;
};

struct search {
    const char *object; /* "": the program */
    const char *wanted;
    struct found_model *models, *last;
    bool has_eval;
    bool crowded;                 /* there was no memory for one */
    char remains[FIND_NAME_SIZE]; /* a class that must have been a model */
    struct library *library;
    bool is_elsewhere; /* in a namespace of its own */
    bool may_have_parts;
    uint64_t *lines; /* bits, see note_line() */
    struct method_note *notes;
    size_t note_count, note_room;
};

#define LINE_SIZE  64 /* more than the head of a function that is moved */
#define LINE_COUNT 32768u
#define NOTES_SIZE ((size_t)48 << 10) /* bytes at first; a whole number of notes */

static bool make_room(struct search *search)
{
    const size_t size = search->note_room * sizeof *search->notes;
    const size_t grown = size > 0 ? 2 * size : NOTES_SIZE;
    void *notes = size > 0 ? mremap(search->notes, size, grown, MREMAP_MAYMOVE) : stock_map(grown);
    if (notes == NULL || notes == MAP_FAILED)
        return false;
    search->notes = notes;
    search->note_room = grown / sizeof *search->notes;
    return true;
}

static void note_method(struct search *search, const struct method_note *note)
{
    if (search->note_count == search->note_room && !make_room(search))
        search->crowded = true;
    else
        search->notes[search->note_count++] = *note;
}

static void forget_methods(struct search *search)
{
    if (search->notes != NULL)
        munmap(search->notes, search->note_room * sizeof *search->notes);
    search->notes = NULL;
}

static void find_candidate(struct search *search, const struct image_symbol *symbol)
{
    const char *name;
    size_t length;
    int method = verilator_abi_method(symbol, &name, &length);
    if (method < 0)
        return;
    note_method(search,
                &(struct method_note){symbol->name, name, length, symbol->address, symbol->size, method});
    if (method == VERILATOR_MODEL_CLASS && length < sizeof search->remains) {
        memcpy(search->remains, name, length);
        search->remains[length] = '\0';
    }
    if (method != VERILATOR_MODEL_EVAL || !symbol->code)
        return;
    search->has_eval = true;
    struct found_model *model = length < FIND_NAME_SIZE ? stock_take(sizeof *model) : NULL;
    search->crowded = search->crowded || model == NULL;
    if (model == NULL)
        return;
    *model = (struct found_model){.next = NULL};
    memcpy(model->name, name, length);
    model->named = search->wanted == NULL || strcmp(search->wanted, model->name) == 0;
    model->eval = (struct place){.address = symbol->address, .size = symbol->size, .room = SIZE_MAX};
    *(search->last != NULL ? &search->last->next : &search->models) = model;
    search->last = model;
}

/* First walk: candidates, and the functions of the run time library. */
static void find_first(const struct image_symbol *symbol, void *context)
{
    struct search *search = context;
    struct library *library = search->library;
    int known = verilator_abi_symbol(symbol);
    if (search->may_have_parts && !library->has_parts)
        library->has_parts = verilator_abi_is_of_part(symbol);
    if (known >= 0 && !library->symbols[known].address) {
        library->symbols[known] =
            (struct place){symbol->address, symbol->size, SIZE_MAX, symbol->strong, symbol->exported};
    } else if (known < 0) {
        find_candidate(search, symbol);
    }
}

/* Of the run time library. */
static const enum verilator_symbol patched[] = {
    VERILATOR_CONTEXT_DESTRUCTOR, VERILATOR_FATAL,       VERILATOR_STOP,         VERILATOR_RUN_EXIT_CALLBACKS,
    VERILATOR_CONTEXT_UNUSED,     VERILATOR_UNUSED,      VERILATOR_TRACER_OPEN,  VERILATOR_TRACER_OPEN_NEXT,
    VERILATOR_TRACER_CLOSE,       VERILATOR_TRACER_DUMP, VERILATOR_TRACER_FLUSH,
};

static void each_patched(struct search *search, uintptr_t address,
                         void (*visit)(struct search *search, struct place *place, uintptr_t address))
{
    struct place *places = search->library->symbols;
    for (size_t i = 0; i < sizeof patched / sizeof *patched; i++) {
        visit(search, &places[patched[i]], address);
        if (patched[i] >= VERILATOR_TRACER)
            visit(search, &places[verilator_abi_tracer(patched[i], HOOKS_FORMAT_FST)], address);
    }
    for (struct found_model *model = search->models; model != NULL; model = model->next)
        visit(search, &model->eval, address);
}

static uint64_t *line_of(const struct search *search, uintptr_t address, uint64_t *bit)
{
    uintptr_t line = address / LINE_SIZE % LINE_COUNT;
    *bit = UINT64_C(1) << line % 64;
    return &search->lines[line / 64];
}

/* Which symbols begin in such a function's head is asked of those nearby only, by a bit for where it begins
 * and for what follows: a look at each place for each of a million symbols would take as long as all the
 * rest. */
static void note_line(struct search *search, struct place *place, uintptr_t unused)
{
    uint64_t bit;
    (void)unused;
    for (uintptr_t i = 0; place->address && i <= 1; i++)
        *line_of(search, place->address + i * LINE_SIZE, &bit) |= bit;
}

static void find_room(struct search *search, struct place *place, uintptr_t address)
{
    (void)search;
    if (address > place->address && address - place->address < place->room)
        place->room = address - place->address;
}

/* Second walk: which symbols begin inside a function that is to be patched. */
static void find_second(uintptr_t address, void *context)
{
    struct search *search = context;
    uint64_t bit;
    if (*line_of(search, address, &bit) & bit)
        each_patched(search, address, find_room);
}

static void take_method(struct found_model *model, const struct method_note *note)
{
    if (strlen(model->name) != note->length || memcmp(model->name, note->name, note->length) != 0)
        return;
    model->methods[note->method] = note->address;
    model->sizes[note->method] = note->size;
    if (note->method == VERILATOR_MODEL_SYMS)
        model->syms = verilator_abi_syms(note->symbol);
}

/* What else the candidates' classes have. */
static void find_methods(const struct search *search)
{
    for (size_t i = 0; i < search->note_count; i++)
        for (struct found_model *model = search->models; model != NULL; model = model->next)
            take_method(model, &search->notes[i]);
}

/* Drops user classes that only happen to have an eval_step(). */
static void find_confirm(struct search *search)
{
    struct found_model **link = &search->models;
    while (*link != NULL)
        if ((*link)->methods[VERILATOR_MODEL_SYMS] ||
            (*link)->methods[VERILATOR_MODEL_CLASS]) /* X__Syms was inlined into it */
            link = &(*link)->next;
        else
            *link = (*link)->next;
}

static void find_place(struct library *library, enum verilator_symbol symbol, void *address)
{
    Dl_info info;
    const ElfW(Sym) *entry = NULL;
    if (library->symbols[symbol].address == (uintptr_t)address || dladdr1 == NULL ||
        !dladdr1(address, &info, (void **)&entry, RTLD_DL_SYMENT) || entry == NULL)
        return;
    library->symbols[symbol] = (struct place){
        .address = (uintptr_t)address,
        .size = entry->st_size,
        .room = SIZE_MAX,
        .strong = ELF64_ST_BIND(entry->st_info) == STB_GLOBAL,
    };
}

/* A function that the object exports may have given way to one of the same name that was loaded before
 * it; one that it lacks is in the program or in a library that it needs. The program's own come first
 * anyway. */
static void find_bound(struct search *search, void *handle)
{
    if (search->is_elsewhere && search->library->symbols[VERILATOR_PRODUCT_VERSION].address)
        return; /* nobody but the object itself is asked there */
    bool is_program = *search->object == '\0';
    bool bound[VERILATOR_SYMBOLS] = {false};
    enum verilator_symbol symbol;
    const char *name;
    for (size_t row = 0; (name = verilator_abi_name(row, &symbol)) != NULL; row++) {
        bool own = search->library->symbols[symbol].address != 0;
        if (bound[symbol] || (own && (is_program || !search->library->symbols[symbol].exported)))
            continue;
        void *address =
            search->is_elsewhere ? NULL : scope_find(name, search->library->symbols[symbol].address);
        if (address == NULL && !own)
            address =
                search->is_elsewhere && dlsym != NULL ? dlsym(handle, name) : scope_find_in(handle, name);
        if (address == NULL)
            continue;
        find_place(search->library, symbol, address);
        bound[symbol] = true;
    }
}

static int find_none(const struct search *search, const struct image *image, struct hooks_why *why)
{
    const char *path = image_path(image), *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path; /* a testbench may have a basename() of its own */
    bool has_library = search->library->symbols[VERILATOR_PRODUCT_VERSION].address != 0;
    if (image_stripped(image))
        return why_set(why, -ENODATA,
                       "%.120s is stripped: its Verilator model cannot be found; link it without -s and do "
                       "not strip it",
                       name);
    if (search->remains[0] && !search->has_eval)
        return why_set(why, -ENOTSUP,
                       "%.60s::eval_step() was inlined into %.120s: build the model without -flto (the "
                       "testbench may have it)",
                       search->remains, name);
    if (has_library)
        return why_set(why, -ENOENT,
                       "no Verilator model in %.120s: no X::eval_step() beside X__Syms; build without -flto",
                       path);
    return -ENOENT; /* nothing of Verilator is here: nothing to be said */
}

static int find_in(struct search *search, const struct image *image, struct hooks_why *why)
{
    search->may_have_parts = image_names_hold(image, VERILATOR_SIGN_OF_PART);
    image_each(image, find_first, search);
    if (search->models != NULL) {
        static uint64_t lines[LINE_COUNT / 64];
        search->lines = lines;
        each_patched(search, 0, note_line);
        image_each_address(image, find_second, search);
        memset(lines, 0, sizeof lines);
        find_methods(search);
    }
    forget_methods(search);
    find_confirm(search);
    if (search->crowded)
        return why_set(why, -ENOMEM, "no memory to note the models of %.120s: raise the limits",
                       image_path(image));
    return search->models != NULL ? 0 : find_none(search, image, why);
}

static void close_handle(void *const *handle)
{
    if (*handle != NULL)
        dlclose(*handle);
}

/* What has been patched must not be unmapped: a library with a model stays, its destructors run when the
 * process ends. Looked at first without that promise, because most have no model. What was there from the
 * start stays anyway; a handle of it would be the first, for which the loader takes memory of the simulator's
 * heap. */
static void *open_handle(const char *name, const long *space, int flags)
{
    flags |= RTLD_LAZY | RTLD_NOLOAD;
    return space != NULL ? dlmopen(*space, name, flags) : dlopen(name, flags);
}

static struct library *libraries;

static bool is_known(uintptr_t base)
{
    for (const struct library *known = libraries; known != NULL; known = known->next)
        if (known->base == base)
            return true;
    return false;
}

/* What was found is to stay. */
static int remember(struct search *search, uintptr_t base, struct hooks_why *why)
{
    struct library *library = stock_take(sizeof *library);
    if (library == NULL)
        return why_set(why, -ENOMEM, "no memory to note the models of %.120s: raise the limits",
                       *search->object ? search->object : "the program");
    *library = *search->library;
    library->base = base;
    library->next = libraries;
    libraries = library;
    library_learn(library);
    for (struct found_model *model = search->models; model != NULL; model = model->next)
        model->library = library;
    return 0;
}

int find_models(struct found_model **models, const char *name, uintptr_t base, const char *wanted,
                struct hooks_why *why)
{
    __attribute__((cleanup(image_cleanup))) struct image *image = NULL;
    bool is_later = scope_is_later(base);
    long number, *space = is_later && loaded_is_elsewhere(base, &number) ? &number : NULL;
    if (is_known(base))
        return why_set(why, -EALREADY, "the models of %.120s are known", name);
    __attribute__((cleanup(close_handle))) void *handle = is_later ? open_handle(name, space, 0) : NULL;
    if (handle == NULL && is_later && dlerror != NULL &&
        dlerror() != NULL) /* what is gone is no error to RTLD_NOLOAD */
        return why_set(why, -ENOMEM, "%.120s cannot be looked into: raise the limit of memory", name);
    if (handle == NULL && is_later)
        return why_set(why, -ENOENT, "%.120s is not loaded any more: keep it open", name);
    int error = image_open_loaded(&image, name, base, why);
    if (error)
        return error;
    struct library library = {.has_parts = false};
    struct search search = {
        .object = name, .wanted = wanted, .library = &library, .is_elsewhere = space != NULL};
    error = find_in(&search, image, why);
    if (error)
        return error;
    find_bound(&search, handle);
    error = remember(&search, base, why);
    if (error)
        return error;
    if (is_later)
        open_handle(name, space, RTLD_NODELETE);
    *models = search.models;
    return 0;
}
