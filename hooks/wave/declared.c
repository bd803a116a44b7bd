/* SPDX-License-Identifier: MIT */
/* Every tracer since 4.220 asks one function of Verilator's, declCode(), whether a signal is to be dumped: it
 * is watched. Before 5.018 it is told a part of the name, behind a prefix that is pushed and popped. */
#include "wave/declared.h"
#include "elf/why.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DECLARED_NAME_SIZE   16384u
#define DECLARED_PREFIXES    256u
#define DECLARED_CODES       (UINT32_C(1) << 20) /* a larger model is measured when it is heard */
#define DECLARED_WORDS       2048u               /* of 32 bits, of a tracer: more than any has */
#define DECLARED_CHOICE_FROM 4220u               /* release */

/* std::string of libstdc++, not owning its text. */
struct string {
    const char *text;
    size_t length;
    char local[16];
};

static struct {
    struct tracer tracer; /* self is NULL where nobody listens */
    void (*see)(const char *name, size_t length);
    bool wants_room;
    uint32_t codes; /* as many as any tracer has used so far */

    char name[DECLARED_NAME_SIZE]; /* the prefix, and behind it the name that is declared */
    size_t prefixes[DECLARED_PREFIXES];
    size_t depth, prefix;
} declared;

static bool is_heard(const struct patch_arguments *arguments)
{
    return declared.tracer.self != NULL && arguments->integer[0] == (uintptr_t)declared.tracer.self;
}

static uintptr_t function(enum verilator_symbol symbol)
{
    return library_symbol(declared.tracer.library, verilator_abi_tracer(symbol, declared.tracer.format));
}

/* Behind the prefix; a name that has no room is cut, and is nobody's. */
static size_t append(const char *text, size_t length)
{
    size_t room = sizeof declared.name - 1 - declared.prefix;
    if (length > room)
        length = room;
    memcpy(declared.name + declared.prefix, text, length);
    declared.name[declared.prefix + length] = '\0';
    return declared.prefix + length;
}

/* --- room --- */

void declared_choose(const struct tracer *tracer, unsigned levels, const char *name)
{
    const struct string string = {.text = name, .length = strlen(name)};
    tracer_call(tracer, VERILATOR_TRACER_DUMPVARS, levels, (uintptr_t)&string);
}

static void declare_last(uint32_t code)
{
    static const char nobody[] = "\x01";
    const struct string string = {.text = nobody, .length = 1};
    void *self = declared.tracer.self;
    uintptr_t whole = function(VERILATOR_TRACER_DECLARE), part = function(VERILATOR_TRACER_DECLARE_PART);
    append(nobody, 1);
    declared_choose(&declared.tracer, 1, declared.name);
    if (whole)
        ((bool (*)(void *, uint32_t, const struct string *, uint32_t))whole)(self, code, &string, 1);
    else if (part)
        ((bool (*)(void *, uint32_t, const char *, uint32_t, bool))part)(self, code, nobody, 1, false);
}

/* A signal that nobody has, with a code behind all others, is declared and chosen: the table is made for it.
 * The tracer then counts on from there; the number that it counts with is put back. */
static void make_room(void)
{
    static uint32_t before[DECLARED_WORDS];
    uint32_t last = declared.codes > DECLARED_CODES ? declared.codes : DECLARED_CODES;
    size_t count = declared.tracer.library->row->tracer_file / sizeof *before;
    uint32_t *words = declared.tracer.self;
    if (count > DECLARED_WORDS)
        return;
    memcpy(before, words, count * sizeof *before);
    declare_last(last);
    for (size_t i = 0; i < count; i++)
        if (words[i] == last + 1)
            words[i] = before[i];
}

/* --- what is heard --- */

static void declare(const struct patch_arguments *arguments, const char *name, size_t length)
{
    uint32_t end = (uint32_t)arguments->integer[1] + ((uint32_t)arguments->integer[3] + 31) / 32;
    if (end > declared.codes)
        declared.codes = end;
    if (declared.wants_room) {
        declared.wants_room = false;
        make_room();
    }
    if (declared.see != NULL)
        declared.see(declared.name, append(name, length));
}

static void tell_whole(const struct patch_arguments *arguments)
{
    const struct string *name = (const struct string *)arguments->integer[2];
    if (is_heard(arguments))
        declare(arguments, name->text, name->length);
}

static void tell_part(const struct patch_arguments *arguments)
{
    const char *name = (const char *)arguments->integer[2];
    if (is_heard(arguments))
        declare(arguments, name, strlen(name));
}

static void tell_push(const struct patch_arguments *arguments)
{
    const struct string *more = (const struct string *)arguments->integer[1];
    if (!is_heard(arguments))
        return;
    if (declared.depth < DECLARED_PREFIXES)
        declared.prefixes[declared.depth] = declared.prefix;
    declared.depth++;
    declared.prefix = append(more->text, more->length);
}

static void tell_pop(const struct patch_arguments *arguments)
{
    if (!is_heard(arguments))
        return;
    for (uint32_t left = (uint32_t)arguments->integer[1]; left > 0 && declared.depth > 0; left--)
        if (--declared.depth < DECLARED_PREFIXES)
            declared.prefix = declared.prefixes[declared.depth];
}

/* --- ready --- */

static bool has(const struct tracer *tracer, enum verilator_symbol symbol)
{
    return library_symbol(tracer->library, verilator_abi_tracer(symbol, tracer->format)) != 0;
}

static int watch(const struct tracer *tracer, enum verilator_symbol symbol,
                 void (*tell)(const struct patch_arguments *arguments), struct hooks_why *why)
{
    return library_watch(tracer->library, verilator_abi_tracer(symbol, tracer->format), tell, why);
}

static int watch_parts(const struct tracer *tracer, struct hooks_why *why)
{
    int error = watch(tracer, VERILATOR_TRACER_PUSH_PREFIX, tell_push, why);
    if (!error)
        error = watch(tracer, VERILATOR_TRACER_POP_PREFIX, tell_pop, why);
    return error ? error : watch(tracer, VERILATOR_TRACER_DECLARE_PART, tell_part, why);
}

int declared_prepare(const struct tracer *tracer, struct hooks_why *why)
{
    if (tracer->library->release != 0 && tracer->library->release < DECLARED_CHOICE_FROM)
        return why_set(why, -ENOTSUP, "Verilator %s cannot choose, 4.220 and newer can",
                       tracer->library->release_name);
    if (!has(tracer, VERILATOR_TRACER_DUMPVARS))
        return why_set(why, -ENOTSUP, "Verilator's dumpvars() is missing: link without --gc-sections");
    return has(tracer, VERILATOR_TRACER_DECLARE) ? watch(tracer, VERILATOR_TRACER_DECLARE, tell_whole, why)
                                                 : watch_parts(tracer, why);
}

static void listen(const struct tracer *tracer)
{
    declared.tracer = *tracer;
    declared.depth = declared.prefix = 0;
    declared.see = NULL;
    declared.wants_room = false;
}

void declared_hear(const struct tracer *tracer, void (*see)(const char *name, size_t length))
{
    listen(tracer);
    declared.see = see;
}

void declared_make_room(const struct tracer *tracer)
{
    listen(tracer);
    declared.wants_room = true;
}

void declared_end(void)
{
    declared.tracer.self = NULL;
}
