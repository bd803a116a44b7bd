/* SPDX-License-Identifier: MIT */
/* See code_place.h. The program's own code, and that of most libraries, runs in the same way in a replay. The
 * C library's does not, where we stand in front of its functions; nor does ours. There the place is the one
 * to which the call will return. */
#define _GNU_SOURCE
#include "record/code_place.h"

#include <gnu/libc-version.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/symbol.h"
#include "base/user_memory.h"
#include "run/run.h"
#include "snapshot/threads/frame_processor.h"

#define RANGES_MAX 256u
#define SCAN_WORDS 32u
#define SCAN_STEPS 32u /* of so many words */

struct range {
    uintptr_t start, end;
};

/* Code of the program and of most libraries; of the C library and the loader; ours. */
enum owner { OWNER_PROGRAM, OWNER_LIBC, OWNER_US, OWNERS };

struct code {
    struct range range[RANGES_MAX];
    unsigned count;
};

/* Two, so that a signal that comes while it is learnt anew finds the old. */
static struct code tables[2][OWNERS];
static struct code *_Atomic code = tables[0];

static enum owner owner_of(const struct dl_phdr_info *object)
{
    if (symbol_object_holds(object, (uintptr_t)code_place_learn) ||
        symbol_object_holds(object, (uintptr_t)run.hooks->evals))
        return OWNER_US;
    if (symbol_object_holds(object, (uintptr_t)gnu_get_libc_version) ||
        symbol_object_holds(object, getauxval(AT_BASE)) ||
        symbol_object_holds(object, getauxval(AT_SYSINFO_EHDR)) ||
        strstr(object->dlpi_name, "libpthread") != NULL)
        return OWNER_LIBC;
    return OWNER_PROGRAM;
}

static int learn_object(struct dl_phdr_info *object, size_t size, void *table)
{
    struct code *owned = &((struct code *)table)[owner_of(object)];

    (void)size;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && (header->p_flags & PF_X) != 0 && owned->count < RANGES_MAX)
            owned->range[owned->count++] = (struct range){start, start + header->p_memsz};
    }
    return 0;
}

void code_place_learn(void)
{
    static atomic_flag is_learning = ATOMIC_FLAG_INIT;

    if (atomic_flag_test_and_set(&is_learning))
        return;
    struct code *other = atomic_load(&code) == tables[0] ? tables[1] : tables[0];
    for (unsigned i = 0; i < OWNERS; i++)
        other[i].count = 0;
    dl_iterate_phdr(learn_object, other);
    atomic_store(&code, other);
    atomic_flag_clear(&is_learning);
}

void code_place_renew(void)
{
    if (atomic_load(&code)[OWNER_US].count > 0)
        code_place_learn();
}

static bool is_of(enum owner owner, uint64_t address)
{
    const struct code *owned = &atomic_load(&code)[owner];

    for (unsigned i = 0; i < owned->count; i++)
        if (address >= owned->range[i].start && address < owned->range[i].end)
            return true;
    return false;
}

bool code_place_is_program(uint64_t address)
{
    return is_of(OWNER_PROGRAM, address);
}

static bool is_way_back(uint64_t address)
{
    return is_of(OWNER_PROGRAM, address) && is_of(OWNER_PROGRAM, address - 8) &&
           frame_is_behind_call(address);
}

static void take_way_back(struct code_place *place, uint64_t word, uint64_t where)
{
    if (!is_way_back(word))
        return;
    place->back_address = word;
    place->back_stack = where + sizeof word;
}

/* A direct call leads to the object's own code, or to a stub that jumps through a pointer. */
static bool leads_out(uint64_t word)
{
    if (!is_way_back(word))
        return false;
    uint64_t target = code_place_target(word);
    return target == 0 || (code_place_is_program(target) && code_place_is_stub(target));
}

/* The first address on the stack that is behind a call of another object is the one to return to, unless it
 * is left of an older call. */
static void scan_for_way_back(struct code_place *place, uint64_t frame)
{
    uint64_t words[SCAN_WORDS], stack = place->stack;

    for (unsigned step = 0; step < SCAN_STEPS && (frame == 0 || stack <= frame);
         step++, stack += sizeof words) {
        long size = user_memory_peek(words, (const void *)stack, sizeof words);
        for (long i = 0; i < size / (long)sizeof *words; i++)
            if (leads_out(words[i])) {
                take_way_back(place, words[i], stack + (uint64_t)i * sizeof *words);
                return;
            }
        if (size < (long)sizeof words)
            return;
    }
}

/* What the testbench calls in turn with eval returns through the word of that frame. */
static void find_way_back(struct code_place *place, uint64_t frame)
{
    uint64_t word;
    bool is_framed = frame != 0 && user_memory_peek(&word, (const void *)frame, sizeof word) == sizeof word;

    if (is_framed && leads_out(word))
        take_way_back(place, word, frame);
    else if (place->address == 0)
        scan_for_way_back(place, frame);
    if (place->address == 0 && place->back_address == 0 && is_framed)
        take_way_back(place, word, frame);
}

void code_place_read(struct code_place *place, const void *ucontext, uint64_t frame)
{
    memset(place, 0, sizeof *place);
    code_place_registers(place, ucontext);
    const uint64_t next = place->address;
    const bool is_program = is_of(OWNER_PROGRAM, next), is_libc = is_of(OWNER_LIBC, next);
    const bool is_behind = (is_program || is_libc) && code_place_is_call(next - code_place_call_size);

    place->ends_call = is_behind && code_place_is_interrupted(ucontext);
    if (place->ends_call)
        place->address -= code_place_call_size;
    if (!is_program && !(is_libc && (is_behind || code_place_is_call(next))))
        place->address = 0;
    if (!is_program && frame != CODE_PLACE_NO_FRAME)
        find_way_back(place, frame);
}
