/* SPDX-License-Identifier: MIT */
/* Every function of the process that has a symbol. */
#ifndef LIGHTSSS_HOOKS_ELF_FUNCTIONS_H
#define LIGHTSSS_HOOKS_ELF_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

/* Visits the functions of each loaded object, the program's first, then in the order in which objects were
 * loaded; space: the number of its namespace, 0 for the own one. The name is mangled, and valid during the
 * visit. What cannot be read is left out. Uses the heap. */
void functions_each(void (*visit)(const char *name, uintptr_t address, size_t space, void *context),
                    void *context);

#endif
