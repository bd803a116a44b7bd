/* SPDX-License-Identifier: MIT */
/* Fills in a struct hooks_why: one line for the user that names the cause and the remedy, and hands
 * the error through, so that a refusal is one statement: return why_set(why, -ENOENT, "..."). */
#ifndef LIGHTSSS_HOOKS_WHY_H
#define LIGHTSSS_HOOKS_WHY_H

#include "hooks.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4))) static inline int why_set(struct hooks_why *why, int error,
                                                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof(why->text), format, arguments);
    va_end(arguments);
    return error;
}

#endif
