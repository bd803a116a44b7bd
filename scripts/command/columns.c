/* SPDX-License-Identifier: MIT */
/* See columns.h. The widths are those of libc, which knows them in a locale of UTF-8 alone. */
#include "columns.h"

#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

#define LONGEST 4u /* bytes of a character */

static unsigned width_of(uint32_t point)
{
    static locale_t locale;
    static bool is_asked;
    int width = 1;

    if (point < 0x80)
        return 1;
    if (!is_asked)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    is_asked = true;
    if (locale != (locale_t)0) {
        locale_t before = uselocale(locale);
        width = wcwidth((wchar_t)point);
        uselocale(before);
    }
    return width < 0 ? 1 : (unsigned)width;
}

/* The length of what stands there, and its width. */
static size_t step(const char *at, unsigned *width)
{
    uint32_t point;
    size_t length = text_character(at, strnlen(at, LONGEST), &point);

    *width = length > 0 ? width_of(point) : 1;
    return length > 0 ? length : 1;
}

unsigned columns_of(const char *text)
{
    unsigned columns = 0, width;

    for (; *text != '\0'; columns += width)
        text += step(text, &width);
    return columns;
}

size_t columns_cut(const char *text, unsigned columns)
{
    unsigned used = 0, width;
    size_t length = 0;

    while (text[length] != '\0') {
        size_t one = step(text + length, &width);
        if (used + width > columns)
            break;
        used += width;
        length += one;
    }
    return length;
}

void columns_trim(char *text, size_t size)
{
    size_t length = strlen(text), at = length;
    uint32_t point;

    if (length + 1 < size)
        return;
    while (at > 0 && length - at < LONGEST && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at > 0 && (unsigned char)text[at - 1] >= 0xc0 &&
        text_character(text + at - 1, length - at + 1, &point) != length - at + 1)
        text[at - 1] = '\0';
}

static void fill(FILE *file, const char *text, unsigned columns)
{
    const unsigned used = columns_of(text);

    fprintf(file, "%*s", used < columns ? (int)(columns - used) : 0, "");
}

void columns_left(FILE *file, const char *text, unsigned columns)
{
    fputs(text, file);
    fill(file, text, columns);
}

void columns_right(FILE *file, const char *text, unsigned columns)
{
    fill(file, text, columns);
    fputs(text, file);
}
