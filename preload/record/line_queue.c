/* SPDX-License-Identifier: MIT */
/* See line_queue.h. A record is a head of 16 bytes and the text; its place is reserved by one
 * compare-and-exchange. The size is in the head before the text is, so that one that never becomes complete
 * can be passed over. Between the reservation and the head nobody knows the size: the reader looks for the
 * next word that is not zero. What was taken is zero again. */
#include "record/line_queue.h"

#include <string.h>

#define UNIT        16u                  /* a record is a multiple of it: no head is split */
#define PATIENCE_NS UINT64_C(1000000000) /* for a record that is not complete, and holds up others */

/* The lowest bits of a head's first word; above them the size of the text. */
#define BEGUN    UINT64_C(1)
#define COMPLETE UINT64_C(2)
#define STATES   2

static uint32_t first_of(uint64_t ends)
{
    return (uint32_t)(ends >> 32);
}

/* Where the next record begins. */
static uint32_t next_of(uint64_t ends)
{
    return (uint32_t)ends;
}

static uint64_t both(uint32_t first, uint32_t next)
{
    return (uint64_t)first << 32 | next;
}

static uint32_t room_of(const struct line_queue *queue, uint64_t ends)
{
    return queue->size - (next_of(ends) - first_of(ends));
}

static _Atomic uint64_t *word_at(const struct line_queue *queue, uint32_t position)
{
    return (_Atomic uint64_t *)(void *)(queue->ring + (position & (queue->size - 1)));
}

static _Atomic uint64_t *eval_at(const struct line_queue *queue, uint32_t position)
{
    return word_at(queue, position) + 1;
}

/* Of a record whose text is so long. */
static uint32_t length_of(uint32_t size)
{
    return (UNIT + size + UNIT - 1) & ~(UNIT - 1);
}

void line_queue_start(struct line_queue *queue, char *ring, uint32_t size)
{
    memset(queue, 0, sizeof *queue);
    queue->ring = ring;
    queue->size = size;
}

/* --- adding --- */

/* As much as fits, and no more than `size`. Returns how much that is. */
static uint32_t reserve(struct line_queue *queue, size_t size, uint32_t *position)
{
    uint64_t ends = atomic_load(&queue->ends);
    uint32_t room, fits;

    do {
        *position = next_of(ends);
        room = room_of(queue, ends);
        if (room <= UNIT)
            return 0;
        fits = size < room - UNIT ? (uint32_t)size : room - UNIT;
    } while (!atomic_compare_exchange_weak(&queue->ends, &ends,
                                           both(first_of(ends), *position + length_of(fits))));
    return fits;
}

static void copy_in(const struct line_queue *queue, uint32_t position, const char *bytes, size_t size)
{
    size_t at = position & (queue->size - 1);
    size_t part = size < queue->size - at ? size : queue->size - at;

    memcpy(queue->ring + at, bytes, part);
    if (part < size)
        memcpy(queue->ring, bytes + part, size - part);
}

size_t line_queue_add(struct line_queue *queue, uint64_t eval, const void *bytes, size_t size)
{
    uint32_t position;
    uint32_t fits = size > 0 ? reserve(queue, size, &position) : 0;

    if (fits == 0)
        return 0;
    uint64_t head = (uint64_t)fits << STATES;
    atomic_store_explicit(word_at(queue, position), head | BEGUN, memory_order_release);
    atomic_store_explicit(eval_at(queue, position), eval, memory_order_relaxed);
    copy_in(queue, position + UNIT, bytes, fits);
    atomic_store_explicit(word_at(queue, position), head | COMPLETE, memory_order_release);
    return fits;
}

size_t line_queue_waiting(const struct line_queue *queue)
{
    return queue->size - room_of(queue, atomic_load(&queue->ends));
}

/* --- taking --- */

struct record {
    bool is_complete;
    uint32_t size; /* of its text */
    uint32_t next; /* where the one behind it begins */
};

static uint32_t skip_zeros(const struct line_queue *queue, uint32_t position, uint32_t end)
{
    do
        position += UNIT;
    while (position != end && atomic_load(word_at(queue, position)) == 0);
    return position;
}

/* Nonsense (a thread that came back after its record was given up) reaches to the end. */
static struct record record_at(const struct line_queue *queue, uint32_t position, uint32_t end)
{
    uint64_t head = atomic_load_explicit(word_at(queue, position), memory_order_acquire);
    uint32_t size = (uint32_t)(head >> STATES);

    if (head == 0)
        return (struct record){.next = skip_zeros(queue, position, end)};
    if (head >> STATES > queue->size || length_of(size) > end - position)
        return (struct record){.next = end};
    return (struct record){(head & COMPLETE) != 0, size, position + length_of(size)};
}

