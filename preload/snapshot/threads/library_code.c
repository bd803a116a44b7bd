/* SPDX-License-Identifier: MIT */
/* Where libc's code is: see library_code.h. The loader is not asked, because it takes a lock: an object's
 * header lies some whole pages below each of its functions, and all between is mapped. */
#define _GNU_SOURCE
#include "snapshot/threads/library_code.h"

#include <elf.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <semaphore.h>
#include <stddef.h>
#include <string.h>

#define PAGE      UINT64_C(4096)
#define PAGES_MAX 4096u

struct range {
    uintptr_t first, end;
};

static struct range ranges[2]; /* of libc and, before 2.34, of libpthread */

static const ElfW(Ehdr) * header_below(uintptr_t address)
{
    uintptr_t page = address & ~(PAGE - 1);

    for (unsigned i = 0; i < PAGES_MAX; i++, page -= PAGE)
        if (memcmp((const void *)page, ELFMAG, SELFMAG) == 0)
            return (const ElfW(Ehdr) *)page;
    return NULL;
}

static struct range code_around(uintptr_t address)
{
    const ElfW(Ehdr) *header = header_below(address);

    for (unsigned i = 0; header != NULL && i < header->e_phnum; i++) {
        const ElfW(Phdr) *segment =
            (const ElfW(Phdr) *)((uintptr_t)header + header->e_phoff + i * sizeof(ElfW(Phdr)));
        uintptr_t first = (uintptr_t)header + segment->p_vaddr;

        if (segment->p_type == PT_LOAD && address - first < segment->p_memsz)
            return (struct range){first, first + segment->p_memsz};
    }
    return (struct range){0, 0};
}

void library_code_find(void)
{
    ranges[0] = code_around((uintptr_t)gnu_get_libc_version);
    ranges[1] = code_around((uintptr_t)sem_getvalue);
}

bool library_code_holds(uintptr_t address)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (address >= ranges[i].first && address < ranges[i].end)
            return true;
    return false;
}
