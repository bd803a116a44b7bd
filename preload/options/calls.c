/* SPDX-License-Identifier: MIT */
/* Reads LIGHTSSS_WAKE_CALL: see calls.h. No locale, no heap. */
#include "options/calls.h"

#include <string.h>

#include "options/parse.h"

/* What is left to be read. */
struct reader {
    const char *at;
    struct calls *calls;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_name_start(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_name(char byte)
{
    return is_name_start(byte) || is_digit(byte) || byte == '.' || byte == '$';
}

static void skip_space(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\n");
}

static bool take_byte(struct reader *reader, char byte)
{
    skip_space(reader);
    if (*reader->at != byte)
        return false;
    reader->at++;
    return true;
}

static bool keep(struct reader *reader, char byte)
{
    struct calls *calls = reader->calls;

    if (calls->text_size == CALLS_TEXT_SIZE)
        return false;
    calls->text[calls->text_size++] = byte;
    return true;
}

static bool read_name(struct reader *reader, const char **name)
{
    skip_space(reader);
    *name = &reader->calls->text[reader->calls->text_size];
    if (!is_name_start(*reader->at))
        return false;
    while (is_name(*reader->at))
        if (!keep(reader, *reader->at++))
            return false;
    return keep(reader, '\0');
}

/* Of a text or a character; `at` stands on it. */
static bool read_byte(struct reader *reader, char *byte)
{
    static const char letters[] = "abfnrtv0\\'\"?", meant[] = "\a\b\f\n\r\t\v\0\\'\"?";

    *byte = *reader->at++;
    if (*byte != '\\')
        return *byte != '\0';
    const char *letter = *reader->at == '\0' ? NULL : strchr(letters, *reader->at);
    if (letter != NULL) {
        reader->at++;
        *byte = meant[letter - letters];
        return true;
    }
    if (*reader->at != 'x' || parse_digit(reader->at[1]) < 0 || parse_digit(reader->at[2]) < 0)
        return false;
    *byte = (char)(parse_digit(reader->at[1]) << 4 | parse_digit(reader->at[2]));
    reader->at += 3;
    return true;
}

static bool read_text(struct reader *reader, uint64_t *value)
{
    char byte;

    *value = (uintptr_t)&reader->calls->text[reader->calls->text_size];
    while (*reader->at != '"')
        if (!read_byte(reader, &byte) || !keep(reader, byte))
            return false;
    reader->at++;
    return keep(reader, '\0');
}

static bool read_character(struct reader *reader, uint64_t *value)
{
    char byte;

    if (*reader->at == '\'' || !read_byte(reader, &byte) || *reader->at != '\'')
        return false;
    reader->at++;
    *value = (uint64_t)(int64_t)byte;
    return true;
}

static bool read_word(struct reader *reader, uint64_t *value)
{
    static const struct {
        const char *name;
        uint64_t value;
    } words[] = {{"true", 1}, {"false", 0}, {"NULL", 0}, {"nullptr", 0}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i].name);
        if (strncmp(reader->at, words[i].name, length) == 0 && !is_name(reader->at[length])) {
            reader->at += length;
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

/* Behind the whole part: ".5", "e-3". */
static bool read_fraction(struct reader *reader, double *value)
{
    uint64_t exponent = 0;
    double place = 1;
    bool negative = false;

    if (*reader->at == '.')
        for (reader->at++; is_digit(*reader->at); reader->at++)
            *value += (*reader->at - '0') * (place /= 10);
    if ((*reader->at | 0x20) == 'e') {
        negative = reader->at[1] == '-';
        reader->at += 1 + (reader->at[1] == '-' || reader->at[1] == '+');
        if (parse_digits(&reader->at, 10, &exponent) == 0 || exponent > 300)
            return false;
    }
    for (; exponent > 0; exponent--)
        *value = negative ? *value / 10 : *value * 10;
    return true;
}

static bool read_number(struct reader *reader, uint64_t *integer, double *real, bool *is_real)
{
    bool negative = *reader->at == '-';
    bool hexadecimal;

    reader->at += negative;
    hexadecimal = reader->at[0] == '0' && (reader->at[1] | 0x20) == 'x';
    reader->at += hexadecimal ? 2 : 0;
    if (parse_digits(&reader->at, hexadecimal ? 16 : 10, integer) == 0)
        return false;
    *is_real = !hexadecimal && (*reader->at == '.' || (*reader->at | 0x20) == 'e');
    *real = (double)*integer;
    if (*is_real && !read_fraction(reader, real))
        return false;
    if (negative && !*is_real && *integer > UINT64_C(1) << 63)
        return false;
    *integer = negative ? -*integer : *integer;
    *real = negative ? -*real : *real;
    return !is_name(*reader->at);
}

static bool read_argument(struct reader *reader, uint64_t *integer, double *real, bool *is_real)
{
    skip_space(reader);
    *is_real = false;
    if (*reader->at == '"')
        return reader->at++, read_text(reader, integer);
    if (*reader->at == '\'')
        return reader->at++, read_character(reader, integer);
    return read_word(reader, integer) || read_number(reader, integer, real, is_real);
}

static bool read_arguments(struct reader *reader, struct call *call)
{
    size_t integers = 0, reals = 0;

    if (take_byte(reader, ')'))
        return true;
    do {
        uint64_t integer;
        double real;
        bool is_real;

        if (!read_argument(reader, &integer, &real, &is_real) ||
            (is_real ? reals : integers) == CALLS_ARGUMENTS)
            return false;
        if (is_real)
            call->reals[reals++] = real;
        else
            call->integers[integers++] = integer;
    } while (take_byte(reader, ','));
    return take_byte(reader, ')');
}

bool calls_parse(struct calls *calls, const char *string)
{
    struct reader reader = {string, calls};

    memset(calls, 0, sizeof *calls);
    do {
        struct call *call = &calls->list[calls->count];

        skip_space(&reader);
        if (*reader.at == '\0' && calls->count > 0)
            return true; /* a semicolon at the end */
        if (calls->count == CALLS_MAX || !read_name(&reader, &call->name) || !take_byte(&reader, '(') ||
            !read_arguments(&reader, call))
            return false;
        calls->count++;
    } while (take_byte(&reader, ';'));
    skip_space(&reader);
    return *reader.at == '\0';
}