static void copy_out(const struct line_queue *queue, uint32_t position, char *bytes, size_t size)
{
    size_t at = position & (queue->size - 1);
    size_t part = size < queue->size - at ? size : queue->size - at;

    memcpy(bytes, queue->ring + at, part);
    if (part < size)
        memcpy(bytes + part, queue->ring, size - part);
}

static void add_stretch(struct line_block *block, uint64_t eval)
{
    if (block->count == 0 || block->stretches[block->count - 1].eval != eval)
        block->stretches[block->count++].eval = eval;
    block->stretches[block->count - 1].end = block->length;
}

/* Returns whether all of the record is there now. */
static bool add_text(const struct line_queue *queue, struct line_block *block, uint32_t position,
                     uint32_t from, uint32_t size)
{
    size_t room = LINE_BLOCK_SIZE - 1 - block->length, left = size - from;
    size_t part = left < room ? left : room;

    if (block->count == LINE_BLOCK_STRETCHES)
        part = 0;
    if (part > 0) {
        copy_out(queue, position + UNIT + from, block->bytes + block->length, part);
        block->length += part;
        add_stretch(block, atomic_load_explicit(eval_at(queue, position), memory_order_relaxed));
    }
    block->is_full = part < left;
    return !block->is_full;
}

/* Its heads must be zero before anybody gets the place. Where nothing waits then, the next record stands at
 * the ring's begin: so the same memory, which the processor has at hand, is used again and again. */
static void give_back(struct line_queue *queue, uint32_t end)
{
    uint64_t ends = atomic_load(&queue->ends);
    uint32_t next;

    for (uint32_t position = first_of(ends), part; position != end; position += part) {
        uint32_t at = position & (queue->size - 1);

        part = end - position < queue->size - at ? end - position : queue->size - at;
        memset(queue->ring + at, 0, part);
    }
    do
        next = next_of(ends);
    while (!atomic_compare_exchange_weak(&queue->ends, &ends, next == end ? 0 : both(end, next)));
}

/* Whether the record at the front, which is not complete, is given up: it holds up the others for a while. */
static bool drop_first(struct line_queue *queue, uint32_t next, uint64_t now_ns)
{
    if (queue->held_ns == 0)
        queue->held_ns = now_ns;
    if (now_ns - queue->held_ns < PATIENCE_NS && now_ns != LINE_QUEUE_LAST)
        return false;
    queue->held_ns = 0;
    give_back(queue, next);
    return true;
}

void line_queue_look(struct line_queue *queue, struct line_block *block, uint64_t now_ns)
{
    const uint64_t ends = atomic_load(&queue->ends);
    uint32_t position = first_of(ends), end = next_of(ends), from = queue->taken;

    block->length = block->count = 0;
    block->is_full = false;
    while (position != end) {
        const struct record record = record_at(queue, position, end);

        if (!record.is_complete && (block->length > 0 || !drop_first(queue, record.next, now_ns)))
            return;
        if (record.is_complete && !add_text(queue, block, position, from, record.size))
            return;
        position = record.next;
        from = 0;
    }
}

/* Its head moves over text that is taken, so that a large record does not keep its place to the end. Returns
 * where it begins then. */
static uint32_t shorten(struct line_queue *queue, uint32_t position, uint32_t size)
{
    uint32_t gone = queue->taken & ~(UNIT - 1);
    uint64_t eval = atomic_load_explicit(eval_at(queue, position), memory_order_relaxed);

    atomic_store_explicit(eval_at(queue, position + gone), eval, memory_order_relaxed);
    atomic_store_explicit(word_at(queue, position + gone), (uint64_t)(size - gone) << STATES | COMPLETE,
                          memory_order_release);
    queue->taken -= gone;
    return position + gone;
}

void line_queue_take(struct line_queue *queue, size_t size)
{
    const uint64_t ends = atomic_load(&queue->ends);
    uint32_t position = first_of(ends), end = next_of(ends);

    while (position != end && size > 0) {
        const struct record record = record_at(queue, position, end);
        size_t left = record.size - queue->taken;

        queue->held_ns = 0;
        if (left > size) {
            queue->taken += (uint32_t)size;
            position = shorten(queue, position, record.size);
            break;
        }
        size -= left;
        queue->taken = 0;
        position = record.next;
    }
    give_back(queue, position);
}

uint64_t line_queue_eval(const struct line_block *block, size_t place)
{
    size_t low = 0, high = block->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (block->stretches[middle].end > place)
            high = middle;
        else
            low = middle + 1;
    }
    return low < block->count ? block->stretches[low].eval : 0;
}
