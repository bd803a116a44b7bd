/* SPDX-License-Identifier: MIT */
/* Code of loaded objects: see loaded_code.h. */
#define _GNU_SOURCE
#include "base/loaded_code.h"

#include <link.h>
#include <stddef.h>

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
