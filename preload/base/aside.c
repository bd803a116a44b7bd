/* SPDX-License-Identifier: MIT */
/* See aside.h. A block has a size that is a power of two, and is found again by that. Nothing is given back
 * to the kernel: the next search needs the same. */
#define _GNU_SOURCE
#include "base/aside.h"

#include <elf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/signal_mask.h"
#include "base/symbol.h"

#define SLOTS_MAX   16
#define AREAS_MAX   16
#define AREA_SIZE   ((size_t)1 << 20) /* of the first; each is twice as large as the one before */
#define SMALLEST    5                 /* as a power of two, in bytes */
#define HEADER_SIZE 16

/* --- blocks --- */

static struct area {
    char *start;
    size_t size, used;
} areas[AREAS_MAX];

struct header {
    size_t power;
    struct header *next; /* of a free block */
};

static struct header *free_blocks[64];

static bool is_ours(const void *block)
{
    for (size_t i = 0; i < AREAS_MAX && areas[i].start != NULL; i++)
        if ((const char *)block >= areas[i].start && (const char *)block < areas[i].start + areas[i].size)
            return true;
    return false;
}

static char *carve(size_t size)
{
    size_t area_size = AREA_SIZE;

    for (size_t i = 0; i < AREAS_MAX; i++, area_size *= 2) {
        struct area *area = &areas[i];
        if (area->start == NULL) {
            area_size = area_size > size ? area_size : size;
            void *start = mmap(NULL, area_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (start == MAP_FAILED)
                return NULL;
            *area = (struct area){start, area_size, 0};
        }
        if (area->size - area->used >= size) {
            area->used += size;
            return area->start + area->used - size;
        }
    }
    return NULL;
}

static void *take(size_t size)
{
    size_t power = SMALLEST;

    if (size > PTRDIFF_MAX / 2)
        return NULL;
    while (((size_t)1 << power) < size + HEADER_SIZE)
        power++;
    struct header *block = free_blocks[power];
    if (block != NULL)
        free_blocks[power] = block->next;
    else
        block = (void *)carve((size_t)1 << power);
    if (block == NULL)
        return NULL;
    block->power = power;
    return (char *)block + HEADER_SIZE;
}

static void give_back(void *memory)
{
    struct header *block = (void *)((char *)memory - HEADER_SIZE);

    block->next = free_blocks[block->power];
    free_blocks[block->power] = block;
}

static void *resize(void *memory, size_t size)
{
    const struct header *block = (const void *)((const char *)memory - HEADER_SIZE);
    size_t room = ((size_t)1 << block->power) - HEADER_SIZE;

    if (size <= room)
        return memory;
    void *larger = take(size);
    if (larger != NULL) {
        memcpy(larger, memory, room);
        give_back(memory);
    }
    return larger;
}

/* --- in libc's table --- */

static _Atomic uintptr_t owner; /* thread that allocates aside */
static uint64_t owner_mask;

static void *(*next_malloc)(size_t size);
static void *(*next_calloc)(size_t count, size_t size);
static void *(*next_realloc)(void *memory, size_t size);
static void (*next_free)(void *memory);

static bool is_owner(void)
{
    uintptr_t thread = atomic_load_explicit(&owner, memory_order_relaxed);

    return thread != 0 && thread == (uintptr_t)pthread_self();
}

static void *on_malloc(size_t size)
{
    return is_owner() ? take(size) : next_malloc(size);
}

static void *on_calloc(size_t count, size_t size)
{
    size_t all;

    if (!is_owner())
        return next_calloc(count, size);
    void *memory = __builtin_mul_overflow(count, size, &all) ? NULL : take(all);
    return memory != NULL ? memset(memory, 0, all) : NULL;
}

static void *on_realloc(void *memory, size_t size)
{
    if (memory != NULL ? !is_ours(memory) : !is_owner())
        return next_realloc(memory, size);
    return memory != NULL ? resize(memory, size) : take(size);
}

/* What another thread lets go of, as a locale's tables, is lost. */
static void on_free(void *memory)
{
    if (memory == NULL || !is_ours(memory))
        next_free(memory);
    else if (is_owner())
        give_back(memory);
}

static const struct {
    const char *name;
    void *function, *next;
} functions[] = {
    {"malloc", (void *)on_malloc, &next_malloc},
    {"calloc", (void *)on_calloc, &next_calloc},
    {"realloc", (void *)on_realloc, &next_realloc},
    {"free", (void *)on_free, &next_free},
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

static struct {
    struct symbol_library libc;
    struct {
        void *_Atomic *place;
        size_t function;
    } slots[SLOTS_MAX];
    size_t count;
    bool has[FUNCTIONS];
} table;

static void add_slot(const ElfW(Rela) * relocation)
{
    const struct symbol_library *libc = &table.libc;
    const char *name = libc->strings + libc->symbols[ELF64_R_SYM(relocation->r_info)].st_name;

    for (size_t i = 0; i < FUNCTIONS && table.count < SLOTS_MAX; i++)
        if (strcmp(name, functions[i].name) == 0) {
            table.slots[table.count].place = (void *)(libc->base + relocation->r_offset);
            table.slots[table.count++].function = i;
            table.has[i] = true;
        }
}

static void add_slots(int64_t relocations, int64_t size)
{
    const ElfW(Rela) *relocation = symbol_table(&table.libc, relocations);
    size_t count = relocation == NULL ? 0 : symbol_number(&table.libc, size) / sizeof *relocation;

    for (size_t i = 0; i < count; i++)
        add_slot(&relocation[i]);
}

/* Every one of them is there, and those that are bound are bound to what everybody calls. */
static bool find_slots(void)
{
    if (!symbol_library_find(&table.libc, "libc.so.6"))
        return false;
    add_slots(DT_RELA, DT_RELASZ);
    add_slots(DT_JMPREL, DT_PLTRELSZ);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        void *next = table.has[i] ? symbol_find_behind(NULL, functions[i].name) : NULL;
        if (next == NULL)
            return false;
        memcpy(functions[i].next, &next, sizeof next);
    }
    return true;
}

static bool set_slot(void *_Atomic *place, void *function)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)place & ~(page - 1);
    bool is_fixed =
        start >= (table.libc.fixed_start & ~(page - 1)) && start < (table.libc.fixed_end & ~(page - 1));

    if (is_fixed && mprotect((void *)start, page, PROT_READ | PROT_WRITE) != 0)
        return false;
    atomic_store(place, function);
    if (is_fixed)
        mprotect((void *)start, page, PROT_READ);
    return true;
}

/* Again before each use: the loader, which binds a call when it is first made, may have come later. */
static bool set_slots(void)
{
    for (size_t i = 0; i < table.count; i++) {
        void *function = functions[table.slots[i].function].function;
        if (atomic_load(table.slots[i].place) != function && !set_slot(table.slots[i].place, function))
            return false;
    }
    return true;
}

bool aside_prepare(void)
{
    return find_slots() && set_slots();
}

void aside_begin(void)
{
    uint64_t mask = signal_mask_block_all();

    owner_mask = mask;
    if (set_slots())
        atomic_store(&owner, (uintptr_t)pthread_self());
}

void aside_end(void)
{
    atomic_store(&owner, 0);
    signal_mask_restore(owner_mask);
}
