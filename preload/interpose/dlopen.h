/* SPDX-License-Identifier: MIT */
/* Objects that are opened while the process runs: who is told, and what the processor's part of dlopen() asks
 * (dlopen_<processor>.c). */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_DLOPEN_H
#define LIGHTSSS_PRELOAD_INTERPOSE_DLOPEN_H

#include <stdbool.h>

/* Called after a dlopen(), and before its caller knows. nested: this thread is inside another dlopen() or
 * dlclose(), so it may hold the loader's lock. */
void dlopen_when_opened(void (*told)(bool nested));

/* Has there been a dlopen() whose symbols all other objects see? */
bool dlopen_is_global_used(void);

/* The next functions of these names. */
void *dlopen_next_dlopen(void) __attribute__((visibility("hidden")));
void *dlopen_next_dlmopen(void) __attribute__((visibility("hidden")));

/* What the caller asks for. */
void dlopen_note_flags(int flags) __attribute__((visibility("hidden")));

/* Before and after such a call, where the caller's processor file sees it through. */
void dlopen_begins(void) __attribute__((visibility("hidden")));
void dlopen_ends(void *handle) __attribute__((visibility("hidden")));

#endif
