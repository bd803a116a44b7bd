/* SPDX-License-Identifier: MIT */
/* See fst_head.h. Numbers stand in an FST with the highest byte first, or in groups of seven bits with the
 * lowest first (LEB128). The block of names is packed by LZ4; one long run of literals is valid, too. */
#include "wave/fst_head.h"

#include <string.h>

#define BLOCK_HEADER   0u
#define BLOCK_VALUES   8u /* with aliases, the second form */
#define BLOCK_GEOMETRY 3u
#define BLOCK_NAMES    6u

#define ATTRIBUTE_BEGIN 252u
#define ATTRIBUTE_END   253u
#define SCOPE           254u
#define UPSCOPE         255u
#define TYPES           30u /* of variables */
#define TYPE_STRING     21u

#define MEMORY_USE (UINT64_C(1) << 27) /* what every writer says */

/* --- reading --- */

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

static uint8_t read_byte(struct reader *reader)
{
    if (reader->at == reader->end) {
        reader->failed = true;
        return 0;
    }
    return *reader->at++;
}

static void skip_string(struct reader *reader)
{
    while (!reader->failed && read_byte(reader) != 0)
        ;
}

static uint64_t read_number(struct reader *reader)
{
    uint64_t number = 0;
    uint8_t byte = 0x80;
    for (unsigned shift = 0; shift < 64 && (byte & 0x80); shift += 7) {
        byte = read_byte(reader);
        number |= (uint64_t)(byte & 0x7f) << shift;
    }
    reader->failed = reader->failed || (byte & 0x80);
    return number;
}

/* --- writing --- */

static uint8_t *put_fixed(uint8_t *to, uint64_t number)
{
    for (unsigned i = 0; i < sizeof number; i++)
        *to++ = (uint8_t)(number >> (56 - 8 * i));
    return to;
}

static uint8_t *put_block(uint8_t *to, unsigned type, uint64_t bytes)
{
    *to++ = (uint8_t)type;
    return put_fixed(to, bytes + sizeof bytes);
}

struct geometry {
    uint8_t *to; /* NULL: only its length is wanted */
    size_t bytes;
};

static void add_length(struct geometry *geometry, uint64_t number)
{
    do {
        const uint8_t byte = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
        if (geometry->to != NULL)
            geometry->to[geometry->bytes] = byte;
        geometry->bytes++;
        number >>= 7;
    } while (number);
}

/* --- the names --- */

static bool is_real(unsigned type)
{
    return type == 3 || type == 4 || type == 20 || type == 29;
}

/* A real has no length, a string any. */
static uint64_t length_of(unsigned type, uint64_t bits)
{
    if (is_real(type))
        return 0;
    return type == TYPE_STRING || bits == 0 ? UINT32_MAX : bits;
}

static void read_variable(struct reader *reader, unsigned type, struct fst_head *head,
                          struct geometry *geometry)
{
    read_byte(reader); /* direction */
    skip_string(reader);
    const uint64_t bits = read_number(reader), alias = read_number(reader);
    head->variables++;
    if (alias > head->handles)
        reader->failed = true;
    if (alias != 0)
        return;
    head->handles++;
    add_length(geometry, length_of(type, bits));
}

static void read_attribute(struct reader *reader)
{
    read_byte(reader); /* kinds */
    read_byte(reader);
    skip_string(reader);
    read_number(reader);
}

bool fst_head_read(struct fst_head *head, const uint8_t *names, size_t size, uint8_t *geometry,
                   size_t *geometry_bytes)
{
    struct reader reader = {names, names + size, false};
    struct geometry made = {geometry, 0};
    uint64_t depth = 0;
    *head = (struct fst_head){0};
    while (!reader.failed && reader.at < reader.end) {
        const unsigned type = read_byte(&reader);
        if (type == SCOPE) {
            read_byte(&reader); /* kind */
            skip_string(&reader);
            skip_string(&reader);
            head->scopes++;
            depth++;
        } else if (type == UPSCOPE) {
            if (depth-- == 0)
                return false;
        } else if (type == ATTRIBUTE_BEGIN) {
            read_attribute(&reader);
        } else if (type < TYPES) {
            read_variable(&reader, type, head, &made);
        } else if (type != ATTRIBUTE_END) {
            return false;
        }
    }
    *geometry_bytes = made.bytes;
    return !reader.failed && depth == 0 && head->scopes > 0 && head->handles > 0;
}

