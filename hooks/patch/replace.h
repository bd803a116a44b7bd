/* SPDX-License-Identifier: MIT */
/* Functions of the C library that are replaced at their entry, so that calls from inside the library are met
 * too. hooks.h says what each function promises. */
#ifndef LIGHTSSS_HOOKS_PATCH_REPLACE_H
#define LIGHTSSS_HOOKS_PATCH_REPLACE_H

#include "hooks.h"

int replace_prepare(const struct hooks_replacement *list, size_t count, struct hooks_why *why);
int replace_commit(void);
bool replace_covers(uintptr_t program_counter);

#endif
