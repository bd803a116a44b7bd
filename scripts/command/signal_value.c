/* SPDX-License-Identifier: MIT */
/* Values in words: see signal_value.h. */
#include "signal_value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DIGIT_BITS 4u

bool signal_value_radix_of(const char *word, enum signal_value_radix *radix)
{
    static const char *const words[] = {
        [SIGNAL_VALUE_HEX] = "hex", [SIGNAL_VALUE_BIN] = "bin", [SIGNAL_VALUE_DEC] = "dec"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) {
            *radix = (enum signal_value_radix)i;
            return true;
        }
    return false;
}

/* The bit at a place from the left of the whole width. */
static char bit_at(const char *bits, size_t length, size_t width, size_t place)
{
    size_t missing = width - length;

    if (place >= missing)
        return (char)tolower((unsigned char)bits[place - missing]);
    return length == 0 || bits[0] == '0' || bits[0] == '1' ? '0' : (char)tolower((unsigned char)bits[0]);
}

/* Bits [begin, end) as one digit. */
static char digit_of(const char *bits, size_t length, size_t width, size_t begin, size_t end)
{
    static const char digits[] = "0123456789abcdef";
    unsigned value = 0, unknown = 0, floating = 0;
    char other = '\0';

    for (size_t i = begin; i < end; i++) {
        char bit = bit_at(bits, length, width, i);
        value = value * 2 + (bit == '1');
        if (bit == 'z')
            floating++;
        else if (bit != '0' && bit != '1') {
            unknown++;
            other = bit;
        }
    }
    if (unknown == 0 && floating == 0)
        return digits[value];
    if (unknown == 0)
        return floating == end - begin ? 'z' : 'Z';
    return unknown == end - begin ? other : 'X';
}

static void write_hex(char *to, const char *bits, size_t length, size_t width)
{
    size_t first = width % DIGIT_BITS != 0 ? width % DIGIT_BITS : DIGIT_BITS;

    to += sprintf(to, "0x");
    for (size_t begin = 0, end = first; begin < width; begin = end, end += DIGIT_BITS)
        *to++ = digit_of(bits, length, width, begin, end);
    *to = '\0';
}

static void write_bin(char *to, const char *bits, size_t length, size_t width)
{
    to += sprintf(to, "0b");
    for (size_t i = 0; i < width; i++)
        *to++ = bit_at(bits, length, width, i);
    *to = '\0';
}

static bool is_known(const char *bits, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bits[i] != '0' && bits[i] != '1')
            return false;
    return true;
}

/* Digits stand the other way round until the end. */
static void write_dec(char *to, const char *bits, size_t length)
{
    size_t count = 1;

    to[0] = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned carry = bits[i] == '1';
        for (size_t j = 0; j < count; j++) {
            unsigned digit = (unsigned)to[j] * 2 + carry;
            carry = digit >= 10;
            to[j] = (char)(digit % 10);
        }
        if (carry != 0)
            to[count++] = 1;
    }
    for (size_t i = 0; i < count - 1 - i; i++) {
        char digit = to[i];
        to[i] = to[count - 1 - i];
        to[count - 1 - i] = digit;
    }
    for (size_t i = 0; i < count; i++)
        to[i] = (char)(to[i] + '0');
    to[count] = '\0';
}

void signal_value_format(char *to, const char *bits, size_t length, size_t width,
                         enum signal_value_radix radix)
{
    if (width < length)
        width = length; /* a declaration that is not true */
    if (width <= 1)
        sprintf(to, "%c", bit_at(bits, length, 1, 0));
    else if (radix == SIGNAL_VALUE_HEX)
        write_hex(to, bits, length, width);
    else if (radix == SIGNAL_VALUE_BIN)
        write_bin(to, bits, length, width);
    else if (is_known(bits, length))
        write_dec(to, bits, length);
    else
        sprintf(to, "x");
}
