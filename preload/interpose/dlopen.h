/* SPDX-License-Identifier: MIT */
/* What the processor's part of dlopen() asks: see dlopen_<processor>.c. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_DLOPEN_H
#define LIGHTSSS_PRELOAD_INTERPOSE_DLOPEN_H

#include <stdint.h>

/* A loaded object's code, readable, around an address; for an address outside of all objects that of
 * the program, as dlopen() itself takes it. */
struct dlopen_code {
    const uint8_t *start, *end;
};
struct dlopen_code dlopen_code_around(const void *address) __attribute__((visibility("hidden")));

/* The next functions of these names. */
void *dlopen_next(void) __attribute__((visibility("hidden")));
void *dlmopen_next(void) __attribute__((visibility("hidden")));

/* What the caller asks for. */
void dlopen_note_flags(int flags) __attribute__((visibility("hidden")));

/* Before and after such a call, where the caller's processor file sees it through. */
void dlopen_begins(void) __attribute__((visibility("hidden")));
void dlopen_ends(void *handle) __attribute__((visibility("hidden")));

#endif
