/* SPDX-License-Identifier: MIT */
/* VCD, word by word: see vcd_scan.h. */
#include "vcd_scan.h"

#include <stdlib.h>
#include <string.h>

#define PIECE     (1u << 20)
#define WORD_MAX  (64u << 20) /* what has a longer one is no VCD */
#define WORDS     6           /* "$var wire 32 ! pc [31:0]" */
#define WORD_SIZE 1024        /* of one in a declaration */
#define CODE_BASE 95u         /* '!' to '~', and none */

struct word {
    const char *at; /* until the next one is read */
    size_t length;
};

/* --- words --- */

bool vcd_scan_begin(struct vcd_scan *scan, FILE *file)
{
    *scan = (struct vcd_scan){.file = file, .room = PIECE, .buffer = malloc(PIECE)};
    return scan->buffer != NULL;
}

void vcd_scan_end(struct vcd_scan *scan)
{
    free(scan->buffer);
    scan->buffer = NULL;
}

/* Moves what is left to the front, and reads behind it. False: nothing comes any more. */
static bool fill(struct vcd_scan *scan)
{
    size_t left = scan->end - scan->at;

    if (left > 0)
        memmove(scan->buffer, scan->buffer + scan->at, left);
    scan->at = 0;
    scan->end = left;
    if (left == scan->room) {
        char *larger = left > 0 && left < WORD_MAX ? realloc(scan->buffer, left * 2) : NULL;
        if (larger == NULL)
            return false;
        scan->buffer = larger;
        scan->room = left * 2;
    }
    size_t got = fread(scan->buffer + left, 1, scan->room - left, scan->file);
    scan->end += got;
    if (got > 0)
        scan->last = scan->buffer[scan->end - 1];
    return got > 0;
}

/* Controls as well: of a machine that went down a file may end in zeros. */
static bool is_blank(char byte)
{
    return (unsigned char)byte <= ' ';
}

/* The next word that something stands behind. */
static bool next_word(struct vcd_scan *scan, struct word *word)
{
    size_t at = scan->at, end;

    for (;;) {
        while (at < scan->end && is_blank(scan->buffer[at]))
            at++;
        for (end = at; end < scan->end && !is_blank(scan->buffer[end]);)
            end++;
        if (end < scan->end)
            break;
        scan->at = at;
        if (scan->is_over || !fill(scan)) {
            scan->is_over = true;
            return false;
        }
        at = 0;
    }
    *word = (struct word){scan->buffer + at, end - at};
    scan->at = end;
    return true;
}

static bool is(const struct word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

/* A number of its own for each; codes of more than nine characters nobody writes. */
static uint64_t code_of(const char *at, size_t length)
{
    uint64_t code = 0;

    for (size_t i = 0; i < length; i++)
        code = code * CODE_BASE + (unsigned char)at[i] - ' ';
    return code;
}

/* --- declarations --- */

struct declaration {
    char words[WORDS][WORD_SIZE];
    unsigned count;
};

/* A section up to its $end. False: it is cut off. */
static bool read_section(struct vcd_scan *scan, struct declaration *section)
{
    struct word word;

    section->count = 0;
    while (next_word(scan, &word)) {
        if (is(&word, "$end"))
            return true;
        if (section->count == WORDS || word.length >= WORD_SIZE)
            continue; /* a comment */
        memcpy(section->words[section->count], word.at, word.length);
        section->words[section->count++][word.length] = '\0';
    }
    return false;
}

static enum scan_kind kind_of(const char *type)
{
    if (strcmp(type, "real") == 0 || strcmp(type, "realtime") == 0 || strcmp(type, "shortreal") == 0)
        return SCAN_REAL;
    return strcmp(type, "string") == 0 ? SCAN_TEXT : SCAN_BITS;
}

static void declare(const struct scan *to, const char *scope, const struct declaration *section)
{
    char name[SCAN_NAME_SIZE + WORD_SIZE];

    snprintf(name, sizeof name, "%s%s", scope, section->words[4]);
    const struct scan_signal signal = {
        .name = name,
        .range = section->count > 5 ? section->words[5] : "",
        .width = strtoull(section->words[2], NULL, 10),
        .code = code_of(section->words[3], strlen(section->words[3])),
        .kind = kind_of(section->words[1]),
    };
    to->declare(to->context, &signal);
}

const char *vcd_scan_names(struct vcd_scan *scan, const struct scan *to)
{
    static struct declaration section;
    static struct scan_scope scope;
    bool is_first = true;

    scan_scope_begin(&scope);
    while (read_section(scan, &section)) {
        const char *keyword = section.count > 0 ? section.words[0] : "";
        if (is_first && *keyword != '$')
            return "it is no VCD and no FST";
        is_first = false;
        if (strcmp(keyword, "$scope") == 0)
            scan_scope_enter(&scope, section.count > 2 ? section.words[2] : "");
        else if (strcmp(keyword, "$upscope") == 0)
            scan_scope_leave(&scope);
        else if (strcmp(keyword, "$var") == 0 && section.count > 4)
            declare(to, scope.path, &section);
        else if (strcmp(keyword, "$enddefinitions") == 0)
            return NULL;
    }
    return is_first ? "it is no VCD and no FST" : "it ends before its values begin";
}

/* --- values --- */

static void skip_section(struct vcd_scan *scan)
{
    struct word word;

    while (next_word(scan, &word) && !is(&word, "$end"))
        continue;
}

/* A value that stands before its code, as "b0101 !". It moves as the next word is read. */
static void read_pair(struct vcd_scan *scan, const struct scan *to, const struct word *value)
{
    static char *copy;
    static size_t room;
    struct word code;
    size_t length = value->length - 1;

    if (length > room) {
        char *larger = realloc(copy, length * 2);
        if (larger == NULL)
            return;
        copy = larger;
        room = length * 2;
    }
    if (length > 0)
        memcpy(copy, value->at + 1, length);
    if (next_word(scan, &code))
        to->change(to->context, code_of(code.at, code.length), copy, length);
}

void vcd_scan_values(struct vcd_scan *scan, const struct scan *to)
{
    struct word word;

    while (next_word(scan, &word)) {
        switch (*word.at) {
        case '#':
            scan->time = strtoull(word.at + 1, NULL, 10);
            break;
        case '$':
            if (is(&word, "$comment"))
                skip_section(scan);
            break;
        case 'b':
        case 'B':
        case 'r':
        case 'R':
        case 's':
        case 'S':
            read_pair(scan, to, &word);
            break;
        default:
            to->change(to->context, code_of(word.at + 1, word.length - 1), word.at, 1);
        }
    }
}

bool vcd_scan_is_cut(const struct vcd_scan *scan)
{
    return scan->last != '\n';
}
