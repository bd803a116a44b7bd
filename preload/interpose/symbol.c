/* SPDX-License-Identifier: MIT */
/* Looks a function's size up by its name, in the library's own hash table: see symbol.h. The loader has
 * mapped and used the same tables, so they are trusted. */
#define _GNU_SOURCE
#include "symbol.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

/* What DT_GNU_HASH points to; behind it the filter, the buckets and the chains. */
struct hash_header {
    uint32_t bucket_count, first_symbol, filter_words, filter_shift;
};

struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    const struct hash_header *hash;
};

/* The loader has added the address to most of them in most releases. */
static const void *address_of(const struct link_map *map, const ElfW(Dyn) * entry)
{
    uintptr_t address = entry->d_un.d_ptr;

    return (const void *)(address < map->l_addr ? address + map->l_addr : address);
}

static struct tables find_tables(const struct link_map *map)
{
    struct tables tables = {NULL, NULL, NULL};

    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_SYMTAB)
            tables.symbols = address_of(map, entry);
        else if (entry->d_tag == DT_STRTAB)
            tables.strings = address_of(map, entry);
        else if (entry->d_tag == DT_GNU_HASH)
            tables.hash = address_of(map, entry);
    return tables;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;

    for (; *name != '\0'; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

/* A chain holds the hashes of the symbols of a bucket, the lowest bit set in the last. A name may be there
 * several times, in versions of which the address tells the right one. */
static size_t size_of(const struct link_map *map, const char *name, const void *function)
{
    struct tables tables = find_tables(map);

    if (tables.symbols == NULL || tables.strings == NULL || tables.hash == NULL)
        return 0;
    const ElfW(Addr) *filter = (const void *)(tables.hash + 1);
    const uint32_t *buckets = (const void *)(filter + tables.hash->filter_words);
    const uint32_t *chains = buckets + tables.hash->bucket_count;
    uint32_t first = tables.hash->first_symbol, hash = hash_of(name);
    uint32_t symbol = tables.hash->bucket_count > 0 ? buckets[hash % tables.hash->bucket_count] : 0;

    for (; symbol >= first && symbol != 0; symbol++) {
        const ElfW(Sym) *found = &tables.symbols[symbol];

        if (((chains[symbol - first] ^ hash) & ~1u) == 0 &&
            map->l_addr + found->st_value == (uintptr_t)function &&
            strcmp(tables.strings + found->st_name, name) == 0)
            return found->st_size;
        if ((chains[symbol - first] & 1) != 0)
            break;
    }
    return 0;
}

size_t symbol_find(void *library, const char *name, void **function)
{
    const ElfW(Sym) *symbol = NULL;
    struct link_map *map;
    Dl_info info;

    *function = dlsym(library, name);
    if (*function == NULL)
        return 0;
    size_t size = dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 ? size_of(map, name, *function) : 0;
    if (size > 0)
        return size;
    if (dladdr1(*function, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL)
        return 0;
    return symbol->st_size;
}
