/* SPDX-License-Identifier: MIT */
/* A moment as people write it, without libc's calendar, which takes a lock. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_REPORT_DATE_H
#define LIGHTSSS_PRELOAD_REPORT_DATE_H

#include <stdint.h>

#include "base/text.h"

/* Appends so many seconds since 1970 as 2026-11-30T01:13:31Z. */
void date_append(struct text *text, uint64_t seconds);

#endif
