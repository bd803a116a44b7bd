/* SPDX-License-Identifier: MIT */
/* Every function of the process that has a symbol. */
#ifndef LIGHTSSS_HOOKS_ELF_FUNCTIONS_H
#define LIGHTSSS_HOOKS_ELF_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

/* See hooks.h. In the order in which the objects were loaded; what cannot be read is left out. Uses the heap.
 */
void functions_each(void (*visit)(const char *name, uintptr_t address, size_t space, void *context),
                    void *context);

#endif
