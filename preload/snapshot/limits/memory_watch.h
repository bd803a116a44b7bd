/* SPDX-License-Identifier: MIT */
/* Watches the memory that parked snapshots hold: asks the kernel what memory_limit wants to know, and says
 * why a snapshot must go. On the thread that looks, under the keeper's lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_WATCH_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_MEMORY_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "options/options.h"
#include "snapshot/limits/slots.h"

/* In the original, before the first snapshot. */
void memory_watch_start(const struct options_memory *option);

/* What may be promised to this process yet; UINT64_MAX: all that it asks for. Before the first snapshot. */
uint64_t memory_watch_promised_bytes(void);

/* At each look of the keeper, once, before anything else here. */
void memory_watch_look(void);

/* Must the oldest snapshot go? Then it is said why (LOG_DEBUG), and it is to be killed and reaped before this
 * is asked again: what is left is measured. */
bool memory_watch_is_past(const struct slots *slots);

/* For how long that need not be asked again; UINT64_MAX: until the next snapshot. */
uint64_t memory_watch_quiet_ns(const struct slots *slots);

/* So much was copied without a fault. */
void memory_watch_note_copied(uint64_t bytes);

/* Is there room for a snapshot? If not, it is said why (room.h). */
enum memory_watch_room {
    MEMORY_NO_ROOM,
    MEMORY_ROOM_OF_OLDEST, /* in the place of the oldest, once that is dead */
    MEMORY_ROOM,
};
enum memory_watch_room memory_watch_room(const struct slots *slots);

/* How much may snapshots hold yet? What is left must not be stale: after memory_watch_room(). */
uint64_t memory_watch_spare_bytes(const struct slots *slots);

/* The simulator was refused so much memory. Would it help to give snapshots up? */
bool memory_watch_may_help(const struct slots *slots, uint64_t refused_bytes);

/* The oldest was given up. */
void memory_watch_gave_up(void);

/* It was taken, and has this place (slots.h). */
void memory_watch_taken(unsigned place);

/* For lightsss doctor: what the machine (kind 0) and the limits of this process (kind 1) leave to snapshots.
 * False: nothing is near or unusual. */
bool memory_watch_describe_limit(unsigned kind, struct text *text);

/* The kernel has refused a snapshot for want of memory (ENOMEM): appends which limit that was. False: it
 * cannot be seen. */
bool memory_watch_describe_refusal(struct text *text);

/* While the original waits for a replay: will memory soon run out? */
bool memory_watch_is_dangerous(void);

/* In a kept copy (LIGHTSSS_PARK), when it begins: is it too large in any case, once it holds all of it alone?
 * Then `why` says so. */
bool memory_watch_may_keep(struct text *why);

/* Later: what it holds, measured the more rarely the longer that takes. What is left is asked each time. */
uint64_t memory_watch_kept_bytes(void);

/* What that process holds of memory that others hold too: theirs alone, when it has ended. */
uint64_t memory_watch_lent_bytes(pid_t pid);

/* Do it and those that are kept beside it hold more than they may, or is little left? Then `why` says so. */
bool memory_watch_keeps_too_much(uint64_t own_bytes, uint64_t others_bytes, struct text *why);

/* What that cost since it was last asked. */
uint64_t memory_watch_spent_ns(void);

/* What snapshots held at most, as far as it was measured; 0: it was not. */
uint64_t memory_watch_most_bytes(void);

#endif
