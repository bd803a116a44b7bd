/* SPDX-License-Identifier: MIT */
/* A small printf into a fixed buffer. One conversion is read into struct spec, its value is turned into
 * digits from the end of a small array, and append_padded() lays it out. */
#include "base/text.h"

#include <string.h>

#define DIGITS_MAX 24 /* enough for 2^64 in decimal or hex with "-" or "0x" before it */

struct spec {
    bool left;
    bool zero;
    bool has_precision;
    size_t width;
    size_t precision;
    unsigned longs; /* 0: int, 1: long, 2: long long; on our targets 1 and 2 are both 64 bits */
    char letter;
};

struct text text_in(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct text){.bytes = buffer, .size = size};
}

/* Makes the text longer by what there is room for of *length. Returns where that goes. */
static char *lengthen(struct text *text, size_t *length)
{
    char *end = text->bytes + text->length;
    size_t room = text->size - 1 - text->length;

    text->cut |= *length > room;
    *length = *length < room ? *length : room;
    text->length += *length;
    end[*length] = '\0';
    return end;
}

void text_append(struct text *text, const char *bytes, size_t length)
{
    char *end = lengthen(text, &length);

    memcpy(end, bytes, length);
}

static void append_repeated(struct text *text, char byte, size_t count)
{
    char *end = lengthen(text, &count);

    memset(end, byte, count);
}

static void append_padded(struct text *text, const struct spec *spec, const char *bytes, size_t length)
{
    size_t padding = spec->width > length ? spec->width - length : 0;

    if (!spec->left)
        append_repeated(text, ' ', padding);
    text_append(text, bytes, length);
    if (spec->left)
        append_repeated(text, ' ', padding);
}

/* Writes the digits so that they end at `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t value, unsigned base)
{
    do {
        *--end = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    return end;
}

static void append_number(struct text *text, const struct spec *spec, const char *prefix, uint64_t value,
                          unsigned base)
{
    char array[DIGITS_MAX];
    char *end = array + sizeof array;
    char *begin = digits_before(end, value, base);
    size_t prefix_length = strlen(prefix);
    size_t length = prefix_length + (size_t)(end - begin);

    if (spec->zero && !spec->left) {
        text_append(text, prefix, prefix_length);
        append_repeated(text, '0', spec->width > length ? spec->width - length : 0);
        text_append(text, begin, (size_t)(end - begin));
        return;
    }
    begin -= prefix_length;
    memcpy(begin, prefix, prefix_length);
    append_padded(text, spec, begin, length);
}

static size_t read_count(const char **format, va_list *arguments)
{
    size_t count = 0;

    if (**format == '*') {
        int value = va_arg(*arguments, int);

        ++*format;
        return value > 0 ? (size_t)value : 0;
    }
    while (**format >= '0' && **format <= '9') {
        if (count < 1000000)
            count = count * 10 + (size_t)(**format - '0');
        ++*format;
    }
    return count;
}

/* Reads what stands behind a '%', the letter included. */
static struct spec read_spec(const char **format, va_list *arguments)
{
    struct spec spec = {0};

    for (;; ++*format) {
        if (**format == '-')
            spec.left = true;
        else if (**format == '0')
            spec.zero = true;
        else
            break;
    }
    spec.width = read_count(format, arguments);
    if (**format == '.') {
        ++*format;
        spec.has_precision = true;
        spec.precision = read_count(format, arguments);
    }
    for (;; ++*format) {
        if (**format == 'l')
            spec.longs++;
        else if (**format == 'z' || **format == 'j' || **format == 't')
            spec.longs = 1;
        else if (**format != 'h') /* char and short arrive as int: nothing to do for correct callers */
            break;
    }
    spec.letter = **format;
    if (spec.letter != '\0')
        ++*format;
    return spec;
}