/* --- blocks --- */

void fst_head_header(const struct fst_head *head, uint8_t header[FST_HEAD_HEADER_BYTES])
{
    static const char writer[] = "lightsss, on the way";
    static const double order = 2.7182818284590452354; /* of bytes in the values */
    const uint64_t numbers[] = {MEMORY_USE, head->scopes, head->variables, head->handles, head->blocks};
    memset(header, 0, FST_HEAD_HEADER_BYTES);
    uint8_t *to = put_block(header, BLOCK_HEADER, FST_HEAD_HEADER_BYTES - FST_HEAD_BLOCK_BYTES);
    to = put_fixed(put_fixed(to, head->first_time), head->last_time);
    memcpy(to, &order, sizeof order);
    to += sizeof order;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        to = put_fixed(to, numbers[i]);
    *to++ = (uint8_t)head->timescale;
    memcpy(to, writer, sizeof writer);
}

static size_t packed_room(size_t bytes)
{
    return bytes + bytes / 255 + 16;
}

size_t fst_head_room(size_t names_bytes, size_t geometry_bytes)
{
    return 2 * (size_t)FST_HEAD_BLOCK_BYTES + 3 * sizeof(uint64_t) + geometry_bytes +
           packed_room(names_bytes);
}

static uint8_t *put_packed(uint8_t *to, const uint8_t *bytes, size_t size)
{
    size_t rest = size < 15 ? 0 : size - 15;
    *to++ = (uint8_t)((size < 15 ? size : 15) << 4);
    if (size >= 15) {
        for (; rest >= 255; rest -= 255)
            *to++ = 255;
        *to++ = (uint8_t)rest;
    }
    memcpy(to, bytes, size);
    return to + size;
}

size_t fst_head_blocks(uint8_t *to, const struct fst_head *head, const uint8_t *names, size_t names_bytes,
                       const uint8_t *geometry, size_t geometry_bytes)
{
    uint8_t *at = put_block(to, BLOCK_GEOMETRY, geometry_bytes + 2 * sizeof(uint64_t));
    at = put_fixed(put_fixed(at, geometry_bytes), head->handles);
    memcpy(at, geometry, geometry_bytes);
    at += geometry_bytes;
    uint8_t *packed = put_packed(at + FST_HEAD_BLOCK_BYTES + sizeof(uint64_t), names, names_bytes);
    at = put_block(at, BLOCK_NAMES, (uint64_t)(packed - at) - FST_HEAD_BLOCK_BYTES);
    put_fixed(at, names_bytes);
    return (size_t)(packed - to);
}

/* Lengths that are not packed are as long as the block; readers take as many as there are handles. */
void fst_head_merge(size_t size, uint8_t merged[FST_HEAD_MERGED_BYTES])
{
    put_fixed(put_fixed(merged, size - 1), size - 1 - 3 * sizeof(uint64_t));
}

static uint64_t get_fixed(const uint8_t *from)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < sizeof number; i++)
        number = number << 8 | from[i];
    return number;
}

uint64_t fst_head_count(struct fst_head *head, const uint8_t look[FST_HEAD_LOOK_BYTES])
{
    const uint64_t bytes = get_fixed(look + 1);
    if (bytes < sizeof bytes)
        return 0;
    if (*look == BLOCK_VALUES) {
        if (head->blocks++ == 0)
            head->first_time = get_fixed(look + FST_HEAD_BLOCK_BYTES);
        head->last_time = get_fixed(look + FST_HEAD_BLOCK_BYTES + sizeof bytes);
    }
    return bytes + 1;
}
