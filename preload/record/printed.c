/* SPDX-License-Identifier: MIT */
/* Keeps and compares what is printed: see printed.h. Runs inside write(), which may be called from anywhere:
 * no heap, no system calls. */
#include "record/printed.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define SHOWN_BEFORE 24u /* bytes of the line before the first different one */
#define WORD         sizeof(uint64_t)
#define WEIGHTS      128u /* words of a block */

/* Numbers without a pattern. */
#define MIX_1(z)  (((z) ^ (z) >> 30) * UINT64_C(0xbf58476d1ce4e5b9))
#define MIX_2(z)  (((z) ^ (z) >> 27) * UINT64_C(0x94d049bb133111eb))
#define MIX(z)    (MIX_2(MIX_1((z)*UINT64_C(0x9e3779b97f4a7c15))) | 1)
#define MIX_4(z)  MIX(z), MIX((z) + 1), MIX((z) + 2), MIX((z) + 3)
#define MIX_16(z) MIX_4(z), MIX_4((z) + 4), MIX_4((z) + 8), MIX_4((z) + 12)
#define MIX_64(z) MIX_16(z), MIX_16((z) + 16), MIX_16((z) + 32), MIX_16((z) + 48)

static const uint64_t weights[WEIGHTS] = {MIX_64(UINT64_C(1)), MIX_64(UINT64_C(65))};

/* --- the sum --- */

/* Bytes of a stream are words of eight, each multiplied by a number that belongs to its place. So the sum of
 * the parts of a word is that of the word. The highest bytes count only for the highest bits of a product:
 * hence a second sum, with the word's halves exchanged. */
static uint64_t block_sum(uint64_t block, uint64_t products, uint64_t turned)
{
    return products * MIX(2 * block + 1000) + turned * MIX(2 * block + 1001);
}

static uint64_t turn(uint64_t word)
{
    return word << 32 | word >> 32;
}

