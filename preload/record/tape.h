/* SPDX-License-Identifier: MIT */
/* What the world answered the original, for a replay: what it read from pipes, terminals and sockets, the
 * time, random numbers, its children's ends. What can be rewound (a regular file) is not kept here. The
 * original records from its first snapshot on; a woken copy is fed the same answers, from where its snapshot
 * was taken. The hooks are the same in both and stand at libc's own entries (interpose/libc.h), so that both
 * count the same calls.
 *
 * A stream is a kind and a key (a descriptor, a thread, ...). The records of one stream are fed in their
 * order; streams know nothing of each other. */
#ifndef LIGHTSSS_PRELOAD_RECORD_TAPE_H
#define LIGHTSSS_PRELOAD_RECORD_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "run/role.h"

enum tape_kind {
    TAPE_READ = 1, /* bytes from a descriptor: read, recv and their kin; key: the descriptor */
    TAPE_CALL,   /* other results of calls on a descriptor: accept, connect, poll, ...; key: the descriptor */
    TAPE_TIME,   /* key: the thread and the clock */
    TAPE_RANDOM, /* key: the thread */
    TAPE_CHILD,  /* fork, wait and their kin; key: the thread */
    TAPE_SIGNAL, /* key: whose */
    TAPE_UNDO,   /* what a file held before the original wrote over it; not fed but applied */
};

/* What a recorded call gave. */
struct tape_answer {
    int64_t result;
    int32_t error;       /* errno, where the result is negative */
    uint32_t size;       /* bytes of the payload */
    const void *payload; /* stays where it is while the replay lives; of any alignment */
};

/* All below is async-signal-safe. Keeps an answer. Errno is kept, and taken down where the result is
 * negative. What does not fit is lost, and the replay is told so. Any thread. A thread that a snapshot
 * stopped between the call and this finds itself in a replay: then the answer, which its original recorded a
 * moment later, is taken off the stream. */
void tape_record(enum tape_kind kind, uint64_t key, int64_t result, const struct iovec *parts, int count);

/* The same of no more than the first `limit` bytes of the parts. */
void tape_record_part(enum tape_kind kind, uint64_t key, int64_t result, const struct iovec *parts, int count,
                      size_t limit);

/* The next answer of this stream. False: there is none, because the original was never answered (it ended
 * first), or because it was lost; tape_exhausted() goes on from there. */
bool tape_feed(enum tape_kind kind, uint64_t key, struct tape_answer *answer);

/* Is there one more? */
bool tape_has_answer(enum tape_kind kind, uint64_t key);

/* For a call that the original never came back from. Where it was ended from outside in it, so is the replay.
 * What another thread does, or a thread of an original that was ended from outside, simply does not come back
 * here either. Else this replay has gone another way: it ends, diverged or (input was lost) incomplete, and
 * says that `call` asked for more than the original was given. */
_Noreturn void tape_exhausted(const char *call);

/* The call in which the thread that evals waits for what its original waited for; NULL: it is in none.
 * Async-signal-safe. */
const char *tape_awaited(void);

/* In the original: would so much more leave most of the room free? For what a replay may do without. */
bool tape_has_spare(uint64_t size);

/* --- the life of the tape, for lightsss.c and replay.c --- */

/* The first eval: makes the tape. Returns 0 or -errno: nothing is recorded. */
int tape_start(void);

/* On the thread that evals: a snapshot is about to be taken, and gets this place in the shared page; it was
 * taken or not, and `oldest` is the place of the oldest that is parked (negative: none): what came before
 * that one is dropped. */
void tape_snapshot_begins(unsigned place);
void tape_snapshot_done(int oldest);

/* Of the snapshot with this place: is some of what came since it was taken not on the tape? Does it take up
 * half of the room? The same thread asks. */
bool tape_is_lost(unsigned place);
bool tape_is_long(unsigned place);

/* In a new copy, before it lets go of its descriptors. */
void tape_in_copy(void);

/* In a woken copy, before its threads are revived: what came since its snapshot is copied, for it and for
 * copies of it, and nothing is recorded any more. Returns 0 or -errno. */
int tape_keep(void);

/* The same, before its shared memory is made private, and from here on it is fed. Returns 0 or -errno. */
int tape_begin_replay(void);

#endif
