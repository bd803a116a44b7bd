/* SPDX-License-Identifier: MIT */
/* Models in shared objects that are opened while the process runs. dlopen() and dlmopen() themselves are in
 * dlopen_<processor>.c: libc looks where they are called from. dlclose() is met only to know that a
 * destructor is running. */
#define _GNU_SOURCE
#include "interpose/dlopen.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "attach/attach.h"
#include "base/next.h"
#include "record/code_place.h"
#include "run/role.h"
#include "run/run.h"

#define OPENINGS_MAX 64

/* How many dlopen() and dlclose() a thread is in: constructors and destructors may call them. Every process
 * has this, so it is no record of the thread's own. */
static struct opening {
    _Atomic uintptr_t thread; /* 0: nobody's */
    unsigned depth;
} openings[OPENINGS_MAX];

/* owner: 0 for a place that is free. NULL: there is none. */
static struct opening *find_opening(uintptr_t owner)
{
    for (size_t i = 0; i < OPENINGS_MAX; i++) {
        uintptr_t expected = owner;
        if (atomic_load(&openings[i].thread) == owner &&
            (owner != 0 ||
             atomic_compare_exchange_strong(&openings[i].thread, &expected, (uintptr_t)pthread_self())))
            return &openings[i];
    }
    return NULL;
}

/* Who finds no place counts as one that is inside of another. */
static void enter(void)
{
    struct opening *opening = find_opening((uintptr_t)pthread_self());

    if (opening == NULL)
        opening = find_opening(0);
    if (opening != NULL)
        opening->depth++;
}

static unsigned leave(void)
{
    struct opening *opening = find_opening((uintptr_t)pthread_self());

    if (opening == NULL)
        return 1;
    unsigned depth = --opening->depth;
    if (depth == 0)
        atomic_store(&opening->thread, 0);
    return depth;
}

void *dlopen_next(void)
{
    return (void *)NEXT(dlopen);
}

void *dlmopen_next(void)
{
    return (void *)NEXT(dlmopen);
}

struct search {
    uintptr_t address;
    struct dlopen_code found, program;
};

static int look_for_code(struct dl_phdr_info *info, size_t size, void *context)
{
    struct search *search = context;

    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || (header->p_flags & (PF_R | PF_X)) != (PF_R | PF_X))
            continue;
        const uint8_t *start = (const uint8_t *)(info->dlpi_addr + header->p_vaddr);
        struct dlopen_code code = {start, start + header->p_filesz};
        if (search->program.start == NULL)
            search->program = code; /* it comes first */
        if (search->address >= (uintptr_t)code.start && search->address < (uintptr_t)code.end) {
            search->found = code;
            return 1;
        }
    }
    return 0;
}

struct dlopen_code dlopen_code_around(const void *address)
{
    struct search search = {.address = (uintptr_t)address};

    return dl_iterate_phdr(look_for_code, &search) != 0 ? search.found : search.program;
}

void dlopen_note_flags(int flags)
{
    if ((flags & RTLD_GLOBAL) != 0)
        attach_opened_globally();
}

void dlopen_begins(void)
{
    enter();
}

void dlopen_ends(void *handle)
{
    unsigned depth = leave();

    if (handle != NULL)
        attach_opened(depth > 0);
    if (role_kind() >= ROLE_ORIGINAL)
        code_place_learn();
}

int dlclose(void *handle)
{
    enter();
    int r = NEXT(dlclose)(handle);
    leave();
    return r;
}
