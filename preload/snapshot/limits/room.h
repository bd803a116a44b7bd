/* SPDX-License-Identifier: MIT */
/* Why there is no room for a snapshot: the words, and when they are said. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_ROOM_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_ROOM_H

#include "base/text.h"

/* In an original, before its first snapshot. */
void room_begin(void);

/* Another reason begins: the caller appends to it. */
struct text room_words(void);

/* There is a snapshot: what was said is over. */
void room_taken(void);

/* To be called where there is no snapshot: says why (one line, once), if that is known. */
void room_explain_none(void);

/* Why there is none, where that was said; else "". */
const char *room_reason(void);

#endif
