/* SPDX-License-Identifier: MIT */
/* Names of signals: see wave_names.h. */
#define _GNU_SOURCE
#include "report/wave_names.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define WORDS       8u
#define DIGITS      10u
#define MATCH       4u /* an LZ4 match has at least as many bytes */
#define LONG        15u
#define MORE        255u
#define SCOPE       254 /* records of an FST's hierarchy */
#define UPSCOPE     255
#define ATTRIBUTE   252
#define ATTR_END    253
#define CHANGES_MAX 64u

/* What is being read. */
struct reader {
    struct wave_names *names;
    struct text scope; /* "TOP.mcu." */
    char scope_bytes[WAVE_NAMES_SIZE];
    bool is_over; /* the first scope with signals has ended */
};

static void begin(struct reader *reader, struct wave_names *names)
{
    names->count = 0;
    reader->names = names;
    reader->is_over = false;
    reader->scope = text_in(reader->scope_bytes, sizeof reader->scope_bytes);
}

static void enter(struct reader *reader, const char *name, size_t length)
{
    reader->is_over = reader->names->count > 0;
    text_format(&reader->scope, "%.*s.", (int)length, name);
}

static void leave(struct reader *reader)
{
    reader->is_over = reader->names->count > 0;
    size_t length = reader->scope.length;
    if (length > 0)
        length--; /* its own point */
    while (length > 0 && reader->scope_bytes[length - 1] != '.')
        length--;
    reader->scope.length = length;
    reader->scope_bytes[length] = '\0';
}

/* "data [31:0]" is shown as "data[31:0]". */
static void add(struct reader *reader, uint64_t width, const char *name, size_t length)
{
    struct wave_names *names = reader->names;

    if (names->count == WAVE_NAMES_MAX || reader->is_over)
        return;
    struct wave_name *added = &names->list[names->count++];
    const char *blank = memchr(name, ' ', length);
    size_t before = blank != NULL ? (size_t)(blank - name) : length;
    struct text path = text_in(added->path, sizeof added->path);
    text_format(&path, "%s%.*s", reader->scope_bytes, (int)before, name);
    if (blank != NULL)
        text_format(&path, "%.*s", (int)(length - before - 1), blank + 1);
    added->width = width;
}

/* A clock is what is called so. */
static void put_clock_first(struct wave_names *names)
{
    for (size_t i = 1; i < names->count; i++) {
        struct wave_name clock = names->list[i];
        const char *dot = strrchr(clock.path, '.'), *name = dot != NULL ? dot : clock.path;
        if (clock.width != 1 || (strcasestr(name, "clk") == NULL && strcasestr(name, "clock") == NULL))
            continue;
        memmove(&names->list[1], &names->list[0], i * sizeof clock);
        names->list[0] = clock;
        return;
    }
}

/* --- VCD --- */

struct word {
    const char *at;
    size_t length;
};

static bool is(const struct word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

static struct word next_word(const char **at, const char *end)
{
    while (*at < end && strchr(" \t\r\n", **at) != NULL)
        ++*at;
    struct word word = {*at, 0};
    while (*at < end && strchr(" \t\r\n", **at) == NULL)
        ++*at;
    word.length = (size_t)(*at - word.at);
    return word;
}

static void take_variable(struct reader *reader, const struct word *words, size_t count)
{
    uint64_t width = 0;

    for (size_t i = 0; i < words[2].length && i < DIGITS; i++)
        width = width * 10 + (uint64_t)(words[2].at[i] - '0');
    add(reader, width, words[4].at,
        count > 5 ? (size_t)(words[5].at + words[5].length - words[4].at) : words[4].length);
}

/* Calls for each variable until the scope that is looked for is over. */
static void read_definitions(struct reader *reader, const char *bytes, size_t size,
                             void (*take)(struct reader *reader, const struct word *words, size_t count))
{
    const char *end = bytes + size;
    struct word words[WORDS];
    size_t count = 0;

    while (bytes < end && !reader->is_over) {
        struct word word = next_word(&bytes, end);
        if (!is(&word, "$end")) {
            if (count < WORDS)
                words[count++] = word;
            continue;
        }
        if (count >= 3 && is(&words[0], "$scope"))
            enter(reader, words[2].at, words[2].length);
        else if (count >= 1 && is(&words[0], "$upscope"))
            leave(reader);
        else if (count >= 5 && is(&words[0], "$var"))
            take(reader, words, count);
        else if (count >= 1 && is(&words[0], "$enddefinitions"))
            break;
        count = 0;
    }
}

void wave_names_of_vcd(struct wave_names *names, const char *bytes, size_t size)
{
    struct reader reader;

    begin(&reader, names);
    read_definitions(&reader, bytes, size, take_variable);
    put_clock_first(names);
}

/* --- the last changes of a VCD --- */

/* A signal, by its code. */
struct change {
    struct word code;
    size_t count; /* how often it changed in the tail */
    struct wave_name name;
};

static struct change changes[CHANGES_MAX];
static size_t changes_count;

static struct word next_line(const char **at, const char *end)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    struct word line = {*at, (size_t)((newline != NULL ? newline : end) - *at)};

    *at = newline != NULL ? newline + 1 : end;
    return line;
}

/* Its length is 0 where the line is no change. */
static struct word code_of(const struct word *line)
{
    const char *blank = memchr(line->at, ' ', line->length);
    struct word none = {line->at, 0};

