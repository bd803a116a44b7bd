/* SPDX-License-Identifier: MIT */
/* VCD files of other writers than Verilator, and files that are cut off at any byte. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vcd_scan.h"

#define SEEN_SIZE 65536

static char seen[SEEN_SIZE];
static bool is_cut;
static uint64_t last_time;

static void declare(void *context, const struct scan_signal *signal)
{
    size_t length = strlen(seen);

    (void)context;
    snprintf(seen + length, sizeof seen - length, "%s%s %d %d\n", signal->name, signal->range,
             (int)signal->width, (int)signal->kind);
}

static void change(void *context, uint64_t code, const char *value, size_t length)
{
    size_t at = strlen(seen);

    (void)context;
    snprintf(seen + at, sizeof seen - at, "%c=%.*s ", (char)(code + ' '), (int)length, value);
}

/* Returns why it is none. */
static const char *scan_bytes(const char *bytes, size_t length)
{
    const struct scan to = {.declare = declare, .change = change};
    struct vcd_scan scan;
    FILE *file = fmemopen((void *)bytes, length, "r");

    *seen = '\0';
    assert_true(vcd_scan_begin(&scan, file));
    const char *why = vcd_scan_names(&scan, &to);
    if (why == NULL)
        vcd_scan_values(&scan, &to);
    is_cut = vcd_scan_is_cut(&scan);
    last_time = scan.time;
    vcd_scan_end(&scan);
    fclose(file);
    return why;
}

#define SCAN(string) scan_bytes(string, sizeof(string) - 1)
#define HEAD                                                                                                 \
    "$timescale 1ps $end $scope module TOP $end $var wire 1 ! clk $end\n$scope module a.b $end\n"            \
    "$var wire 32 \" pc [31:0] $end $var real 64 # load $end $upscope $end $var wire 1 $ end $end $upscope " \
    "$end\n"                                                                                                 \
    "$enddefinitions $end\n"

static void words(void **state)
{
    (void)state;
    assert_null(SCAN(
        HEAD "#0\n$dumpvars\n0!\nb101 \"\nr0.5 #\nx$\n$end\n#10 1! b0 \"\n$comment 1! b1 \" $end\n#20\n"));
    assert_string_equal(seen, "TOP.clk 1 0\nTOP.a.b.pc[31:0] 32 0\nTOP.a.b.load 64 1\nTOP.end 1 0\n"
                              "!=0 \"=101 #=0.5 $=x !=1 \"=0 ");
}

/* What may be cut off does not count: "1" of "1!", "b1" of "b10". */
static void cut_off(void **state)
{
    static const char whole[] = HEAD "#0\n0!\nb11 \"\n#1\n1!\nb10 \"\n";
    char *copy;

    (void)state;
    for (size_t length = 0; length <= sizeof whole - 1; length++) {
        copy = malloc(length + 1);
        memcpy(copy, whole, length);
        const char *why = length == 0 ? "" : scan_bytes(copy, length);
        if (length < sizeof HEAD - 2)
            assert_non_null(why);
        if (why == NULL)
            assert_int_equal(is_cut, copy[length - 1] != '\n');
        if (length == sizeof whole - 2)
            assert_non_null(strstr(seen, "\"=11 !=1 "));
        if (length == sizeof whole - 2)
            assert_null(strstr(seen, "\"=10"));
        free(copy);
    }
    assert_non_null(strstr(seen, "\"=11 !=1 \"=10 "));
    assert_false(is_cut);
    assert_int_equal(last_time, 1);
}

/* Longer than the piece that is read at once. */
static void long_words(void **state)
{
    enum { bits = 3u << 20 };
    static char bytes[bits + 1024];

    (void)state;
    char *word = stpcpy(bytes, HEAD "#0 1! b");
    memset(word, '1', bits);
    stpcpy(word + bits, " \" 0! ");
    assert_null(scan_bytes(bytes, strlen(bytes)));
    assert_non_null(strstr(seen, "!=1 \"=1111"));
}

static void others(void **state)
{
    (void)state;
    assert_non_null(SCAN("hello world\n"));
    assert_non_null(SCAN("$version only $end\n"));
    assert_non_null(SCAN("\0\0\0\0"));
    assert_null(SCAN("$var wire $end $scope $end $upscope $end $upscope $end $var wire 1 ! a $end "
                     "$enddefinitions $end 1! "));
    assert_string_equal(seen, "a 1 0\n!=1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(cut_off),
        cmocka_unit_test(long_words),
        cmocka_unit_test(others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
