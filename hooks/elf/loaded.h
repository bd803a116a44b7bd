/* SPDX-License-Identifier: MIT */
/* The loaded objects of all namespaces: dl_iterate_phdr() shows those of its caller's only, and dlmopen()
 * makes others. */
#ifndef LIGHTSSS_HOOKS_ELF_LOADED_H
#define LIGHTSSS_HOOKS_ELF_LOADED_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As dl_iterate_phdr(), with the number of the namespace in the place of the size: 0 is the process's own. Of
 * the others name, base and headers are known alone. Stops where visit() does not return 0, and returns that.
 */
int loaded_each(int (*visit)(struct dl_phdr_info *object, size_t space, void *context), void *context);

/* The same without the process's own. */
int loaded_elsewhere(int (*visit)(struct dl_phdr_info *object, size_t space, void *context), void *context);

/* Is there an object at this base in the process's own namespace? *before: how many were loaded before it. */
bool loaded_is_own(uintptr_t base, size_t *before);

/* Do both addresses lie in one segment of code, which cannot be written to, of one object? */
bool loaded_share_code(uintptr_t one, uintptr_t other);

/* NULL: it has none. */
const ElfW(Dyn) * loaded_dynamic(const struct dl_phdr_info *object);

/* The namespace of the object that is loaded at this base, for dlmopen(); false: it is in the process's own.
 */
bool loaded_is_elsewhere(uintptr_t base, long *space);

#endif
