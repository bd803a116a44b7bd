/* SPDX-License-Identifier: MIT */
/* Words about room for snapshots: see room.h. */
#include "snapshot/limits/room.h"

#include <stdbool.h>

#include "base/log.h"
#include "base/often.h"

#define REASON_SIZE 200u

static char reason[REASON_SIZE];                 /* why the last snapshot went, or could not be taken */
static OFTEN_WRITTEN bool is_said, is_explained; /* ever; since there was a snapshot */

struct text room_words(void)
{
    return text_in(reason, sizeof reason);
}

void room_begin(void)
{
    room_taken();
    is_said = false;
}

void room_taken(void)
{
    if (*reason != '\0')
        *reason = '\0';
    is_explained = false;
}

void room_explain_none(void)
{
    if (*reason == '\0' || is_explained)
        return;
    log_line(is_said ? LOG_DEBUG : LOG_INFO, "no snapshot for now: %s; trying again later", reason);
    is_said = is_explained = true;
}

const char *room_reason(void)
{
    return is_explained ? reason : "";
}
