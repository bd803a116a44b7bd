/* SPDX-License-Identifier: MIT */
/* Loaded objects that may hold a model, and which of them have been looked at. Pure logic but for the memory
 * of the list; the loader is what the caller gives. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_CANDIDATES_H
#define LIGHTSSS_PRELOAD_ATTACH_CANDIDATES_H

#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct candidate {
    uintptr_t base;
    char name[PATH_MAX]; /* as dl_iterate_phdr() tells it: "" is the program */
};

/* Begins as zeros. */
struct candidates {
    struct candidate *list; /* of the last look; in memory of our own, which grows */
    size_t room, count;
    int error;           /* of the last look: there was no memory for some of them; 0: there was */
    size_t started_with; /* so many objects */
    _Atomic unsigned long long seen; /* of the objects ever loaded, how many were looked at */
};

/* As dl_iterate_phdr(), and the same for the objects of the other namespaces. */
struct candidates_loader {
    int (*each)(int (*visit)(struct dl_phdr_info *info, size_t size, void *context), void *context);
    int (*elsewhere)(int (*visit)(struct dl_phdr_info *info, size_t size, void *context), void *context);
};

/* Has anything been loaded since the last look? For any thread. */
bool candidates_are_new(const struct candidates *candidates, const struct candidates_loader *loader);

/* Looks at the objects that are new. */
void candidates_look(struct candidates *candidates, const struct candidates_loader *loader);

#endif
