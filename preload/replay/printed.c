/* SPDX-License-Identifier: MIT */
/* Keeps and compares what is printed: see printed.h. Runs inside write(), which may be called from anywhere:
 * no heap, no system calls. */
#include "printed.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN_BEFORE 24u /* bytes of the line before the first different one */

/* Four lanes, so that the processor need not wait for one multiplication before the next. */
static void hash_block(struct printed_hash *hash, const unsigned char *block)
{
    for (size_t i = 0; i < PRINTED_BLOCK / sizeof(uint64_t); i++) {
        uint64_t word;

        memcpy(&word, block + i * sizeof word, sizeof word);
        word = (hash->lanes[i] ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash->lanes[i] = word ^ word >> 29;
    }
}

void printed_hash_add(struct printed_hash *hash, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    size_t filled = hash->count % PRINTED_BLOCK;

    hash->count += size;
    if (filled > 0) {
        size_t part = size < PRINTED_BLOCK - filled ? size : PRINTED_BLOCK - filled;

        memcpy(hash->rest + filled, from, part);
        if (filled + part < PRINTED_BLOCK)
            return;
        hash_block(hash, hash->rest);
        from += part;
        size -= part;
    }
    for (; size >= PRINTED_BLOCK; from += PRINTED_BLOCK, size -= PRINTED_BLOCK)
        hash_block(hash, from);
    memcpy(hash->rest, from, size);
}

static bool is_same_hash(const struct printed_hash *one, const struct printed_hash *other)
{
    return one->count == other->count && memcmp(one->lanes, other->lanes, sizeof one->lanes) == 0 &&
           memcmp(one->rest, other->rest, one->count % PRINTED_BLOCK) == 0;
}

void printed_keep(struct printed *printed, struct printed_hash *hash, const void *bytes, size_t size)
{
    const char *from = bytes;
    uint64_t position = hash->count;

    printed_hash_add(hash, bytes, size);
    if (size > PRINTED_KEPT) {
        from += size - PRINTED_KEPT;
        position += size - PRINTED_KEPT;
        size = PRINTED_KEPT;
    }
    while (size > 0) {
        size_t at = position % PRINTED_KEPT;
        size_t part = size < PRINTED_KEPT - at ? size : PRINTED_KEPT - at;

        memcpy(printed->bytes + at, from, part);
        from += part;
        position += part;
        size -= part;
    }
}

static uint64_t kept_from(const struct printed *printed)
{
    return printed->end.count > PRINTED_KEPT ? printed->end.count - PRINTED_KEPT : 0;
}

static char byte_at(const struct printed *printed, uint64_t position)
{
    return printed->bytes[position % PRINTED_KEPT];
}

void printed_compare_begin(struct printed_comparison *comparison, const struct printed *original,
                           const struct printed_hash *hash)
{
    *comparison = (struct printed_comparison){
        .original = original,
        .hash = *hash,
        .start = hash->count,
        .line = 1,
        .line_start = hash->count,
    };
}

/* How many of the bytes, which the replay has printed from byte number `position` on, are the original's?
 * Those that are not kept any more are taken for the same: the hash knows better. */
static size_t count_same(const struct printed *original, uint64_t position, const char *bytes, size_t size)
{
    uint64_t kept = kept_from(original);
    size_t same = 0;

    if (position < kept)
        same = kept - position < size ? (size_t)(kept - position) : size;
    while (same < size && position + same < original->end.count) {
        size_t at = (position + same) % PRINTED_KEPT;
        size_t part = size - same < PRINTED_KEPT - at ? size - same : PRINTED_KEPT - at;

        if (part > original->end.count - position - same)
            part = (size_t)(original->end.count - position - same);
        if (memcmp(original->bytes + at, bytes + same, part) != 0) {
            while (original->bytes[at++] == bytes[same])
                same++;
            return same;
        }
        same += part;
    }
    return same;
}

static void count_lines(struct printed_comparison *comparison, uint64_t position, const char *bytes,
                        size_t size)
{
    const char *from = bytes, *newline;

    while (from < bytes + size && (newline = memchr(from, '\n', (size_t)(bytes + size - from))) != NULL) {
        from = newline + 1;
        comparison->line++;
        comparison->line_start = position + (uint64_t)(from - bytes);
    }
}

static void show(struct printed_comparison *comparison, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && !comparison->shown_ended; i++) {
        comparison->shown_ended = bytes[i] == '\n' || comparison->shown_length == PRINTED_SHOWN;
        if (!comparison->shown_ended)
            comparison->shown[comparison->shown_length++] = bytes[i];
    }
}