/* Of a word of which only these bytes are there. */
static uint64_t part_sum(uint64_t position, const unsigned char *bytes, size_t size)
{
    uint64_t word = 0, place = position / WORD;

    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << 8 * ((position + i) % WORD);
    return block_sum(place / WEIGHTS, word * weights[place % WEIGHTS], turn(word));
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the order of bytes in part_sum()");

struct sums {
    uint64_t products, turned;
};

/* Not by vectors: most processors have no product of 64 bits there, and gcc's are slower. */
static inline void add_word(struct sums *sums, const unsigned char *bytes, uint64_t weight)
{
    uint64_t word;

    memcpy(&word, bytes, WORD);
    __asm__("" : "+r"(word));
    sums->products += word * weight;
    sums->turned += turn(word);
}

/* Whole words of one block; by fours, because the loop itself costs as much as a word. */
static uint64_t words_sum(uint64_t place, const unsigned char *bytes, size_t count)
{
    const uint64_t *weight = &weights[place % WEIGHTS];
    struct sums one = {0, 0}, other = {0, 0};
    size_t i = 0;

    for (; i + 4 <= count; i += 4) {
        add_word(&one, bytes + i * WORD, weight[i]);
        add_word(&other, bytes + (i + 1) * WORD, weight[i + 1]);
        add_word(&one, bytes + (i + 2) * WORD, weight[i + 2]);
        add_word(&other, bytes + (i + 3) * WORD, weight[i + 3]);
    }
    for (; i < count; i++)
        add_word(&one, bytes + i * WORD, weight[i]);
    return block_sum(place / WEIGHTS, one.products + other.products, one.turned + other.turned);
}

uint64_t printed_sum(uint64_t position, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    uint64_t sum = 0;

    while (size > 0) {
        uint64_t place = position / WORD;
        size_t inside = position % WORD, part, count = WEIGHTS - place % WEIGHTS;

        if (inside > 0 || size < WORD) {
            part = size < WORD - inside ? size : WORD - inside;
            sum += part_sum(position, from, part);
        } else {
            count = count < size / WORD ? count : size / WORD;
            part = count * WORD;
            sum += words_sum(place, from, count);
        }
        from += part;
        position += part;
        size -= part;
    }
    return sum;
}

/* --- in the original --- */

static void copy(struct printed *printed, uint64_t position, const char *from, size_t size)
{
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

/* Nothing has a place that is not complete: then all is, up to here. Else it stays where the first gap may
 * begin: a signal handler that prints and ends the process leaves such a gap, which nobody will fill. Two
 * threads may do this at once: too little is known then until the next one. */
static void note_whole(struct printed *printed, const struct printed_own *own)
{
    uint64_t count = atomic_load(&printed->count);

    if (atomic_load(&own->count) == count)
        atomic_store_explicit(&printed->whole, count, memory_order_release);
}

/* The original may be killed at any time: the bytes are there before they are counted. */
bool printed_add(struct printed *printed, struct printed_own *own, const struct iovec *parts, size_t size)
{
    uint64_t position = atomic_load(&own->count), sum = 0;
    size_t done = 0;

    do {
        if (position == PRINTED_CLOSED)
            return false;
    } while (!atomic_compare_exchange_weak(&own->count, &position, position + size));
    for (; done < size; parts++) {
        size_t part = parts->iov_len < size - done ? parts->iov_len : size - done;

        if (part == 0)
            continue;
        copy(printed, position + done, parts->iov_base, part);
        sum += printed_sum(position + done, parts->iov_base, part);
        done += part;
    }
    atomic_fetch_add(&own->sum, sum);
    atomic_fetch_add(&printed->sum, sum);
    atomic_fetch_add(&printed->count, size);
    note_whole(printed, own);
    return true;
}

bool printed_close(struct printed *printed, struct printed_own *own)
{
    uint64_t count = atomic_exchange(&own->count, PRINTED_CLOSED);

    if (count != PRINTED_CLOSED)
        atomic_store(&printed->end, count);
    return atomic_load(&printed->count) == atomic_load(&printed->end);
}

void printed_cut(struct printed *printed)
{
    atomic_store(&printed->end, PRINTED_CLOSED);
}

bool printed_is_cut(const struct printed *printed)
{
    return atomic_load(&printed->end) == PRINTED_CLOSED;
}

/* --- in the replay --- */

/* So many bytes are the original's, without a gap. */
static uint64_t known(const struct printed *printed)
{
    uint64_t count = atomic_load(&printed->count);

    return count == atomic_load(&printed->end) ? count : atomic_load(&printed->whole);
}

static uint64_t kept_from(const struct printed *printed)
{
    uint64_t count = atomic_load(&printed->count);

    return count > PRINTED_KEPT ? count - PRINTED_KEPT : 0;
}

static char byte_at(const struct printed *printed, uint64_t position)
{
    return printed->bytes[position % PRINTED_KEPT];
}

void printed_compare_begin(struct printed_comparison *comparison, const struct printed *original,
                           struct printed_own *own)
{
    uint64_t start = atomic_exchange(&own->count, PRINTED_CLOSED);

    *comparison = (struct printed_comparison){
        .original = original,
        .own = own,
        .start = start,
        .count = start,
        .line = 1,
        .line_start = start,
    };
}

/* How many of the bytes, which the replay has printed from byte number `position` on, are the original's?
 * Those that are not kept any more are taken for the same: the hash knows better. */
static size_t count_same(const struct printed *original, uint64_t position, const char *bytes, size_t size)
{
    uint64_t kept = kept_from(original), end = known(original);
    size_t same = 0;

    if (position < kept)
        same = kept - position < size ? (size_t)(kept - position) : size;
    while (same < size && position + same < end) {
        size_t at = (position + same) % PRINTED_KEPT;
        size_t part = size - same < PRINTED_KEPT - at ? size - same : PRINTED_KEPT - at;

        if (part > end - position - same)
            part = (size_t)(end - position - same);
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
    uint64_t position = comparison->count;
    size_t same = 0;

    comparison->sum += printed_sum(position, bytes, size);
    comparison->count += size;
    if (!comparison->differs) {
        same = count_same(comparison->original, position, bytes, size);
        count_lines(comparison, position, bytes, same);
        comparison->differs = same < size;
        comparison->difference = position + same;
    }
    show(comparison, (const char *)bytes + same, size - same);
}

/* A NUL would end the text. */
static void append_shown(struct text *how, char byte)
{
    text_format(how, "%c", byte != '\0' ? byte : '?');
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
        append_shown(how, byte_at(original, from));
}

static void append_replay_line(struct text *how, const struct printed_comparison *comparison)
{
    text_format(how, "\"");
    append_common(how, comparison);
    for (size_t i = 0; i < comparison->shown_length; i++)
        append_shown(how, comparison->shown[i]);
    text_format(how, comparison->shown_length == PRINTED_SHOWN ? "...\"" : "\"");
}

static void append_original_line(struct text *how, const struct printed_comparison *comparison)
{
    const struct printed *original = comparison->original;
    uint64_t position = comparison->difference, end = position + PRINTED_SHOWN;
    uint64_t count = known(original);

    text_format(how, "\"");
    append_common(how, comparison);
    for (; position < end && position < count && byte_at(original, position) != '\n'; position++)
        append_shown(how, byte_at(original, position));
    text_format(how, position == end ? "...\"" : "\"");
}

static void describe(const struct printed_comparison *comparison, const char *name, struct text *how)
{
    bool is_more = comparison->difference == known(comparison->original);
    bool is_less = comparison->difference == comparison->count;
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

/* Where the original was killed, or ended in the middle of printing, the sum may be ahead of the count: then
 * the bytes alone tell, as far as they are kept. */
static bool is_same(const struct printed_comparison *comparison, uint64_t end)
{
    const struct printed *original = comparison->original;

    if (comparison->differs || comparison->count != end)
        return false;
    return atomic_load(&comparison->own->sum) + comparison->sum == atomic_load(&original->sum) ||
           (atomic_load(&original->end) != end && comparison->start >= kept_from(original));
}

/* What a part lacks the original may have printed later. */
static bool may_differ(const struct printed *original, enum printed_stop stop, uint64_t end, bool is_more)
{
    if (atomic_load(&original->end) != end)
        return true;
    return stop == PRINTED_EARLY || (stop == PRINTED_IN_PART && !is_more);
}

bool printed_is_same(const struct printed_comparison *comparison, const char *name, enum printed_stop stop,
                     struct text *how)
{
    const struct printed *original = comparison->original;
    struct printed_comparison seen = *comparison;
    uint64_t end = known(original);

    if (is_same(comparison, end))
        return true;
    bool is_less = !seen.differs && seen.count < end;
    bool is_more = seen.differs && seen.difference == end;
    if ((is_less || is_more) && may_differ(original, stop, end, is_more))
        return true;
    if (!seen.differs)
        seen.difference = seen.count;
    if (seen.differs || (is_less && seen.difference >= kept_from(original)))
        describe(&seen, name, how);
    else
        text_format(how, "%s has %" PRIu64 " bytes, which are not the %" PRIu64 " that the original printed",
                    name, seen.count - seen.start, end - seen.start);
    return false;
}
