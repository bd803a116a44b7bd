/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_WATCH: which descriptors are written to what is searched beside stdout and stderr. Decided once
 * for each, by the name that it was opened with, or else by the kernel's when it is first written to; and
 * forgotten where the number gets another file. */
#ifndef LIGHTSSS_PRELOAD_RECORD_WATCH_H
#define LIGHTSSS_PRELOAD_RECORD_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define WATCH_NUMBERS 4096u /* descriptors of higher numbers are not watched */

#define WATCH_UNKNOWN 0u
#define WATCH_NOT     1u /* above: the number that record/match.h has given */

extern bool watch_is_on;
extern uint8_t watch_list[WATCH_NUMBERS];

/* Options have checked the value. Returns 0, or -ENAMETOOLONG. */
int watch_init(const char *value);

/* In a child that the simulator has forked: another thread may have been at work here. */
void watch_forked(void);

/* From now on nothing is. */
void watch_end(void);

/* By this name, below that directory, and so that it can be written to. Async-signal-safe, as the next. */
void watch_opened(int fd, int directory, const char *path);

/* The number that it is noted under; -1: it is not watched. */
int watch_place(int fd);

/* May it be? One load, mostly. */
static inline bool watch_may_be(int fd)
{
    return watch_is_on && (unsigned)fd < WATCH_NUMBERS && watch_list[fd] != WATCH_NOT;
}

static inline void watch_forget(int fd)
{
    if (watch_is_on && (unsigned)fd < WATCH_NUMBERS)
        watch_list[fd] = WATCH_UNKNOWN;
}

static inline void watch_copy(int from, int to)
{
    if (watch_is_on && (unsigned)to < WATCH_NUMBERS)
        watch_list[to] = (unsigned)from < WATCH_NUMBERS ? watch_list[from] : WATCH_UNKNOWN;
}

#endif
