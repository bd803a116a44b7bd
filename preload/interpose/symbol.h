/* SPDX-License-Identifier: MIT */
/* Where a function of a loaded library begins and how long it is. dladdr1() tells that too, but looks at all
 * of a library's symbols for each: for libc's hooks together, three milliseconds. */
#ifndef LIGHTSSS_INTERPOSE_SYMBOL_H
#define LIGHTSSS_INTERPOSE_SYMBOL_H

#include <stddef.h>

/* Of the library itself (a handle of dlopen()), whoever else stands in front of it. Returns the function's
 * size, 0: not found. */
size_t symbol_find(void *library, const char *name, void **function);

#endif
