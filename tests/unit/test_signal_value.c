/* SPDX-License-Identifier: MIT */
/* Values as they are printed. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signal_value.h"

static void check(const char *bits, size_t width, enum signal_value_radix radix, const char *right)
{
    char words[512];

    signal_value_format(words, bits, strlen(bits), width, radix);
    assert_string_equal(words, right);
}

static void radixes(void **state)
{
    (void)state;
    check("11111", 16, SIGNAL_VALUE_HEX, "0x001f");
    check("11111", 5, SIGNAL_VALUE_HEX, "0x1f");
    check("11111", 8, SIGNAL_VALUE_BIN, "0b00011111");
    check("11111", 8, SIGNAL_VALUE_DEC, "31");
    check("0", 8, SIGNAL_VALUE_DEC, "0");
    check("1", 1, SIGNAL_VALUE_HEX, "1");
    check("0", 1, SIGNAL_VALUE_BIN, "0");
    check("X", 1, SIGNAL_VALUE_DEC, "x");
    check("10100101", 4, SIGNAL_VALUE_HEX, "0xa5"); /* a width that is not true */
    check("", 8, SIGNAL_VALUE_HEX, "0x00");
}

static void unknown(void **state)
{
    (void)state;
    check("x", 8, SIGNAL_VALUE_HEX, "0xxx");
    check("z", 8, SIGNAL_VALUE_HEX, "0xzz");
    check("1x", 8, SIGNAL_VALUE_HEX, "0x0X");
    check("1z", 8, SIGNAL_VALUE_HEX, "0x0Z");
    check("0001xxxx", 8, SIGNAL_VALUE_HEX, "0x1x");
    check("x1", 4, SIGNAL_VALUE_BIN, "0bxxx1");
    check("1x", 8, SIGNAL_VALUE_DEC, "x");
}

/* Against the processor's own arithmetic, and 2^128. */
static void decimal(void **state)
{
    char bits[200], right[64];

    (void)state;
    for (uint64_t value = 1; value < UINT64_MAX / 7; value = value * 7 + 3) {
        size_t length = 0;
        for (int i = 63; i >= 0; i--)
            bits[length++] = (char)('0' + (value >> i & 1));
        bits[length] = '\0';
        snprintf(right, sizeof right, "%llu", (unsigned long long)value);
        check(bits, 64, SIGNAL_VALUE_DEC, right);
    }
    memset(bits, '0', sizeof bits);
    bits[0] = '1';
    bits[129] = '\0';
    check(bits, 129, SIGNAL_VALUE_DEC, "340282366920938463463374607431768211456");
}

static void names(void **state)
{
    enum signal_value_radix radix;

    (void)state;
    assert_true(signal_value_radix_of("dec", &radix));
    assert_int_equal(radix, SIGNAL_VALUE_DEC);
    assert_false(signal_value_radix_of("octal", &radix));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radixes),
        cmocka_unit_test(unknown),
        cmocka_unit_test(decimal),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
