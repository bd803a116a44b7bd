/* SPDX-License-Identifier: MIT */
/* Where a copy is to stand for a debugger: counted back from the end, or named; between the snapshot and the
 * end. */
#include "unit.h"

#include <string.h>

#include "replay/stand_request.h"

static struct stand_request request;
static char why_bytes[400];

#define READ(strings) read_strings(strings, sizeof(strings))

/* sizeof a literal counts a NUL of its own behind the last string's. */
static bool read_strings(const char *strings, size_t size)
{
    struct text why = text_in(why_bytes, sizeof why_bytes);

    return stand_request_read(&request, strings, strings + size - 1, &why);
}

/* Of a snapshot behind eval 100, and an end in eval 5000. */
static uint64_t place_from(uint64_t snapshot_eval, bool races)
{
    struct text why = text_in(why_bytes, sizeof why_bytes);
    uint64_t eval = 0;

    return stand_request_place(&request, snapshot_eval, 5000, races, &eval, &why) ? eval : 0;
}

static uint64_t place(void)
{
    return place_from(100, false);
}

static void without_a_word_it_is_the_default(void **state)
{
    (void)state;
    assert_true(READ(""));
    assert_int_equal(place(), 5001 - STAND_DEFAULT_EVALS);
    assert_int_equal(place_from(4900, false), 4901);
    assert_true(place_from(5000, false) == STAND_AT_END);
}

static void it_is_counted_back(void **state)
{
    (void)state;
    assert_true(READ("before=1\0"));
    assert_int_equal(place(), 5000);
    assert_true(READ("before=0\0"));
    assert_true(place() == STAND_AT_END);
    assert_true(place_from(5000, true) == STAND_AT_END);
    assert_true(READ("before=4900\0"));
    assert_int_equal(place(), 101);
    assert_true(READ("before=4901\0"));
    assert_int_equal(place(), 0);
    assert_string_equal(
        why_bytes, "4901 evals before the end cannot be had: the snapshot was taken 4900 evals before it");
}

static void it_is_named(void **state)
{
    (void)state;
    assert_true(READ("at=101\0"));
    assert_int_equal(place(), 101);
    assert_true(READ("at=5000\0"));
    assert_int_equal(place(), 5000);
    assert_true(READ("at=5001\0"));
    assert_int_equal(place(), 0);
    assert_true(READ("at=100\0"));
    assert_int_equal(place(), 0);
    assert_string_equal(why_bytes,
                        "eval 100 cannot be had: the snapshot was taken after eval 100, and the run "
                        "came to eval 5000");
    assert_true(READ("at=18446744073709551615\0"));
    assert_int_equal(place(), 0);
}

static void racing_evals_have_no_numbers(void **state)
{
    (void)state;
    assert_true(READ("before=1\0"));
    assert_int_equal(place_from(100, true), 0);
    assert_non_null(strstr(why_bytes, "only the end (--before 0) can be had"));
    assert_true(READ("at=200\0"));
    assert_int_equal(place_from(100, true), 0);
}

static void other_packets_are_refused(void **state)
{
    (void)state;
    assert_false(READ("before=x\0"));
    assert_false(READ("at=\0"));
    assert_false(READ("at\0"));
    assert_false(READ("until=1\0"));
    assert_string_equal(why_bytes, "no such place: until=1");
    assert_false(read_strings("at=1", sizeof("at=1") - 0));
    assert_string_equal(why_bytes, "no such place: a setting has no end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_word_it_is_the_default),
        cmocka_unit_test(it_is_counted_back),
        cmocka_unit_test(it_is_named),
        cmocka_unit_test(racing_evals_have_no_numbers),
        cmocka_unit_test(other_packets_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
