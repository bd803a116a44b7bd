/* SPDX-License-Identifier: MIT */
/* Where the code of loaded objects lies. */
#ifndef LIGHTSSS_PRELOAD_BASE_LOADED_CODE_H
#define LIGHTSSS_PRELOAD_BASE_LOADED_CODE_H

#include <stdbool.h>
#include <stdint.h>

/* Readable. */
struct loaded_code {
    const uint8_t *start, *end;
};

/* That of the object around an address; for an address outside of all objects (NULL) that of the program, as
 * dlopen() itself takes it. */
struct loaded_code loaded_code_around(const void *address);

/* Is an address in libc's code? There what a register held as an argument of a system call is not read again
 * behind it, and the number of a system call stands close before it. To be found before that is asked, by
 * whom the loader's lock does no harm; async-signal-safe from then on. */
void loaded_code_find_libc(void);
bool loaded_code_is_libc(uintptr_t address);

static inline bool loaded_code_holds(const struct loaded_code *code, const void *address)
{
    return (const uint8_t *)address >= code->start && (const uint8_t *)address < code->end;
}

#endif
