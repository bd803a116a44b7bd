/* SPDX-License-Identifier: MIT */
/* Names for addresses: see where.h. Who called is guessed from the stack: the first word on it that lies in a
 * function of the program, behind what may be a call. So is what was called, where the thread is in a
 * function of libc that has no name: the last such word before it that lies in one with a name. Unwinding
 * would need locks that the hanging thread may hold. */
#define _GNU_SOURCE
#include "replay/where.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/loaded_code.h"
#include "base/symbol.h"
#include "base/text.h"
#include "base/user_memory.h"
#include "run/notes.h"
#include "run/run.h"
#include "snapshot/threads/frame_processor.h"

#define FUNCTIONS_SIZE ((size_t)64 << 20) /* pages that are never touched cost nothing */
#define NAME_SIZE      96u
#define FAR            ((uintptr_t)1 << 20) /* no function is that long: it is none that we know */
#define WORDS          1024u                /* of the stack, that are looked at */

struct function {
    uintptr_t address;
    char name[NAME_SIZE];
};

static struct function *functions;
static size_t count;
static struct loaded_code program;
static struct symbol_library libc, threads; /* libpthread is apart before glibc 2.34 */

static void add(const char *name, uintptr_t address, size_t space, void *unused)
{
    (void)space;
    (void)unused;
    if ((count + 1) * sizeof *functions > FUNCTIONS_SIZE)
        return;
    functions[count].address = address;
    strncpy(functions[count].name, name, NAME_SIZE - 1);
    count++;
}

void where_prepare(void)
{
    void *memory = mmap(NULL, FUNCTIONS_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return;
    functions = memory;
    program = loaded_code_around(NULL);
    if (!symbol_library_find(&libc, "libc.so.6"))
        return;
    if (!symbol_library_find(&threads, "libpthread.so.0"))
        threads = libc;
    run.hooks->functions(add, NULL);
}

static const struct function *function_at(uintptr_t address)
{
    const struct function *found = NULL;

    for (size_t i = 0; i < count; i++)
        if (functions[i].address <= address && (found == NULL || functions[i].address > found->address))
            found = &functions[i];
    return found != NULL && address - found->address < FAR ? found : NULL;
}

/* In libc most functions have no name, and lie behind one that has. */
static const struct function *named_at(uintptr_t address)
{
    const struct function *found = function_at(address);
    void *start = NULL;

    if (found == NULL || !loaded_code_is_libc(address))
        return found;
    size_t size = symbol_find(&libc, found->name, &start);
    if ((uintptr_t)start != found->address)
        size = symbol_find(&threads, found->name, &start);
    return (uintptr_t)start == found->address && address - found->address <= size ? found : NULL;
}

static const struct function *find_caller(uintptr_t stack, const struct function **called)
{
    static uintptr_t words[WORDS];
    long size = user_memory_peek(words, (const void *)stack, sizeof words);

    for (long i = 0; i < size / (long)sizeof *words; i++) {
        bool is_program = loaded_code_holds(&program, (const void *)words[i]);

        if ((!is_program && !loaded_code_is_libc(words[i])) || !frame_is_behind_call(words[i]))
            continue;
        const struct function *function = named_at(words[i]);
        if (is_program)
            return function;
        if (function != NULL)
            *called = function;
    }
    return NULL;
}

static void describe(struct text *text, const void *ucontext, const char *call)
{
    const struct function *outermost = NULL, *caller = NULL;
    struct frame frame;

    frame_read(ucontext, &frame);
    const struct function *function = named_at(frame.program_counter);
    if (!loaded_code_holds(&program, (const void *)frame.program_counter))
        caller = find_caller(frame.stack_pointer, &outermost);
    if (function == NULL && caller != NULL)
        function = outermost;
    if (call == NULL && function != NULL)
        call = function->name;
    if (call != NULL)
        text_format(text, "%s%s", call, caller != NULL ? ", called from " : "");
    if (caller != NULL)
        text_format(text, "%s", caller->name);
}

void where_note(const void *ucontext, const char *call)
{
    char bytes[200];
    struct text where = text_in(bytes, sizeof bytes);

    describe(&where, ucontext, call);
    if (where.length > 0)
        notes_add("it hangs in %s", bytes);
}
