/* SPDX-License-Identifier: MIT */
/* The signals that the view of a failure begins with. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "report/wave_names.h"

static const char vcd[] = "$version made $end\n$date Sun Nov 29 $end\n$timescale 1ps $end\n\n"
                          " $scope module TOP $end\n  $var wire 32 ! data [31:0] $end\n"
                          "  $var wire  1 # clk $end\n  $var wire 1 % rst $end\n"
                          "  $scope module inner $end\n   $var wire 1 # other $end\n  $upscope $end\n"
                          "  $var wire 1 & late $end\n $upscope $end\n$enddefinitions $end\n#0\n";

static void check(const struct wave_names *names)
{
    assert_int_equal(names->count, 3);
    assert_string_equal(names->list[0].path, "TOP.clk");
    assert_string_equal(names->list[1].path, "TOP.data[31:0]");
    assert_string_equal(names->list[2].path, "TOP.rst");
    assert_int_equal(names->list[0].width, 1);
    assert_int_equal(names->list[1].width, 32);
}

static void of_a_vcd(void **state)
{
    static struct wave_names names;

    (void)state;
    wave_names_of_vcd(&names, vcd, sizeof vcd - 1);
    check(&names);
}

static void a_scope_without_signals_is_passed(void **state)
{
    static const char text[] =
        "$scope module TOP $end $scope module a $end $upscope $end $scope module b.c $end "
        "$var wire 1 ! x $end $upscope $end";
    static struct wave_names names;

    (void)state;
    wave_names_of_vcd(&names, text, sizeof text - 1);
    assert_int_equal(names.count, 1);
    assert_string_equal(names.list[0].path, "TOP.b.c.x");
}

static void wherever_it_is_cut_off(void **state)
{
    static struct wave_names names;

    (void)state;
    for (size_t size = 0; size < sizeof vcd; size++) {
        wave_names_of_vcd(&names, vcd, size);
        assert_true(names.count <= 3);
    }
}

static void no_more_than_have_room(void **state)
{
    static const char scope[] = "$scope module TOP $end ", var[] = "$var wire 8 ! x $end ";
    static char text[sizeof scope + sizeof var * 2 * WAVE_NAMES_MAX];
    static struct wave_names names;
    size_t size = sizeof scope - 1;

    (void)state;
    memcpy(text, scope, size);
    for (unsigned i = 0; i < 2 * WAVE_NAMES_MAX; i++, size += sizeof var - 1)
        memcpy(text + size, var, sizeof var - 1);
    wave_names_of_vcd(&names, text, size);
    assert_int_equal(names.count, WAVE_NAMES_MAX);
}

/* Kinds, names, and behind a variable its width and whose other name it is. */
static const char fst[] = "\xfe\0TOP\0\0"
                          "\xfc\1\0comment\0\5"
                          "\x10\0data [31:0]\0\x20\0"
                          "\x10\1clk\0\1\0"
                          "\xfd"
                          "\x10\1rst\0\1\0"
                          "\xfe\0inner\0\0"
                          "\x10\1other\0\1\2"
                          "\xff\xff";

static void of_an_fst(void **state)
{
    static struct wave_names names;

    (void)state;
    wave_names_of_fst(&names, fst, sizeof fst - 1);
    check(&names);
    for (size_t size = 0; size < sizeof fst; size++) {
        wave_names_of_fst(&names, fst, size);
        assert_true(names.count <= 3);
    }
}

static void unpacked(void **state)
{
    /* "abcd", 4 + 15 + 1 bytes of it again, and "xy" */
    static const char packed[] = "\x4f"
                                 "abcd"
                                 "\4\0"
                                 "\1"
                                 "\x20"
                                 "xy";
    char bytes[64];

    (void)state;
    size_t size = wave_names_unpack(bytes, sizeof bytes, packed, sizeof packed - 1);
    assert_int_equal(size, 4 + 20 + 2);
    assert_memory_equal(bytes, "abcdabcdabcdabcdabcdabcdxy", size);
    assert_int_equal(wave_names_unpack(bytes, 10, packed, sizeof packed - 1), 10);
    for (size_t cut = 0; cut < sizeof packed; cut++)
        assert_true(wave_names_unpack(bytes, sizeof bytes, packed, cut) <= 26);
    assert_int_equal(wave_names_unpack(bytes, sizeof bytes, "\x10x\4\0", 4), 1); /* from before its begin */
}

static void check_changed(const char *tail, const char *expected)
{
    static const char head[] = "$scope module TOP $end\n$var wire 1 # clk $end\n$var wire 8 ! q [7:0] $end\n"
                               "$scope module inner $end\n$var wire 1 # clk $end\n$var reg 1 #a busy $end\n"
                               "$var reg 9 * count [8:0] $end\n$var real 64 % load $end\n$upscope $end\n"
                               "$upscope $end\n$enddefinitions $end\n";
    static struct wave_names names;
    char found[1024] = "";

    wave_names_of_vcd(&names, head, sizeof head - 1);
    assert_int_equal(names.count, 2);
    wave_names_add_changed(&names, head, sizeof head - 1, tail, strlen(tail));
    for (size_t i = 2; i < names.count; i++)
        sprintf(found + strlen(found), "%s ", names.list[i].path);
    assert_string_equal(found, expected);
}

static void changed_last(void **state)
{
    char many[512] = "#1\n";

    (void)state;
    check_changed("#8\n1#\nb101 *\n#9\n0#\n1#a\nb110 *\nb1 !\n", "TOP.inner.busy TOP.inner.count[8:0] ");
    check_changed("#8\n1#a\n#9\n0#\nr0.5 %\n$comment room $end\n#20\n", "TOP.inner.load ");
    check_changed("11 *\n1#a\n#9\n0#\n", "");
    check_changed("0#a\n#9\n", ""); /* nothing changed since a time that can be seen */
    check_changed("#9\n0#a\n1?\nb1\nb1 ", "TOP.inner.busy ");
    check_changed("", "");
    for (int code = '"'; code < '~'; code++)
        sprintf(many + strlen(many), "1%c\n", code);
    check_changed(many, "TOP.inner.count[8:0] TOP.inner.load ");
}

/* No more than there is room for. */
static void changed_are_few(void **state)
{
    static char head[8192], tail[2048];
    static struct wave_names names;

    (void)state;
    strcpy(head, "$scope module TOP $end\n");
    strcpy(tail, "#5\n");
    for (unsigned i = 0; i < 100; i++) {
        if (i == 50)
            sprintf(head + strlen(head), "$scope module inner $end\n");
        sprintf(head + strlen(head), "$var wire 1 %u s%u $end\n", 100 + i, i);
        sprintf(tail + strlen(tail), "1%u\n", 100 + i);
    }
    sprintf(head + strlen(head), "$enddefinitions $end\n");
    wave_names_of_vcd(&names, head, strlen(head));
    assert_int_equal(names.count, WAVE_NAMES_MAX);
    wave_names_add_changed(&names, head, strlen(head), tail, strlen(tail));
    assert_int_equal(names.count, WAVE_NAMES_MAX + WAVE_NAMES_CHANGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_vcd),
        cmocka_unit_test(a_scope_without_signals_is_passed),
        cmocka_unit_test(wherever_it_is_cut_off),
        cmocka_unit_test(no_more_than_have_room),
        cmocka_unit_test(of_an_fst),
        cmocka_unit_test(changed_last),
        cmocka_unit_test(changed_are_few),
        cmocka_unit_test(unpacked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
