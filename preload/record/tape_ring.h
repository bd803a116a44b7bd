/* SPDX-License-Identifier: MIT */
/* The tape of what the original was given: records of variable length in a ring, appended by any thread and
 * in any signal handler without a lock, read by a replay from a copy of its own. Pure logic; tape.c makes the
 * memory. A snapshot may be taken, and the original may die, in the middle of an append: the reader trusts
 * nothing.
 *
 * A record is words of four bytes: the header, for some a count of repeats, then the encoded fields and the
 * payload. The header is written first, so that the size is known of one that never became complete. What
 * was not reserved yet is zero. */
#ifndef LIGHTSSS_PRELOAD_RECORD_TAPE_RING_H
#define LIGHTSSS_PRELOAD_RECORD_TAPE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define TAPE_RING_START  64u        /* position of the first record: 0 means none */
#define TAPE_RING_CLOSED UINT64_MAX /* as head: nothing can be appended any more */
#define TAPE_RING_SPARE  4096u      /* bytes that only TAPE_RING_LOST records may use */

/* The original's side. Positions count bytes from the beginning and never wrap. */
struct tape_ring {
    uint8_t *ring;          /* mapped twice in a row, so that no record is split */
    uint64_t size;          /* of the ring, a power of two */
    _Atomic uint64_t head;  /* where the next record begins */
    _Atomic uint64_t floor; /* what lies before it is free (and zero) again */
};

enum tape_ring_type {
    TAPE_RING_ANSWER,
    TAPE_RING_STREAM, /* a number stands for this kind and key from here on */
    TAPE_RING_LOST,   /* there was no room: what came then is missing */
};

struct tape_ring_record {
    enum tape_ring_type type;
    uint32_t stream;
    int64_t result;
    int32_t error;   /* where the result is negative */
    bool stamped;    /* eval means something */
    uint64_t eval;   /* evals begun when it came; LOST: always there */
    uint32_t kind;   /* STREAM ... */
    uint64_t key;    /* ... and this */
    uint32_t size;   /* of the payload, bytes */
    bool repeatable; /* without payload and stamp, and may be counted instead of written again */
    /* only when read */
    uint32_t repeats; /* so many more of the same follow */
    const uint8_t *payload;
};

/* Appends; the payload is the first record->size bytes of the parts. Gives the position. -ENOSPC: there is no
 * room; -ECANCELED: closed. */
int tape_ring_append(struct tape_ring *tape, const struct tape_ring_record *record, const struct iovec *parts,
                     int count, uint64_t *position);

/* Counts a repeatable record, written at that position and not dropped since, once more. False: it is another
 * one. */
bool tape_ring_repeat(const struct tape_ring *tape, uint64_t position, const struct tape_ring_record *record);

/* --- the reader's side: bytes that begin with a record and do not change --- */

/* Decodes the record at an offset. Returns the offset behind it, 0: there is none (the end, or nonsense). One
 * that is not complete is passed over; then *complete is false and nothing else is set. */
size_t tape_ring_read(const uint8_t *bytes, size_t size, size_t offset, struct tape_ring_record *record,
                      bool *complete);

/* A chain through records: the offset of the next one (0: none) takes the place of a record's size, which its
 * fields do not need. From then on read it with tape_ring_linked(). */
void tape_ring_link(uint8_t *bytes, size_t offset, size_t next);
bool tape_ring_linked(const uint8_t *bytes, size_t size, size_t offset, struct tape_ring_record *record,
                      size_t *next);

#endif
