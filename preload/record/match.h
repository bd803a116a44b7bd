/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_MATCH: does a line of the original's output match? The search needs the heap, and a write() may
 * come from inside malloc() or a signal handler: so output is noted when it is written and searched when the
 * simulator is between two evals, or at its end. */
#ifndef LIGHTSSS_PRELOAD_RECORD_MATCH_H
#define LIGHTSSS_PRELOAD_RECORD_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Makes ready for this expression, which options have checked. Returns 0 or -ENOMEM. */
int match_init(const char *expression);

/* An original begins, with queues that it shares with its copies alone: nothing was printed yet. */
void match_begin(void);

/* The bytes went to descriptor 1 or 2. Async-signal-safe, for any thread. Returns false when so much is
 * waiting to be searched that match_search() should come soon. */
bool match_note(int fd, const void *bytes, size_t size);

/* Searches what was noted, line by line; a line that is not complete yet only if it is the last one. */
void match_search(bool last);

/* The same as match_search(true), for where the process may be ended inside malloc() or a signal handler: a
 * copy of the process searches, and is given up if it does not come back soon. */
void match_search_apart(void);

/* The first line that matched; NULL: none did. */
const char *match_line(void);

/* Bytes that were not searched, because there was more output between two searches than is kept. */
size_t match_lost_bytes(void);

#endif
