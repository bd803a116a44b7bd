/* SPDX-License-Identifier: MIT */
/* Symbols are looked up in the tables that the loader itself uses: see scope.h. dlsym() is only asked where
 * it is known to find something. The objects that the process was started with are seen by all others, and
 * stand first in the loader's list. */
#include "elf/scope.h"
#include "elf/loaded.h"
#include "moved.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>

MOVED(dlsym, MOVED_FIRST);

static size_t started_with;
static bool is_global_used;

void scope_know(size_t count, bool is_global)
{
    started_with = count;
    is_global_used = is_global;
}

/* What DT_GNU_HASH points to; behind it the filter, the buckets and the chains. */
struct hash_header {
    uint32_t bucket_count, first_symbol, filter_words, filter_shift;
};

struct tables {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const struct hash_header *hash;
    const uint32_t *old_hash; /* DT_HASH */
};

/* The loader has added the base to most of them in most releases. */
static const void *address_of(uintptr_t base, const ElfW(Dyn) * entry)
{
    uintptr_t address = entry->d_un.d_ptr;
    return (const void *)(address < base ? address + base : address);
}

static struct tables find_tables(const struct dl_phdr_info *object)
{
    struct tables tables = {.base = object->dlpi_addr};
    const ElfW(Dyn) *entry = loaded_dynamic(object);
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_SYMTAB)
            tables.symbols = address_of(tables.base, entry);
        else if (entry->d_tag == DT_STRTAB)
            tables.strings = address_of(tables.base, entry);
        else if (entry->d_tag == DT_GNU_HASH)
            tables.hash = address_of(tables.base, entry);
        else if (entry->d_tag == DT_HASH)
            tables.old_hash = address_of(tables.base, entry);
    return tables;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static uint32_t old_hash_of(const char *name)
{
    uint32_t hash = 0;
    for (; *name; name++) {
        hash = (hash << 4) + (uint8_t)*name;
        hash ^= hash >> 24 & 0xf0;
        hash &= 0x0fffffff;
    }
    return hash;
}

static const ElfW(Sym) * defined(const struct tables *tables, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];
    bool is_one =
        symbol->st_shndx != SHN_UNDEF && symbol->st_value && ELF64_ST_BIND(symbol->st_info) != STB_LOCAL;
    return is_one && strcmp(tables->strings + symbol->st_name, name) == 0 ? symbol : NULL;
}

/* The filter tells of most names that are not there, by two bits of one word. */
static bool may_have(const struct hash_header *header, const ElfW(Addr) * filter, uint32_t hash)
{
    const uint32_t bits = 8 * sizeof *filter;
    ElfW(Addr) word = header->filter_words ? filter[hash / bits % header->filter_words] : ~(ElfW(Addr))0;
    return word >> hash % bits & word >> (hash >> header->filter_shift) % bits & 1;
}

/* A chain holds the hashes of the symbols of a bucket, the lowest bit set in the last. */
static const ElfW(Sym) * look_up(const struct tables *tables, const char *name, uint32_t hash)
{
    const struct hash_header *header = tables->hash;
    const ElfW(Addr) *filter = (const void *)(header + 1);
    const uint32_t *buckets = (const void *)(filter + header->filter_words);
    const uint32_t *chains = buckets + header->bucket_count;
    if (!may_have(header, filter, hash))
        return NULL;
    uint32_t index = header->bucket_count ? buckets[hash % header->bucket_count] : 0;
    for (; index >= header->first_symbol && index; index++) {
        uint32_t other = chains[index - header->first_symbol];
        const ElfW(Sym) *found = ((other ^ hash) & ~1u) == 0 ? defined(tables, index, name) : NULL;
        if (found != NULL || other & 1)
            return found;
    }
    return NULL;
}

static const ElfW(Sym) * look_up_old(const struct tables *tables, const char *name)
{
    const uint32_t *buckets = tables->old_hash + 2, *chains = buckets + tables->old_hash[0];
    uint32_t index = tables->old_hash[0] ? buckets[old_hash_of(name) % tables->old_hash[0]] : 0;
    for (; index; index = chains[index]) {
        const ElfW(Sym) *found = defined(tables, index, name);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static uintptr_t exported(const struct dl_phdr_info *object, const char *name, uint32_t hash)
{
    struct tables tables = find_tables(object);
    const ElfW(Sym) *symbol = NULL;
    if (tables.symbols == NULL || tables.strings == NULL)
        return 0;
    if (tables.hash != NULL)
        symbol = look_up(&tables, name, hash);
    else if (tables.old_hash != NULL)
        symbol = look_up_old(&tables, name);
    return symbol != NULL ? tables.base + symbol->st_value : 0;
}

bool scope_is_later(uintptr_t base)
{
    size_t before;
    loaded_is_own(base, &before);
    return before >= started_with;
}

struct search {
    const char *name;
    uint32_t hash;
    uintptr_t own;
    size_t number;      /* of objects that were looked at */
    uintptr_t at_start; /* the first one of an object that was there at the start */
    uintptr_t later;
    struct scope_range range; /* of the object that has it */
};

static struct scope_range range_of(const struct dl_phdr_info *object)
{
    struct scope_range range = {UINTPTR_MAX, 0};
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
        if (segment->p_type != PT_LOAD)
            continue;
        range.start = start < range.start ? start : range.start;
        range.end = end > range.end ? end : range.end;
    }
    return range;
}

static int search_object(struct dl_phdr_info *object, size_t size, void *context)
{
    struct search *search = context;
    bool was_there = search->number++ < started_with;
    (void)size;
    if (!was_there && search->later)
        return 0;
    uintptr_t address = exported(object, search->name, search->hash);
    if (address && (was_there || address != search->own)) {
        *(was_there ? &search->at_start : &search->later) = address;
        search->range = range_of(object);
    }
    return search->at_start != 0;
}

static struct search search_all(const char *name, uintptr_t own)
{
    struct search search = {.name = name, .hash = hash_of(name), .own = own};
    dl_iterate_phdr(search_object, &search);
    return search;
}

void *scope_find(const char *name, uintptr_t own)
{
    struct search search = search_all(name, own);
    if (search.at_start)
        return (void *)search.at_start;
    return search.later && is_global_used && dlsym != NULL ? dlsym(RTLD_DEFAULT, name) : NULL;
}

void *scope_find_anywhere(const char *name, struct scope_range *range)
{
    struct search search = search_all(name, 0);
    *range = search.range;
    return (void *)(search.at_start ? search.at_start : search.later);
}

void *scope_find_in(void *handle, const char *name)
{
    struct search search = search_all(name, 0);
    return handle != NULL && dlsym != NULL && (search.at_start || search.later) ? dlsym(handle, name) : NULL;
}
