/* SPDX-License-Identifier: MIT */
/* What goes into HTML: see markup.h. */
#include "markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ESCAPE      0x1b
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* --- UTF-8 --- */

/* HTML has no place for controls, nor for what Unicode calls no characters. */
static bool is_shown(uint32_t point)
{
    bool is_none = (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point < 0xfdf0);

    return point == '\n' || point == '\t' || (!text_is_control(point) && !is_none);
}

char *markup_utf8(const char *string)
{
    size_t left = strlen(string), size = 0;
    char *copy = NULL;
    FILE *file = open_memstream(&copy, &size);
    uint32_t point;

    if (file == NULL)
        return NULL;
    while (left > 0) {
        size_t length = text_character(string, left, &point);
        if (length == 0)
            fputs(REPLACEMENT, file);
        else
            fwrite(string, length, 1, file);
        length += length == 0;
        string += length;
        left -= length;
    }
    if (fclose(file) == 0)
        return copy;
    free(copy);
    return NULL;
}

/* --- text --- */

/* What a terminal takes for a command: "ESC [ 31 m", "ESC ] 0 ; title BEL", "ESC c". Its length. */
static size_t command_length(const unsigned char *at, size_t left)
{
    size_t length = 2;

    if (left < 2)
        return left;
    if (at[1] == '[')
        while (length < left && (at[length] < 0x40 || at[length] > 0x7e) && at[length] != '\n')
            length++;
    else if (at[1] == ']')
        while (length < left && at[length] != '\a' && at[length] != ESCAPE && at[length] != '\n')
            length++;
    else
        return at[1] == '\n' ? 1 : 2;
    return length < left && at[length] != '\n' && at[length] != ESCAPE ? length + 1 : length;
}

static void write_character(FILE *file, const unsigned char *at, size_t length, uint32_t point)
{
    const char *name = point == '&'    ? "&amp;"
                       : point == '<'  ? "&lt;"
                       : point == '>'  ? "&gt;"
                       : point == '"'  ? "&quot;"
                       : point == '\'' ? "&#39;"
                                       : NULL;

    if (length == 0 || !is_shown(point))
        fputs(REPLACEMENT, file);
    else if (name != NULL)
        fputs(name, file);
    else
        fwrite(at, length, 1, file);
}

void markup_text(FILE *file, const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    uint32_t point = 0;

    while (length > 0) {
        size_t one = text_character((const char *)at, length, &point), whole = one + (one == 0);
        if (*at == ESCAPE)
            whole = command_length(at, length);
        else if (*at == '\r')
            fputs(length > 1 && at[1] == '\n' ? "" : "\n", file);
        else
            write_character(file, at, one, point);
        at += whole;
        length -= whole;
    }
}

void markup_string(FILE *file, const char *string)
{
    markup_text(file, string, strlen(string));
}

/* --- links --- */

void markup_address(FILE *file, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

    for (const unsigned char *at = (const unsigned char *)path; *at != '\0'; at++)
        if (strchr(plain, *at) != NULL)
            putc(*at, file);
        else
            fprintf(file, "%%%02X", *at);
}

/* How much of both is the same, up to a slash or the end. */
static size_t shared_length(const char *directory, const char *path)
{
    size_t at = 0, shared = 0;

    for (;; at++) {
        bool ends = directory[at] == '\0' || directory[at] == '/';
        if (ends && (path[at] == '/' || path[at] == directory[at]))
            shared = at;
        if (directory[at] == '\0' || directory[at] != path[at])
            return shared;
    }
}

char *markup_way(const char *directory, const char *path)
{
    const char *below = strcmp(directory, "/") == 0 ? "" : directory;
    size_t shared = shared_length(below, path), size = 0;
    char *way = NULL;
    FILE *file = open_memstream(&way, &size);

    if (file == NULL)
        return NULL;
    for (const char *at = below + shared; *at != '\0'; at++)
        if (*at == '/')
            fputs("../", file);
    fputs(path[shared] == '/' ? path + shared + 1 : path + shared, file);
    if (fclose(file) == 0)
        return way;
    free(way);
    return NULL;
}
