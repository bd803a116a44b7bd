/* SPDX-License-Identifier: MIT */
/* Which loaded objects export a symbol. dlsym() would tell, but where there is none it writes its complaint
 * into the simulator's heap. */
#ifndef LIGHTSSS_HOOKS_ELF_SCOPE_H
#define LIGHTSSS_HOOKS_ELF_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* See hooks.h. */
void scope_know(size_t started_with, bool is_global_used);

/* Was the object that was loaded there opened later? Then it may be closed. */
bool scope_is_later(uintptr_t base);

/* The symbol that every object of the process sees, if there is one: dlsym(RTLD_DEFAULT). own: who asks has
 * it at this address, and wants to hear of another's only; 0: it has none. */
void *scope_find(const char *name, uintptr_t own);

struct scope_range {
    uintptr_t start, end;
};

/* The symbol of whatever object has it, and where that object is. */
void *scope_find_anywhere(const char *name, struct scope_range *range);

/* The same as dlsym() of a handle; NULL for none. */
void *scope_find_in(void *handle, const char *name);

#endif
