/* SPDX-License-Identifier: MIT */
/* Fills in a struct hooks_why: one line for the user that names the cause and the remedy, and hands
 * the error through, so that a refusal is one statement: return why_set(why, -ENOENT, "..."). */
#ifndef LIGHTSSS_HOOKS_ELF_WHY_H
#define LIGHTSSS_HOOKS_ELF_WHY_H

#include "hooks.h"

#include <stdarg.h>
#include <stdio.h>

#define why_set(why, error, ...) (why_write((why), __VA_ARGS__), (error))

__attribute__((format(printf, 2, 3))) static inline void why_write(struct hooks_why *why, const char *format,
                                                                   ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
}

#endif
