/* SPDX-License-Identifier: MIT */
/* The streams of input: see tape_streams.h. */
#include "record/tape_streams.h"

#define STATE_FREE    0u
#define STATE_WRITING 1u
#define STATE_READY   2u

static unsigned first_place(uint32_t kind, uint64_t key)
{
    uint64_t mixed = (key ^ (uint64_t)kind << 56) * UINT64_C(0x9e3779b97f4a7c15);

    return (unsigned)(mixed >> 40) & (TAPE_STREAMS_MAX - 1);
}

static bool is_stream(const struct tape_stream *stream, uint32_t kind, uint64_t key)
{
    return atomic_load_explicit(&stream->state, memory_order_acquire) == STATE_READY &&
           stream->kind == kind && stream->key == key;
}

int tape_streams_find(const struct tape_streams *streams, uint32_t kind, uint64_t key)
{
    unsigned place = first_place(kind, key);

    for (unsigned i = 0; i < TAPE_STREAMS_MAX; i++, place = (place + 1) & (TAPE_STREAMS_MAX - 1)) {
        const struct tape_stream *stream = &streams->stream[place];

        if (is_stream(stream, kind, key))
            return (int)place;
        if (atomic_load(&stream->state) == STATE_FREE)
            return -1;
    }
    return -1;
}

int tape_streams_add(struct tape_streams *streams, uint32_t kind, uint64_t key, bool *added)
{
    unsigned place = first_place(kind, key);

    *added = false;
    for (unsigned i = 0; i < TAPE_STREAMS_MAX; i++, place = (place + 1) & (TAPE_STREAMS_MAX - 1)) {
        struct tape_stream *stream = &streams->stream[place];
        uint32_t free_state = STATE_FREE;

        if (is_stream(stream, kind, key))
            return (int)place;
        if (atomic_load(&stream->state) != STATE_FREE ||
            !atomic_compare_exchange_strong(&stream->state, &free_state, STATE_WRITING))
            continue;
        stream->kind = kind;
        stream->key = key;
        atomic_store_explicit(&stream->state, STATE_READY, memory_order_release);
        *added = true;
        return (int)place;
    }
    return -1;
}

/* --- the replay's side --- */

/* The last record of each stream so far: offset + 1. */
static uint32_t last_record[TAPE_STREAMS_MAX];

static void link_record(struct tape_streams *streams, unsigned number, uint8_t *bytes, size_t offset)
{
    struct tape_stream *stream = &streams->stream[number];

    if (last_record[number] == 0)
        atomic_store(&stream->next, (uint64_t)(offset / 4 + 1) << 32);
    else
        tape_ring_link(bytes, last_record[number] - 1, offset);
    tape_ring_link(bytes, offset, 0);
    last_record[number] = (uint32_t)offset + 1;
}

/* What is done with each record in its turn. False: it is nonsense. */
typedef bool taker(struct tape_streams *streams, const struct tape_ring_record *record, uint8_t *bytes,
                   size_t offset);

/* First: a stream's number is in use before its record is on the tape. Another thread, or a signal handler,
 * may have written in between, and what is found by kind and key depends on all. */
static bool take_number(struct tape_streams *streams, const struct tape_ring_record *record, uint8_t *bytes,
                        size_t offset)
{
    (void)bytes;
    (void)offset;
    if (record->stream >= TAPE_STREAMS_MAX)
        return false;
    if (record->type != TAPE_RING_STREAM)
        return true;
    struct tape_stream *stream = &streams->stream[record->stream];
    stream->kind = record->kind;
    stream->key = record->key;
    atomic_store(&stream->state, STATE_READY);
    return true;
}

/* The same kind and key may have two numbers: all its records belong to the one that is found first. */
static bool take_answer(struct tape_streams *streams, const struct tape_ring_record *record, uint8_t *bytes,
                        size_t offset)
{
    if (record->stream >= TAPE_STREAMS_MAX)
        return false;
    if (record->type == TAPE_RING_STREAM)
        return true;
    const struct tape_stream *stream = &streams->stream[record->stream];
    int number = atomic_load(&stream->state) == STATE_READY
                     ? tape_streams_find(streams, stream->kind, stream->key)
                     : -1;
    if (number >= 0)
        link_record(streams, (unsigned)number, bytes, offset);
    return number >= 0;
}

static bool take_all(struct tape_streams *streams, uint8_t *bytes, size_t size, uint64_t *lost_eval,
                     taker *take)
{
    struct tape_ring_record record;
    size_t offset = 0, next;
    bool complete;

    while (offset < size) {
        while (offset + 4 <= size && bytes[offset] == 0 && bytes[offset + 1] == 0 && bytes[offset + 2] == 0 &&
               bytes[offset + 3] == 0)
            offset += 4;
        if (offset + 4 > size)
            break;
        next = tape_ring_read(bytes, size, offset, &record, &complete);
        if (next == 0)
            return false;
        if (complete && record.type == TAPE_RING_LOST) {
            *lost_eval = record.eval;
            return false;
        }
        if (complete && !take(streams, &record, bytes, offset))
            return false;
        offset = next;
    }
    return true;
}

bool tape_streams_link(struct tape_streams *streams, uint8_t *bytes, size_t size, uint64_t *lost_eval)
{
    *lost_eval = 0;
    for (unsigned i = 0; i < TAPE_STREAMS_MAX; i++) {
        atomic_store(&streams->stream[i].next, 0);
        last_record[i] = 0;
    }
    take_all(streams, bytes, size, lost_eval, take_number);
    return take_all(streams, bytes, size, lost_eval, take_answer);
}

bool tape_streams_next(struct tape_streams *streams, int number, const uint8_t *bytes, size_t size,
                       struct tape_ring_record *record)
{
    _Atomic uint64_t *place = &streams->stream[number].next;
    uint64_t now = atomic_load(place), then;
    size_t offset;

    do {
        if (now == 0 || !tape_ring_linked(bytes, size, ((now >> 32) - 1) * 4, record, &offset))
            return false;
        bool again = (uint32_t)now < record->repeats;
        then = again ? now + 1 : offset == 0 ? 0 : (uint64_t)(offset / 4 + 1) << 32;
    } while (!atomic_compare_exchange_weak(place, &now, then));
    return true;
}
