/* SPDX-License-Identifier: MIT */
/* The loader tells debuggers of all namespaces, since glibc 2.35. Its lists are read under its own lock,
 * which dl_iterate_phdr() holds around its callback: see loaded.h. */
#include "elf/loaded.h"
#include "moved.h"

#include <dlfcn.h>
#include <string.h>

MOVED(dlinfo, MOVED_LATER);

#define VERSION_WITH_NEXT 2 /* of struct r_debug */

struct space {
    struct r_debug debug;
    const struct space *next;
};

struct walk {
    int (*look)(struct walk *walk, const struct link_map *library, size_t space); /* elsewhere */
    int (*visit)(struct dl_phdr_info *object, size_t space, void *context);
    void *context;
    int result;
    uintptr_t base; /* of the object that is sought */
    const struct link_map *sought;
};

const ElfW(Dyn) * loaded_dynamic(const struct dl_phdr_info *object)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    return NULL;
}

static const struct space *first_space(const struct dl_phdr_info *program)
{
    const ElfW(Dyn) *entry = loaded_dynamic(program);
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_DEBUG)
            return (const struct space *)entry->d_un.d_ptr;
    return NULL;
}

/* Where a library is loaded, its header is. */
static int visit_library(struct walk *walk, const struct link_map *library, size_t space)
{
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)library->l_addr;
    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return 0;
    struct dl_phdr_info object = {
        .dlpi_addr = library->l_addr,
        .dlpi_name = library->l_name,
        .dlpi_phdr = (const ElfW(Phdr) *)(library->l_addr + header->e_phoff),
        .dlpi_phnum = header->e_phnum,
    };
    return walk->visit(&object, space, walk->context);
}

static int visit_others(struct dl_phdr_info *program, size_t size, void *context)
{
    struct walk *walk = context;
    const struct space *space = first_space(program);
    size_t number = 1;
    (void)size;
    if (space == NULL || space->debug.r_version < VERSION_WITH_NEXT)
        return 1;
    for (space = space->next; space != NULL && !walk->result; space = space->next, number++)
        for (const struct link_map *map = space->debug.r_map; map != NULL && !walk->result; map = map->l_next)
            walk->result = walk->look(walk, map, number);
    return 1; /* the program was the first object */
}

static int visit_own(struct dl_phdr_info *object, size_t size, void *context)
{
    struct walk *walk = context;
    (void)size;
    return walk->result = walk->visit(object, 0, walk->context);
}

int loaded_elsewhere(int (*visit)(struct dl_phdr_info *object, size_t space, void *context), void *context)
{
    struct walk walk = {.look = visit_library, .visit = visit, .context = context};
    dl_iterate_phdr(visit_others, &walk);
    return walk.result;
}

int loaded_each(int (*visit)(struct dl_phdr_info *object, size_t space, void *context), void *context)
{
    struct walk walk = {.visit = visit, .context = context};
    if (dl_iterate_phdr(visit_own, &walk) != 0)
        return walk.result;
    return loaded_elsewhere(visit, context);
}

struct pair {
    uintptr_t one, other;
};

static bool holds(uintptr_t start, size_t size, uintptr_t address)
{
    return address - start < size;
}

static int find_segment(struct dl_phdr_info *object, size_t space, void *context)
{
    const struct pair *pair = context;
    (void)space;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && (segment->p_flags & (PF_X | PF_W)) == PF_X &&
            holds(start, segment->p_memsz, pair->one) && holds(start, segment->p_memsz, pair->other))
            return 1;
    }
    return 0;
}

bool loaded_share_code(uintptr_t one, uintptr_t other)
{
    struct pair pair = {one, other};
    return loaded_each(find_segment, &pair) != 0;
}

struct sought {
    uintptr_t base;
    size_t before;
};

static int find_base(struct dl_phdr_info *object, size_t size, void *context)
{
    struct sought *sought = context;
    (void)size;
    if (object->dlpi_addr == sought->base)
        return 1;
    sought->before++;
    return 0;
}

bool loaded_is_own(uintptr_t base, size_t *before)
{
    struct sought sought = {base, 0};
    bool found = dl_iterate_phdr(find_base, &sought) != 0;
    *before = sought.before;
    return found;
}

static int seek(struct walk *walk, const struct link_map *library, size_t space)
{
    (void)space;
    if (library->l_addr == walk->base)
        walk->sought = library;
    return 0;
}

bool loaded_is_elsewhere(uintptr_t base, long *space)
{
    struct walk walk = {.look = seek, .base = base};
    size_t before;
    Lmid_t found = LM_ID_BASE;
    if (loaded_is_own(base, &before))
        return false;
    dl_iterate_phdr(visit_others, &walk);
    if (walk.sought == NULL || dlinfo == NULL || dlinfo((void *)walk.sought, RTLD_DI_LMID, &found) != 0)
        return false;
    *space = found;
    return true;
}
