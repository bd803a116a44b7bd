/* SPDX-License-Identifier: MIT */
/* The value of LIGHTSSS_AGES. */
#include "unit.h"

#include <string.h>

#include "options/ages.h"

static void nothing_is_asked(void **state)
{
    struct ages ages = {.count = 3};

    (void)state;
    assert_true(ages_parse("", &ages));
    assert_int_equal(ages.count, 0);
    assert_false(ages.first);
    assert_false(ages_are_asked(&ages));
}

static void times_counts_and_the_first(void **state)
{
    struct ages ages;

    (void)state;
    assert_true(ages_parse("first,100s,1500ms,7evals", &ages));
    assert_int_equal(ages.count, 3);
    assert_true(ages.first);
    assert_int_equal(ages.list[0].ns, UINT64_C(100000000000));
    assert_int_equal(ages.list[0].evals, 0);
    assert_int_equal(ages.list[1].ns, 1500000000);
    assert_int_equal(ages.list[2].ns, 0);
    assert_int_equal(ages.list[2].evals, 7);
    assert_true(ages_parse("first", &ages));
    assert_int_equal(ages.count, 0);
    assert_true(ages_are_asked(&ages));
}

static void eight_at_most(void **state)
{
    struct ages ages = {.count = 0};

    (void)state;
    assert_true(ages_parse("1s,2s,3s,4s,5s,6s,7s,8s,first", &ages));
    assert_int_equal(ages.count, AGES_MAX);
    assert_false(ages_parse("1s,2s,3s,4s,5s,6s,7s,8s,9s", &ages));
}

static void what_is_none_changes_nothing(void **state)
{
    static const char *const bad[] = {
        ",",
        "10s,",
        ",10s",
        "10s,,20s",
        "10",
        "0s",
        "0evals",
        "-1s",
        "oldest",
        "10s first",
        "10s;20s",
        "First",
        "00000000000000000000000000000000000000000000000000000000000000001s",
    };
    struct ages ages = {.count = 1, .list = {{.ns = 5}}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (ages_parse(bad[i], &ages))
            fail_msg("%s is taken for ages", bad[i]);
        assert_int_equal(ages.count, 1);
        assert_int_equal(ages.list[0].ns, 5);
        assert_false(ages.first);
    }
}

static void a_ladder_takes_two_places_for_each(void **state)
{
    struct ages ages;

    (void)state;
    ages_parse("", &ages);
    assert_int_equal(ages_newest(&ages, 64), 64);
    ages_parse("10s,first", &ages);
    assert_int_equal(ages_newest(&ages, 2), 2);
    assert_int_equal(ages_newest(&ages, 61), 61);
    assert_int_equal(ages_newest(&ages, 64), 61);
    ages_parse("1s,2s,3s,4s,5s,6s,7s,8s,first", &ages);
    assert_int_equal(ages_newest(&ages, 64), 47);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked),
        cmocka_unit_test(times_counts_and_the_first),
        cmocka_unit_test(eight_at_most),
        cmocka_unit_test(what_is_none_changes_nothing),
        cmocka_unit_test(a_ladder_takes_two_places_for_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
