/* SPDX-License-Identifier: MIT */
/* Times that the original is told, kept in little room and little time, because a testbench may ask at every
 * cycle: what has passed since the answer before, in a chunk of memory that the original and its snapshots
 * share. The tape holds where each chunk is. What finds no chunk goes onto the tape itself. */
#ifndef LIGHTSSS_PRELOAD_RECORD_TIME_LOG_H
#define LIGHTSSS_PRELOAD_RECORD_TIME_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* The first eval, before the tape begins. Without memory there are no chunks. */
void time_log_start(void);

/* As tape_snapshot_begins() and tape_snapshot_done(), and before those. */
void time_log_snapshot_begins(unsigned place);
void time_log_snapshot_done(int oldest);

/* As tape_keep(), and before it. Returns 0 or -errno. */
int time_log_begin_replay(void);

/* In the original: keeps an answer. A stream is asked for by one thread only. False: this is a replay, by
 * now. */
bool time_log_record(uint64_t key, int64_t ns);

/* The next answer. False: there is none. */
bool time_log_feed(uint64_t key, int64_t *ns);

#endif
