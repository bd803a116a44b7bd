/* SPDX-License-Identifier: MIT */
/* The streams of input: a table by kind and key, filled by any thread without a lock. In the original it
 * gives each stream a short number; in a replay it leads to the stream's next record. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_RECORD_TAPE_STREAMS_H
#define LIGHTSSS_PRELOAD_RECORD_TAPE_STREAMS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/tape_ring.h"

#define TAPE_STREAMS_MAX 4096u /* a power of two */

struct tape_stream {
    _Atomic uint32_t state; /* 0: free; 1: being written by some thread; 2: in use */
    uint32_t kind;
    uint64_t key;
    /* original: position of the last record, where it may be repeated; replay: what is to be read next, the
     * word that its record begins with counted from 1, and below it how many repeats were given; 0: nothing
     */
    _Atomic uint64_t next;
};

struct tape_streams {
    struct tape_stream stream[TAPE_STREAMS_MAX];
};

/* The stream's number, or -1. */
int tape_streams_find(const struct tape_streams *streams, uint32_t kind, uint64_t key);

/* The same; a stream that is not there is added. -1: the table is full. Two threads that add the same stream
 * at once may get two numbers: whoever reads goes by kind and key. */
int tape_streams_add(struct tape_streams *streams, uint32_t kind, uint64_t key, bool *added);

/* The replay's side: goes through the records from the first byte on, and links those of each stream. Returns
 * true where all of it could be read; else *lost_eval is from which eval on something is missing (0: not
 * known), and nothing from there on is linked. */
bool tape_streams_link(struct tape_streams *streams, uint8_t *bytes, size_t size, uint64_t *lost_eval);

/* The next record of the stream; false: there is no more. Any thread. */
bool tape_streams_next(struct tape_streams *streams, int number, const uint8_t *bytes, size_t size,
                       struct tape_ring_record *record);

#endif
