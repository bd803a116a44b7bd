/* SPDX-License-Identifier: MIT */
/* See expression.h. */
#include "base/expression.h"

#include <stddef.h>

static void nothing(void)
{
}

static void (*memory_begin)(void) = nothing, (*memory_end)(void) = nothing;

void expression_set_memory(void (*begin)(void), void (*end)(void))
{
    memory_begin = begin;
    memory_end = end;
}

bool expression_compile(regex_t *expression, const char *text, int flags)
{
    memory_begin();
    int r = regcomp(expression, text, flags);
    memory_end();
    return r == 0;
}

bool expression_matches(const regex_t *expression, const char *text)
{
    memory_begin();
    int r = regexec(expression, text, 0, NULL, 0);
    memory_end();
    return r == 0;
}

void expression_free(regex_t *expression)
{
    memory_begin();
    regfree(expression);
    memory_end();
}
