/* SPDX-License-Identifier: MIT */
/* The tape of what the original was given: see tape_ring.h. Numbers are encoded in groups of seven bits,
 * lowest first, so that the answer of a busy poll takes a few bytes. */
#include "record/tape_ring.h"

#include <errno.h>
#include <string.h>

#define WORD        ((size_t)4)
#define FIELDS_SIZE 48u /* no record's fields take more bytes */

/* The two lowest bits of a header; above them the size in words. */
enum state {
    STATE_NONE,     /* not written yet */
    STATE_RESERVED, /* being written */
    STATE_COMPLETE,
    STATE_COUNTED, /* complete, with a count of repeats behind the header */
};

/* The first byte of the fields: the type, and which of them are there. */
#define FLAG_TYPE         0x03u
#define FLAG_STAMPED      0x04u
#define FLAG_SIZE         0x08u /* the payload's size is told ... */
#define FLAG_RESULT_BYTES 0x10u /* ... or is the result */

static _Atomic uint32_t *word_at(const uint8_t *bytes, uint64_t offset)
{
    return (_Atomic uint32_t *)(void *)(uintptr_t)(bytes + offset);
}

/* --- writing --- */

static uint8_t *put(uint8_t *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (uint8_t)(number | 0x80);
    *at++ = (uint8_t)number;
    return at;
}

static uint64_t without_sign(int64_t number)
{
    return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static size_t encode(uint8_t fields[FIELDS_SIZE], const struct tape_ring_record *record)
{
    bool result_bytes = record->size > 0 && record->result == (int64_t)record->size;
    uint8_t *at = fields;

    *at++ = (uint8_t)((unsigned)record->type | (record->stamped ? FLAG_STAMPED : 0) |
                      (result_bytes       ? FLAG_RESULT_BYTES
                       : record->size > 0 ? FLAG_SIZE
                                          : 0));
    if (record->type == TAPE_RING_LOST)
        return (size_t)(put(at, record->eval) - fields);
    at = put(at, record->stream);
    if (record->type == TAPE_RING_STREAM) {
        at = put(at, record->kind);
        return (size_t)(put(at, record->key) - fields);
    }
    at = put(at, without_sign(record->result));
    if (record->result < 0)
        at = put(at, (uint32_t)record->error);
    if (record->size > 0 && !result_bytes)
        at = put(at, record->size);
    if (record->stamped)
        at = put(at, record->eval);
    return (size_t)(at - fields);
}

static void copy_payload(uint8_t *to, size_t size, const struct iovec *parts, int count)
{
    for (int i = 0; i < count && size > 0; i++) {
        size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;

        if (part > 0)
            memcpy(to, parts[i].iov_base, part);
        to += part;
        size -= part;
    }
}

/* Between the exchange and the store of the header nothing tells how long the gap is: the reader looks for
 * the next word that is not zero. */
static int reserve(struct tape_ring *tape, uint64_t size, uint64_t spare, uint64_t *position)
{
    uint64_t head = atomic_load(&tape->head);

    do {
        if (head == TAPE_RING_CLOSED)
            return -ECANCELED;
        if (size > tape->size || head + size + spare > atomic_load(&tape->floor) + tape->size)
            return -ENOSPC;
    } while (!atomic_compare_exchange_weak(&tape->head, &head, head + size));
    *position = head;
    return 0;
}

int tape_ring_append(struct tape_ring *tape, const struct tape_ring_record *record, const struct iovec *parts,
                     int count, uint64_t *position)
{
    uint8_t fields[FIELDS_SIZE];
    size_t length = encode(fields, record);
    size_t start = record->repeatable ? 2 * WORD : WORD;
    uint64_t size = ((uint64_t)start + length + record->size + WORD - 1) & ~(uint64_t)(WORD - 1);
    uint64_t spare = record->type == TAPE_RING_LOST ? 0 : TAPE_RING_SPARE;

    int r = reserve(tape, size, spare, position);
    if (r < 0)
        return r;
    uint8_t *bytes = tape->ring + (*position & (tape->size - 1));
    uint32_t header = (uint32_t)(size / WORD) << 2;
    atomic_store_explicit(word_at(bytes, 0), header | STATE_RESERVED, memory_order_release);
    memcpy(bytes + start, fields, length);
    if (record->size > 0)
        copy_payload(bytes + start + length, record->size, parts, count);
    atomic_store_explicit(word_at(bytes, 0), header | (record->repeatable ? STATE_COUNTED : STATE_COMPLETE),
                          memory_order_release);
    return 0;
}

bool tape_ring_repeat(const struct tape_ring *tape, uint64_t position, const struct tape_ring_record *record)
{
    uint8_t fields[FIELDS_SIZE];
    size_t length = encode(fields, record);
    const uint8_t *bytes = tape->ring + (position & (tape->size - 1));

    if ((atomic_load(word_at(bytes, 0)) & 3) != STATE_COUNTED ||
        memcmp(bytes + 2 * WORD, fields, length) != 0 || atomic_load(word_at(bytes, WORD)) >= UINT32_MAX / 2)
        return false;
    atomic_fetch_add(word_at(bytes, WORD), 1);
    return true;
}

/* --- reading --- */

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t get(struct reader *reader)
{
    uint64_t number = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end)
            break;
        uint8_t byte = *reader->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return number;
    }
    reader->bad = true;
    return 0;
}

