/* SPDX-License-Identifier: MIT */
/* Functions of Verilator's run time library in this program: called as they are, or hooked. Whoever calls
 * one by library_symbol() comes past every hook of ours. */
#ifndef LIGHTSSS_HOOKS_LIBRARY_H
#define LIGHTSSS_HOOKS_LIBRARY_H

#include "find.h"
#include "patch.h"

/* Where they are. Kept, not copied. */
void library_found(const struct found_library *library);

/* A function as it is without our patches, 0 when the simulator has none. */
uintptr_t library_symbol(enum verilator_symbol symbol);

/* Makes the function tell a callback whenever it is entered. -ENOENT when there is none (or it is hooked
 * already), else the errors of patch_check() and patch_notify(). */
int library_watch(enum verilator_symbol symbol, void (*tell)(const struct patch_arguments *arguments),
                  struct hooks_why *why);

/* Has a handler called in place of the method, see patch_method(). *shut: the patch's. Errors as above. */
int library_method(enum verilator_symbol symbol, const struct patch_shortcut *shortcut,
                   uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context,
                   volatile uint64_t **shut, struct hooks_why *why);

#endif
