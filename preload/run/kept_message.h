/* SPDX-License-Identifier: MIT */
/* What the command (`lightsss replay`, `drop`) and a kept copy say to each other over the socket in the run
 * directory: packets of strings, each with its NUL. The copy begins, with KEPT_HELLO and its release; then
 * comes a request, and what is wanted as NAME=VALUE; a replay ends with KEPT_DONE. */
#ifndef LIGHTSSS_PRELOAD_RUN_KEPT_MESSAGE_H
#define LIGHTSSS_PRELOAD_RUN_KEPT_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* Names in the run directory; those of a rung (kept_rungs.h) have its number: "kept-7.sock". */
#define KEPT_SOCKET       "kept.sock"
#define KEPT_GONE         "kept.gone" /* why the copy has gone, in a line */
#define KEPT_RUNG         "kept-"
#define KEPT_NAME_SIZE    40u
#define KEPT_MESSAGE_SIZE 16384u

#define KEPT_HELLO   "lightsss-kept-1" /* release */
#define KEPT_REPLAY  "replay"          /* settings; with a descriptor for lines: the user's stderr */
#define KEPT_STAND   "stand"           /* settings: a copy for a debugger, as long as the connection lasts */
#define KEPT_DROP    "drop"
#define KEPT_WHERE   "where" /* answered with KEPT_IS */
#define KEPT_STOP    "stop"  /* the replay that was asked for before, by a signal: its number */
#define KEPT_IS      "is" /* number and eval of its snapshot, the run's last eval, and races, as NAME=VALUE */
#define KEPT_DONE    "done"    /* verdict, name of its directory below that of the run */
#define KEPT_STANDS  "stands"  /* what a debugger wants to know of it, as NAME=VALUE: see replay/stand.c */
#define KEPT_REFUSED "refused" /* why */

/* Settings beside the variables. */
#define KEPT_FROM  "from"
#define KEPT_UNTIL "until"
#define KEPT_TERM  "term"     /* TERM, where the user's stderr is a terminal ... */
#define KEPT_PLAIN "no_color" /* ... and NO_COLOR */

/* Those of one segment of several: its number from 1, and the directory replay-N where it has its own. */
#define KEPT_INTO    "into"
#define KEPT_SEGMENT "segment"

/* Those of one that is to stand. */
#define KEPT_BEFORE "before" /* so many evals before the end; 0: where the run ends */
#define KEPT_AT     "at"     /* before this eval */

/* The string at `*at`, which then stands behind it; NULL: there is none, or it has no end. Pure logic. */
const char *kept_message_next(const char **at, const char *end);

/* KEPT_SOCKET or KEPT_GONE as a rung has it; rung 0: as it is. Pure logic. */
void kept_message_name(char name[KEPT_NAME_SIZE], const char *usual, uint64_t rung);

#endif
