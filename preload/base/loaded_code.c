/* SPDX-License-Identifier: MIT */
/* Code of loaded objects: see loaded_code.h. */
#define _GNU_SOURCE
#include "base/loaded_code.h"

#include <gnu/libc-version.h>
#include <link.h>
#include <semaphore.h>
#include <stddef.h>

#include "moved.h"

MOVED(sem_getvalue, MOVED_FIRST);

static struct loaded_code libc[2]; /* and, before 2.34, libpthread where that is loaded */

struct search {
    const void *address;
    struct loaded_code found, program;
};

static int look(struct dl_phdr_info *info, size_t size, void *context)
{
    struct search *search = context;

    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || (header->p_flags & (PF_R | PF_X)) != (PF_R | PF_X))
            continue;
        const uint8_t *start = (const uint8_t *)(info->dlpi_addr + header->p_vaddr);
        struct loaded_code code = {start, start + header->p_filesz};
        if (search->program.start == NULL)
            search->program = code; /* it comes first */
        if (loaded_code_holds(&code, search->address)) {
            search->found = code;
            return 1;
        }
    }
    return 0;
}

struct loaded_code loaded_code_around(const void *address)
{
    struct search search = {.address = address};

    return dl_iterate_phdr(look, &search) != 0 ? search.found : search.program;
}

void loaded_code_find_libc(void)
{
    if (libc[0].start != NULL)
        return;
    libc[0] = loaded_code_around((const void *)gnu_get_libc_version);
    if (sem_getvalue != NULL)
        libc[1] = loaded_code_around((const void *)sem_getvalue);
}

bool loaded_code_is_libc(uintptr_t address)
{
    return loaded_code_holds(&libc[0], (const void *)address) ||
           loaded_code_holds(&libc[1], (const void *)address);
}