static void append_string(struct text *text, const struct spec *spec, const char *string)
{
    if (string == NULL)
        string = "(null)";
    append_padded(text, spec, string,
                  spec->has_precision ? strnlen(string, spec->precision) : strlen(string));
}

static void append_signed(struct text *text, const struct spec *spec, int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    append_number(text, spec, value < 0 ? "-" : "", magnitude, 10);
}

/* False for a conversion that is not ours: its argument's size is unknown, so nothing after it can be read.
 */
static bool append_conversion(struct text *text, const struct spec *spec, va_list *arguments)
{
    char byte;

    switch (spec->letter) {
    case 's':
        append_string(text, spec, va_arg(*arguments, const char *));
        return true;
    case 'c':
        byte = (char)va_arg(*arguments, int);
        append_padded(text, spec, &byte, 1);
        return true;
    case 'd':
    case 'i':
        append_signed(text, spec, spec->longs ? va_arg(*arguments, long) : va_arg(*arguments, int));
        return true;
    case 'u':
    case 'x':
        append_number(text, spec, "",
                      spec->longs ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned),
                      spec->letter == 'x' ? 16 : 10);
        return true;
    case 'p':
        append_number(text, spec, "0x", (uintptr_t)va_arg(*arguments, void *), 16);
        return true;
    case '%':
        text_append(text, "%", 1);
        return true;
    default:
        return false;
    }
}

void text_vformat(struct text *text, const char *format, va_list arguments)
{
    va_list copy; /* a va_list parameter may be an array type, of which no address can be taken */

    va_copy(copy, arguments);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        const char *conversion = format + plain;

        text_append(text, format, plain);
        if (*conversion == '\0')
            break;
        format = conversion + 1;
        struct spec spec = read_spec(&format, &copy);
        if (!append_conversion(text, &spec, &copy)) {
            text_append(text, conversion, strlen(conversion));
            break;
        }
    }
    va_end(copy);
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vformat(text, format, arguments);
    va_end(arguments);
}

size_t text_print(char *buffer, size_t size, const char *format, ...)
{
    struct text text = text_in(buffer, size);
    va_list arguments;

    va_start(arguments, format);
    text_vformat(&text, format, arguments);
    va_end(arguments);
    return text.length;
}

/* Appends all of it or nothing. After the first cut nothing more is added, so what is there stays a prefix.
 */
static void append_whole(struct text *text, const char *bytes, size_t length)
{
    text->cut |= length > text->size - 1 - text->length;
    if (!text->cut)
        text_append(text, bytes, length);
}

/* Well-formed: no overlong forms, no surrogates, no numbers past U+10FFFF (Unicode's table 3-7). */
size_t text_character(const char *string, size_t left, uint32_t *number)
{
    static const uint32_t least[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};
    const unsigned char *bytes = (const unsigned char *)string;
    size_t length = 2;

    if (left == 0)
        return 0;
    *number = bytes[0];
    if (bytes[0] < 0x80)
        return 1;
    while (length < 4 && (bytes[0] & 0x80u >> length) != 0)
        length++;
    if (length > left || (bytes[0] & 0x40) == 0 || bytes[0] > 0xf7)
        return 0;
    *number &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *number = *number << 6 | (bytes[i] & 0x3f);
    }
    return *number >= least[length] && *number <= 0x10ffff && *number >> 11 != 0xd800 >> 11 ? length : 0;
}

/* Without U+200C and U+200D, which scripts and pictures are written with. */
bool text_is_control(uint32_t number)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},     {0x180e, 0x180e},
        {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (number >= ranges[i][0] && number <= ranges[i][1])
            return true;
    return false;
}

void text_hide_controls(char *bytes, size_t length)
{
    uint32_t number;

    for (size_t character; length > 0; bytes += character, length -= character) {
        character = text_character(bytes, length, &number);
        bool hidden = character != 0 ? text_is_control(number) : (unsigned char)*bytes < 0xa0;
        if (character == 0)
            character = 1;
        if (hidden)
            memset(bytes, '?', character);
    }
}

