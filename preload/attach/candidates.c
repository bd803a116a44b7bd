/* SPDX-License-Identifier: MIT */
/* Walks over the loader's list: see candidates.h. */
#define _GNU_SOURCE
#include "attach/candidates.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "attach/recognise.h"

#define MORE 16u

/* One walk over the loaded objects. */
struct walk {
    struct candidates *candidates;
    unsigned long long adds, subs; /* how many were ever loaded and unloaded */
    size_t count;
    size_t skip; /* so many, from the first, are known already */
    bool changed;
};

static int count_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct walk *walk = context;

    (void)size;
    walk->adds = info->dlpi_adds;
    walk->subs = info->dlpi_subs;
    walk->count++;
    return 0;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *context)
{
    count_object(info, size, context);
    return 1;
}

static bool make_room(struct candidates *candidates)
{
    size_t size = candidates->room * sizeof *candidates->list, grown = size + MORE * sizeof *candidates->list;

    if (candidates->count < candidates->room)
        return true;
    void *list = candidates->list == NULL
                     ? mmap(NULL, grown, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                     : mremap(candidates->list, size, grown, MREMAP_MAYMOVE);
    if (list == MAP_FAILED) {
        candidates->error = errno;
        return false;
    }
    candidates->list = list;
    candidates->room += MORE;
    return true;
}

static void look_at(struct candidates *candidates, struct dl_phdr_info *info)
{
    if (strlen(info->dlpi_name) >= PATH_MAX || recognise_object(info) == RECOGNISED_NOTHING ||
        !make_room(candidates))
        return;
    struct candidate *candidate = &candidates->list[candidates->count++];
    candidate->base = info->dlpi_addr;
    strcpy(candidate->name, info->dlpi_name); /* NOLINT: measured above */
}

static int look_at_new(struct dl_phdr_info *info, size_t size, void *context)
{
    struct walk *walk = context;

    (void)size;
    walk->changed = info->dlpi_subs != walk->subs;
    if (walk->changed)
        return 1;
    if (walk->skip > 0)
        walk->skip--;
    else
        look_at(walk->candidates, info);
    return 0;
}

static int look_elsewhere(struct dl_phdr_info *info, size_t size, void *candidates)
{
    (void)size;
    look_at(candidates, info);
    return 0;
}

bool candidates_are_new(const struct candidates *candidates, const struct candidates_loader *loader)
{
    struct walk walk = {.count = 0};

    loader->each(first_object, &walk);
    return walk.adds != atomic_load(&candidates->seen);
}

/* New objects are the last ones in the loader's list. Where some are gone already, or were loaded elsewhere
 * (dlmopen), that takes in older ones: they are known to the hooks. */
void candidates_look(struct candidates *candidates, const struct candidates_loader *loader)
{
    struct walk walk;

    do {
        candidates->count = 0;
        candidates->error = 0;
        walk = (struct walk){.candidates = candidates};
        loader->each(count_object, &walk);
        unsigned long long fresh = walk.adds - atomic_load(&candidates->seen);
        walk.skip = fresh < walk.count ? walk.count - (size_t)fresh : 0;
        loader->each(look_at_new, &walk);
    } while (walk.changed);
    loader->elsewhere(look_elsewhere, candidates);
    if (candidates->started_with == 0)
        candidates->started_with = walk.count;
    atomic_store(&candidates->seen, walk.adds);
}