    if (line->length < 2 || strchr("01xXzZbBrR", *line->at) == NULL)
        return none;
    if (strchr("bBrR", *line->at) == NULL)
        return (struct word){line->at + 1, line->length - 1};
    return blank == NULL ? none : (struct word){blank + 1, (size_t)(line->at + line->length - blank - 1)};
}

static struct change *find_change(const struct word *code)
{
    for (size_t i = 0; i < changes_count; i++)
        if (changes[i].code.length == code->length && memcmp(changes[i].code.at, code->at, code->length) == 0)
            return &changes[i];
    return NULL;
}

/* Where the last time begins that has changes. */
static const char *last_time(const char *tail, const char *end)
{
    const char *time = NULL, *last = NULL;

    while (tail < end) {
        struct word line = next_line(&tail, end);
        if (line.length > 0 && *line.at == '#')
            time = line.at;
        else if (code_of(&line).length > 0)
            last = time;
    }
    return last;
}

static void take_changes(const char *tail, const char *end)
{
    const char *at = last_time(tail, end);

    changes_count = 0;
    while (at != NULL && at < end && changes_count < CHANGES_MAX) {
        struct word line = next_line(&at, end), code = code_of(&line);
        if (code.length > 0 && find_change(&code) == NULL)
            changes[changes_count++] = (struct change){.code = code};
    }
    while (tail < end) {
        struct word line = next_line(&tail, end), code = code_of(&line);
        struct change *change = code.length > 0 ? find_change(&code) : NULL;
        if (change != NULL)
            change->count++;
    }
}

/* Of several names the first, which is the uppermost. */
static void name_change(struct reader *reader, const struct word *words, size_t count)
{
    struct change *change = find_change(&words[3]);

    if (change == NULL || *change->name.path != '\0')
        return;
    reader->names->count = 0;
    take_variable(reader, words, count);
    change->name = reader->names->list[0];
    reader->names->count = 0;
}

static bool has_name(const struct wave_names *names, const struct wave_name *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i].path, name->path) == 0)
            return true;
    return false;
}

void wave_names_add_changed(struct wave_names *names, const char *bytes, size_t size, const char *tail,
                            size_t tail_size)
{
    static struct wave_names one;
    struct reader reader;
    size_t most = names->count + WAVE_NAMES_CHANGED;

    take_changes(tail, tail + tail_size);
    begin(&reader, &one);
    read_definitions(&reader, bytes, size, name_change);
    while (names->count < most && changes_count > 0) {
        struct change *rarest = &changes[0];
        for (size_t i = 1; i < changes_count; i++)
            if (changes[i].count < rarest->count)
                rarest = &changes[i];
        if (*rarest->name.path != '\0' && !has_name(names, &rarest->name))
            names->list[names->count++] = rarest->name;
        *rarest = changes[--changes_count];
    }
}

/* --- FST --- */

/* A text that ends in NUL; NULL where that is missing. */
static const char *take_text(const char **at, const char *end)
{
    const char *text = *at, *nul = memchr(*at, '\0', (size_t)(end - *at));

    if (nul == NULL)
        return NULL;
    *at = nul + 1;
    return text;
}

static uint64_t take_number(const char **at, const char *end)
{
    uint64_t value = 0;

    for (unsigned shift = 0; *at < end && shift < 63; shift += 7) {
        unsigned char byte = (unsigned char)*(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

/* Takes one record. False: it is cut off. */
static bool take_record(struct reader *reader, const char **at, const char *end)
{
    int tag = (unsigned char)*(*at)++;
    const char *name;

    if (tag == UPSCOPE)
        leave(reader);
    if (tag == UPSCOPE || tag == ATTR_END)
        return true;
    *at += tag == ATTRIBUTE ? 2 : 1; /* kinds, or a direction */
    if (*at >= end || (name = take_text(at, end)) == NULL)
        return false;
    if (tag == SCOPE) {
        enter(reader, name, strlen(name));
        return take_text(at, end) != NULL;
    }
    uint64_t number = take_number(at, end);
    if (tag == ATTRIBUTE)
        return true;
    take_number(at, end); /* which signal it is another name of */
    add(reader, number, name, strlen(name));
    return true;
}

void wave_names_of_fst(struct wave_names *names, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    struct reader reader;

    begin(&reader, names);
    bool is_whole = true;
    while (bytes < end && !reader.is_over && is_whole)
        is_whole = take_record(&reader, &bytes, end);
    put_clock_first(names);
}

/* --- LZ4 --- */

/* The lengths of an LZ4 block go on in further bytes. */
static size_t whole_length(size_t nibble, const unsigned char **at, const unsigned char *end)
{
    unsigned char more = MORE;
    size_t length = nibble;

    while (nibble == LONG && more == MORE && *at < end) {
        more = *(*at)++;
        length += more;
    }
    return length;
}

size_t wave_names_unpack(char *to, size_t room, const char *from, size_t size)
{
    const unsigned char *at = (const unsigned char *)from, *end = at + size;
    size_t done = 0;

    while (at < end && done < room) {
        unsigned token = *at++;
        size_t length = whole_length(token >> 4, &at, end);
        for (; length > 0 && at < end && done < room; length--)
            to[done++] = (char)*at++;
        if (end - at < 2)
            break;
        size_t distance = (size_t)at[0] | (size_t)at[1] << 8;
        at += 2;
        length = whole_length(token & LONG, &at, end) + MATCH;
        if (distance == 0 || distance > done)
            break;
        for (; length > 0 && done < room; length--, done++)
            to[done] = to[done - distance];
    }
    return done;
}
