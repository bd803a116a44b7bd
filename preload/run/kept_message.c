/* SPDX-License-Identifier: MIT */
/* See kept_message.h. */
#include "run/kept_message.h"

#include <string.h>

const char *kept_message_next(const char **at, const char *end)
{
    const char *string = *at;
    const char *nul = string < end ? memchr(string, '\0', (size_t)(end - string)) : NULL;

    *at = nul == NULL ? end : nul + 1;
    return nul == NULL ? NULL : string;
}
