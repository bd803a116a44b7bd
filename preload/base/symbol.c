/* SPDX-License-Identifier: MIT */
/* Looks a function up by its name, in the library's own hash table: see symbol.h. The loader has mapped and
 * used the same tables, so they are trusted. */
#define _GNU_SOURCE
#include "base/symbol.h"

#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#define HIDDEN_VERSION 0x8000 /* an old one, for programs that were linked with it */

/* What DT_GNU_HASH points to; behind it the filter, the buckets and the chains. */
struct symbol_hash {
    uint32_t bucket_count, first_symbol, filter_words, filter_shift;
};

uintptr_t symbol_number(const struct symbol_library *library, int64_t tag)
{
    for (const ElfW(Dyn) *entry = library->dynamic; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_val;
    return 0;
}

/* The loader has added the address to most of them in most releases. */
const void *symbol_table(const struct symbol_library *library, int64_t tag)
{
    uintptr_t address = symbol_number(library, tag);

    return (const void *)(address != 0 && address < library->base ? address + library->base : address);
}

struct search {
    const char *name;
    struct symbol_library *library;
    bool is_known;
    uintptr_t behind; /* an address in the object behind which the search begins; 0: all are searched */
    void *found;
};

static void take_segment(struct symbol_library *library, const ElfW(Phdr) * segment)
{
    uintptr_t start = library->base + segment->p_vaddr;

    if (segment->p_type == PT_DYNAMIC) {
        library->dynamic = (const void *)start;
    } else if (segment->p_type == PT_GNU_RELRO) {
        library->fixed_start = start;
        library->fixed_end = start + segment->p_memsz;
    }
}

/* False: it has no tables that are known here. */
static bool describe(struct symbol_library *library, const struct dl_phdr_info *object)
{
    *library = (struct symbol_library){.base = object->dlpi_addr};
    for (size_t i = 0; i < object->dlpi_phnum; i++)
        take_segment(library, &object->dlpi_phdr[i]);
    if (library->dynamic == NULL)
        return false;
    library->symbols = symbol_table(library, DT_SYMTAB);
    library->strings = symbol_table(library, DT_STRTAB);
    library->hash = symbol_table(library, DT_GNU_HASH);
    library->versions = symbol_table(library, DT_VERSYM);
    return library->symbols != NULL && library->strings != NULL && library->hash != NULL;
}

static int look_at_object(struct dl_phdr_info *object, size_t size, void *context)
{
    struct search *search = context;
    const char *slash = strrchr(object->dlpi_name, '/');

    (void)size;
    if (strcmp(slash != NULL ? slash + 1 : object->dlpi_name, search->name) != 0)
        return 0;
    search->is_known = describe(search->library, object);
    return 1;
}

bool symbol_library_find(struct symbol_library *library, const char *name)
{
    struct search search = {.name = name, .library = library};

    dl_iterate_phdr(look_at_object, &search);
    return search.is_known;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;

    for (; *name != '\0'; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static bool is_default(const struct symbol_library *library, uint32_t symbol)
{
    return library->versions == NULL || (library->versions[symbol] & HIDDEN_VERSION) == 0;
}

/* A chain holds the hashes of the symbols of a bucket, the lowest bit set in the last. A name may be there
 * several times, in versions of which one is that of today. */
static const ElfW(Sym) * look_up(const struct symbol_library *library, const char *name)
{
    const struct symbol_hash *header = library->hash;
    const ElfW(Addr) *filter = (const void *)(header + 1);
    const uint32_t *buckets = (const void *)(filter + header->filter_words);
    const uint32_t *chains = buckets + header->bucket_count;
    uint32_t first = header->first_symbol, hash = hash_of(name);
    uint32_t symbol = header->bucket_count > 0 ? buckets[hash % header->bucket_count] : 0;

    for (; symbol >= first && symbol != 0; symbol++) {
        const ElfW(Sym) *found = &library->symbols[symbol];

        if (((chains[symbol - first] ^ hash) & ~1u) == 0 && found->st_shndx != SHN_UNDEF &&
            is_default(library, symbol) && strcmp(library->strings + found->st_name, name) == 0)
            return found;
        if ((chains[symbol - first] & 1) != 0)
            break;
    }
    return NULL;
}

size_t symbol_find(const struct symbol_library *library, const char *name, void **function)
{
    const ElfW(Sym) *found = look_up(library, name);

    if (found == NULL || ELF64_ST_TYPE(found->st_info) != STT_FUNC)
        return 0;
    *function = (void *)(library->base + found->st_value);
    return found->st_size;
}

/* --- in the place of dlsym() --- */

bool symbol_object_holds(const struct dl_phdr_info *object, uintptr_t address)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        uintptr_t start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
        if (object->dlpi_phdr[i].p_type == PT_LOAD && address >= start &&
            address < start + object->dlpi_phdr[i].p_memsz)
            return true;
    }
    return false;
}

/* What chooses between several bodies of a function is a function without arguments on x86-64; elsewhere it
 * is told what the processor can do. */
static void *resolved(uintptr_t address)
{
    void *(*resolve)(unsigned long abilities) = (void *(*)(unsigned long))address;

    return resolve(getauxval(AT_HWCAP));
}

static int look_behind(struct dl_phdr_info *object, size_t size, void *context)
{
    struct search *search = context;
    struct symbol_library library;

    (void)size;
    if (search->behind != 0) {
        search->behind = symbol_object_holds(object, search->behind) ? 0 : search->behind;
        return 0;
    }
    /* The loader shows the kernel's vDSO, too, and binds nothing to it. */
    if (object->dlpi_addr == getauxval(AT_SYSINFO_EHDR) || !describe(&library, object))
        return 0;
    const ElfW(Sym) *symbol = look_up(&library, search->name);
    if (symbol == NULL)
        return 0;
    search->found = ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC
                        ? resolved(library.base + symbol->st_value)
                        : (void *)(library.base + symbol->st_value);
    return 1;
}

void *symbol_find_behind(const void *address, const char *name)
{
    struct search search = {.name = name, .behind = (uintptr_t)address};

    dl_iterate_phdr(look_behind, &search);
    return search.found;
}
