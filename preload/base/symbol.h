/* SPDX-License-Identifier: MIT */
/* Where a function of a loaded library begins and how long it is. dlsym() and dladdr1() tell that too, but
 * look at all of a library's symbols for each (for libc's hooks together, three milliseconds); what dlopen()
 * notes of a library for the handle that they want, what dlsym() notes of a name that is not there, and
 * before glibc 2.34 of each thread that calls it, is in the simulator's heap; and what dlerror() was to tell
 * is gone.
 */
#ifndef LIGHTSSS_PRELOAD_BASE_SYMBOL_H
#define LIGHTSSS_PRELOAD_BASE_SYMBOL_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol_library {
    uintptr_t base, fixed_start, fixed_end; /* what is only read once it is loaded */
    const ElfW(Dyn) * dynamic;
    const ElfW(Sym) * symbols;
    const char *strings;
    const struct symbol_hash *hash;
    const ElfW(Half) * versions; /* NULL: it has none */
};

/* By the name of its file. False: it is not loaded, or has no tables that are known here. */
bool symbol_library_find(struct symbol_library *library, const char *name);

/* What its dynamic section has under a tag: a number, 0 where it is not there, or where a table is. */
uintptr_t symbol_number(const struct symbol_library *library, int64_t tag);
const void *symbol_table(const struct symbol_library *library, int64_t tag);

/* Of the library itself, whoever else stands in front of it. Returns the function's size, 0: not found. */
size_t symbol_find(const struct symbol_library *library, const char *name, void **function);

/* The first of this name in the objects that were loaded behind the one that holds the address; NULL: in all
 * of them. NULL: there is none. It tells what dlsym() would. */
void *symbol_find_behind(const void *address, const char *name);

/* Does one of its segments hold this address? */
bool symbol_object_holds(const struct dl_phdr_info *object, uintptr_t address);

#endif