static int64_t with_sign(uint64_t number)
{
    return (int64_t)(number >> 1 ^ (0 - (number & 1)));
}

/* Returns whether the fields make sense. */
static bool decode(struct reader *reader, struct tape_ring_record *record)
{
    if (reader->at == reader->end)
        return false;
    unsigned flags = *reader->at++;
    record->type = (enum tape_ring_type)(flags & FLAG_TYPE);
    if (record->type == TAPE_RING_LOST) {
        record->eval = get(reader);
        return !reader->bad;
    }
    record->stream = (uint32_t)get(reader);
    if (record->type == TAPE_RING_STREAM) {
        record->kind = (uint32_t)get(reader);
        record->key = get(reader);
        return !reader->bad;
    }
    record->result = with_sign(get(reader));
    if (record->result < 0)
        record->error = (int32_t)get(reader);
    uint64_t size = (flags & FLAG_RESULT_BYTES) != 0 ? (uint64_t)record->result
                    : (flags & FLAG_SIZE) != 0       ? get(reader)
                                                     : 0;
    record->stamped = (flags & FLAG_STAMPED) != 0;
    if (record->stamped)
        record->eval = get(reader);
    if (reader->bad || record->type != TAPE_RING_ANSWER || size > (uint64_t)(reader->end - reader->at))
        return false;
    record->size = (uint32_t)size;
    record->payload = reader->at;
    return true;
}

static bool read_fields(const uint8_t *bytes, size_t end, size_t offset, bool counted,
                        struct tape_ring_record *record)
{
    size_t start = offset + (counted ? 2 * WORD : WORD);
    struct reader reader = {bytes + start, bytes + end, false};

    memset(record, 0, sizeof *record);
    if (start > end || !decode(&reader, record))
        return false;
    record->repeatable = counted;
    record->repeats = counted ? atomic_load(word_at(bytes, offset + WORD)) : 0;
    return true;
}

size_t tape_ring_read(const uint8_t *bytes, size_t size, size_t offset, struct tape_ring_record *record,
                      bool *complete)
{
    *complete = false;
    while (offset + WORD <= size && atomic_load(word_at(bytes, offset)) == 0)
        offset += WORD;
    if (offset + WORD > size)
        return 0;
    uint32_t header = atomic_load(word_at(bytes, offset));
    uint64_t length = (uint64_t)(header >> 2) * WORD;
    if (length < WORD || length > size - offset || (header & 3) == STATE_NONE)
        return 0;
    if ((header & 3) == STATE_RESERVED)
        return offset + length;
    *complete = read_fields(bytes, offset + length, offset, (header & 3) == STATE_COUNTED, record);
    return *complete ? offset + length : 0;
}

void tape_ring_link(uint8_t *bytes, size_t offset, size_t next)
{
    uint32_t state = atomic_load(word_at(bytes, offset)) & 3;

    atomic_store(word_at(bytes, offset), (uint32_t)(next / WORD) << 2 | state);
}

bool tape_ring_linked(const uint8_t *bytes, size_t size, size_t offset, struct tape_ring_record *record,
                      size_t *next)
{
    if (offset + WORD > size)
        return false;
    uint32_t header = atomic_load(word_at(bytes, offset));
    *next = (size_t)(header >> 2) * WORD;
    return read_fields(bytes, size, offset, (header & 3) == STATE_COUNTED, record);
}