void printed_compare(struct printed_comparison *comparison, const void *bytes, size_t size)
{
    uint64_t position = comparison->hash.count;
    size_t same = 0;

    printed_hash_add(&comparison->hash, bytes, size);
    if (!comparison->differs) {
        same = count_same(comparison->original, position, bytes, size);
        count_lines(comparison, position, bytes, same);
        comparison->differs = same < size;
        comparison->difference = position + same;
    }
    show(comparison, (const char *)bytes + same, size - same);
}

/* What both have printed of the line; its beginning is left out where it is long. */
static void append_common(struct text *how, const struct printed_comparison *comparison)
{
    const struct printed *original = comparison->original;
    uint64_t difference = comparison->difference, from = comparison->line_start;

    if (from < kept_from(original))
        from = kept_from(original);
    if (difference - from > SHOWN_BEFORE)
        from = difference - SHOWN_BEFORE;
    if (from > comparison->line_start)
        text_format(how, "...");
    for (; from < difference; from++)
        text_format(how, "%c", byte_at(original, from));
}

static void append_replay_line(struct text *how, const struct printed_comparison *comparison)
{
    text_format(how, "\"");
    append_common(how, comparison);
    text_append(how, comparison->shown, comparison->shown_length);
    text_format(how, comparison->shown_length == PRINTED_SHOWN ? "...\"" : "\"");
}

static void append_original_line(struct text *how, const struct printed_comparison *comparison)
{
    const struct printed *original = comparison->original;
    uint64_t position = comparison->difference, end = position + PRINTED_SHOWN;

    text_format(how, "\"");
    append_common(how, comparison);
    for (; position < end && position < original->end.count && byte_at(original, position) != '\n';
         position++)
        text_format(how, "%c", byte_at(original, position));
    text_format(how, position == end ? "...\"" : "\"");
}

static void describe(const struct printed_comparison *comparison, const char *name, struct text *how)
{
    bool is_more = comparison->difference == comparison->original->end.count;
    bool is_less = comparison->difference == comparison->hash.count;
    bool is_whole_line = comparison->difference == comparison->line_start;

    text_format(how, "line %" PRIu64 " of %s", comparison->line, name);
    if (comparison->start < kept_from(comparison->original))
        text_format(how, " (or one before)");
    if (is_more && is_whole_line) {
        text_format(how, ", ");
        append_replay_line(how, comparison);
        text_format(how, ", was not printed by the original");
    } else if (is_less && is_whole_line) {
        text_format(how, " is missing: ");
        append_original_line(how, comparison);
    } else {
        text_format(how, " is ");
        append_replay_line(how, comparison);
        text_format(how, " instead of ");
        append_original_line(how, comparison);
    }
}

bool printed_is_same(const struct printed_comparison *comparison, const char *name, bool early,
                     struct text *how)
{
    const struct printed_hash *end = &comparison->original->end;
    struct printed_comparison seen = *comparison;

    if (is_same_hash(&comparison->hash, end))
        return true;
    bool is_less = !seen.differs && seen.hash.count < end->count;
    bool is_more = seen.differs && seen.difference == end->count;
    if (early && (is_less || is_more))
        return true;
    if (!seen.differs)
        seen.difference = seen.hash.count;
    if (seen.differs || (is_less && seen.difference >= kept_from(seen.original)))
        describe(&seen, name, how);
    else
        text_format(how, "%s has %" PRIu64 " bytes, which are not the %" PRIu64 " that the original printed",
                    name, seen.hash.count - seen.start, end->count - seen.start);
    return false;
}
