/* SPDX-License-Identifier: MIT */
/* Text that waits to be searched for lines, in a ring: what was written, and at which eval. Pure logic.
 * Any thread and any signal handler adds to it, without a lock and without a system call; one thread at a
 * time takes from it. Who adds may be interrupted for ever, or killed: such a record is passed over. */
#ifndef LIGHTSSS_PRELOAD_RECORD_LINE_QUEUE_H
#define LIGHTSSS_PRELOAD_RECORD_LINE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Positions count bytes of the ring, heads of records included, and wrap. */
struct line_queue {
    char *ring;    /* zero where there is no record */
    uint32_t size; /* of the ring, a power of two */
    _Atomic uint64_t
        ends;         /* above: where the first record begins that is not taken; below: the next new one */
    uint32_t taken;   /* bytes of that first record's text that are */
    uint64_t held_ns; /* when it was found not complete for the first time; 0: it was not */
};

#define LINE_BLOCK_SIZE      ((size_t)64 << 10)
#define LINE_BLOCK_STRETCHES 4096u

/* A piece of a queue's text, and up to where which eval wrote it. */
struct line_block {
    size_t length;
    size_t count; /* of stretches */
    struct line_stretch {
        size_t end;
        uint64_t eval;
    } stretches[LINE_BLOCK_STRETCHES];
    bool is_full;                /* there may be more than fits */
    char bytes[LINE_BLOCK_SIZE]; /* one of them is room for a NUL */
};

/* An empty one; the ring is zero. */
void line_queue_start(struct line_queue *queue, char *ring, uint32_t size);

/* This text was written while this eval was the last that had begun. Returns how many of its bytes there was
 * room for. Async-signal-safe. */
size_t line_queue_add(struct line_queue *queue, uint64_t eval, const void *bytes, size_t size);

/* How much of the ring waits to be taken; 0: it is empty. */
size_t line_queue_waiting(const struct line_queue *queue);

/* What waits, as much as fits into the block. A record that is not complete keeps what is behind it waiting,
 * but not for ever: looks may follow each other so fast that their number says nothing. now_ns: of any clock
 * that does not begin with 0, or that nobody will complete what is not complete. */
#define LINE_QUEUE_LAST UINT64_MAX
void line_queue_look(struct line_queue *queue, struct line_block *block, uint64_t now_ns);

/* So many bytes of what the last look has shown are done with. */
void line_queue_take(struct line_queue *queue, size_t size);

/* Which eval wrote the byte at this place of the block? */
uint64_t line_queue_eval(const struct line_block *block, size_t place);

#endif
