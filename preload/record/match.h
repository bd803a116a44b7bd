/* SPDX-License-Identifier: MIT */
/* Lines of the original's output that match: LIGHTSSS_MATCH, whose first one makes the end a failure, and
 * LIGHTSSS_TRIGGER, of which each is a hit. The search needs the heap, and a write() may come from inside
 * malloc() or a signal handler: so output is noted when it is written and searched when the simulator is
 * between two evals, or at its end. */
#ifndef LIGHTSSS_PRELOAD_RECORD_MATCH_H
#define LIGHTSSS_PRELOAD_RECORD_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is searched: a number each. */
#define MATCH_STDOUT      0u
#define MATCH_STDERR      1u
#define MATCH_WATCHED_MAX 16u /* others, at once: LIGHTSSS_WATCH */

#define MATCH_LINE_SIZE 256
#define MATCH_NAME_SIZE 64

/* A line that LIGHTSSS_TRIGGER looks for. */
struct match_hit {
    uint64_t eval;               /* the last one that had begun when the line's end was written */
    char place[MATCH_NAME_SIZE]; /* "stdout", "stderr", or the name of what was watched */
    char line[MATCH_LINE_SIZE];  /* without spaces at its begin; cut where it is longer */
};

/* Makes ready for these expressions, which options have checked; NULL: not asked for. watches: there is more
 * than stdout and stderr. Returns 0 or -ENOMEM. */
int match_init(const char *match, const char *trigger, bool watches);

/* An original begins, with queues that it shares with its copies alone: nothing was printed yet. */
void match_begin(void);

/* In a replay, before its threads go on: what they note reaches the original's queues no more. */
void match_leave(void);

/* Is output to be noted, and are evals to be told with it? One load each. */
extern bool match_is_on, match_wants_evals;

/* This was written to there, when this eval was the last that had begun. Async-signal-safe, for any thread.
 * Returns false when so much is waiting to be searched that match_search() should come soon. */
bool match_note(unsigned place, uint64_t eval, const void *bytes, size_t size);

/* A place more, with the name that hits are told with. Returns its number, -ENOSPC: there are as many as can
 * be. It is free again where match_remove() says so: not while lines of its wait. Async-signal-safe. */
int match_add(const char *name);
bool match_remove(unsigned place);

/* Searches what was noted, line by line; a line that is not complete yet only if it is the last one. */
void match_search(bool last);

/* The same as match_search(true), for where the process may be ended inside malloc() or a signal handler: a
 * copy of the process searches, and is given up if it does not come back soon. */
void match_search_apart(void);

/* The first line that LIGHTSSS_MATCH looks for; NULL: there was none. Where it was: stdout or stderr, or what
 * was watched. */
const char *match_line(void);
const char *match_place(void);
bool match_is_printed(void);

/* After a search: takes the next hit, in the order of their evals. Returns false where there is none. Hits
 * that are not taken wait, some dozens; match_triggers_lost() tells how many more there were.
 * Async-signal-safe.
 */
bool match_next_trigger(struct match_hit *hit);
uint64_t match_triggers_lost(void);

/* No hit is wanted any more: from here on there is no search for them. */
void match_end_triggers(void);

/* Bytes that were not searched, because there was more output between two searches than is kept. */
size_t match_lost_bytes(void);

#endif