/* The letter of JSON's two-character escape, or 0. */
static char json_short_escape(unsigned char byte)
{
    static const char escaped[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *place = byte != '\0' ? strchr(escaped, byte) : NULL;

    return place != NULL ? letters[place - escaped] : '\0';
}

/* As JSON has it: in one unit of UTF-16, or in two. */
static void append_json_escape(struct text *text, uint32_t number)
{
    char escape[16];

    if (number < 0x10000)
        text_print(escape, sizeof escape, "\\u%04x", number);
    else
        text_print(escape, sizeof escape, "\\u%04x\\u%04x", 0xd800 + ((number - 0x10000) >> 10),
                   0xdc00 + (number & 0x3ff));
    append_whole(text, escape, strlen(escape));
}

static void append_json_character(struct text *text, const char *bytes, size_t length, uint32_t number)
{
    const char escape[2] = {'\\', length == 1 ? json_short_escape((unsigned char)number) : '\0'};

    if (length == 0)
        append_json_escape(text, 0xfffd);
    else if (escape[1] != '\0')
        append_whole(text, escape, sizeof escape);
    else if (text_is_control(number))
        append_json_escape(text, number);
    else
        append_whole(text, bytes, length);
}

void text_json(struct text *text, const char *string, size_t length)
{
    uint32_t number;

    if (string == NULL) {
        append_whole(text, "null", 4);
        return;
    }
    append_whole(text, "\"", 1);
    for (size_t i = 0; i < length;) {
        size_t character = text_character(string + i, length - i, &number);

        append_json_character(text, string + i, character, number);
        i += character != 0 ? character : 1;
    }
    append_whole(text, "\"", 1);
}

static bool is_utf8(const char *string, size_t length)
{
    uint32_t number;

    for (size_t i = 0, character; i < length; i += character)
        if ((character = text_character(string + i, length - i, &number)) == 0)
            return false;
    return true;
}

static void append_percent(struct text *text, unsigned char byte)
{
    const char digits[] = "0123456789ABCDEF", escape[] = {'%', digits[byte >> 4], digits[byte & 15]};

    append_whole(text, escape, sizeof escape);
}

void text_json_bytes(struct text *text, const char *key, const char *string, size_t length)
{
    uint32_t number;

    if (string == NULL || is_utf8(string, length))
        return;
    text_format(text, ", \"%s_bytes\": \"", key);
    for (size_t i = 0; i < length;) {
        const unsigned char *at = (const unsigned char *)string + i;
        size_t character = text_character(string + i, length - i, &number);
        bool is_plain = character != 0 && !text_is_control(number) && strchr("%\"\\", *at) == NULL;

        i += character != 0 ? character : 1;
        if (is_plain)
            append_whole(text, (const char *)at, character);
        else
            for (; at != (const unsigned char *)string + i; at++)
                append_percent(text, *at);
    }
    append_whole(text, "\"", 1);
}

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

void text_fixed(struct text *text, uint64_t value, unsigned digits, unsigned decimals)
{
    uint64_t scale = power_of_ten(digits);
    uint64_t whole = value / scale;
    uint64_t fraction = value % scale;

    if (decimals < digits) {
        uint64_t drop = power_of_ten(digits - decimals);
        bool up = fraction % drop >= drop - drop / 2;

        fraction = fraction / drop + up;
        if (fraction == power_of_ten(decimals)) {
            fraction = 0;
            whole++;
        }
    }
    append_number(text, &(struct spec){0}, "", whole, 10);
    if (decimals == 0)
        return;
    append_repeated(text, '.', 1);
    if (digits > 0)
        append_number(text, &(struct spec){.zero = true, .width = decimals < digits ? decimals : digits}, "",
                      fraction, 10);
    if (decimals > digits)
        append_repeated(text, '0', decimals - digits);
}
