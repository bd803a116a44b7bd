/* SPDX-License-Identifier: MIT */
/* See kept_message.h. */
#include "run/kept_message.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

const char *kept_message_next(const char **at, const char *end)
{
    const char *string = *at;
    const char *nul = string < end ? memchr(string, '\0', (size_t)(end - string)) : NULL;

    *at = nul == NULL ? end : nul + 1;
    return nul == NULL ? NULL : string;
}

void kept_message_name(char name[KEPT_NAME_SIZE], const char *usual, uint64_t rung)
{
    if (rung == 0)
        text_print(name, KEPT_NAME_SIZE, "%s", usual);
    else
        text_print(name, KEPT_NAME_SIZE, KEPT_RUNG "%" PRIu64 "%s", rung, strchr(usual, '.'));
}
