/* SPDX-License-Identifier: MIT */
/* Which run directories `lightsss clean` removes. */
#include "unit.h"

#include <stdio.h>

#include "clean_choice.h"

#define NOW 1000000

static char answer[16];

/* "x" for those that go, of runs that are so many seconds old. */
static const char *choose(const int64_t *ages, size_t count, uint64_t older_s, uint64_t keep)
{
    struct clean_choice list[8];

    for (size_t i = 0; i < count; i++)
        list[i] = (struct clean_choice){.time_s = NOW - ages[i]};
    clean_choice_make(list, count, NOW, older_s, keep);
    for (size_t i = 0; i < count; i++)
        answer[i] = list[i].goes ? 'x' : '.';
    answer[count] = '\0';
    return answer;
}

static void test_choice(void **state)
{
    const int64_t ages[] = {50, 10, 200, 100, 100, -5};

    (void)state;
    assert_string_equal(choose(ages, 6, 0, 0), "xxxxxx");
    assert_string_equal(choose(ages, 6, 50, 0), "..xxx.");
    assert_string_equal(choose(ages, 6, 0, 2), "x.xxx.");
    assert_string_equal(choose(ages, 6, 0, 4), "..x.x."); /* of two that are as old the first counts */
    assert_string_equal(choose(ages, 6, 150, 5), "..x...");
    assert_string_equal(choose(ages, 6, 1, 6), "......");
    assert_string_equal(choose(ages, 0, 1, 1), "");
}

static void test_ages(void **state)
{
    static const struct {
        const char *string;
        uint64_t seconds;
    } ages[] = {{"7d", 604800}, {"2w", 1209600}, {"12h", 43200}, {"30m", 1800}, {"90s", 90}, {"1.5h", 5400}};
    static const char *const wrong[] = {
        "",   "7", "d", "0d", "-1d", "7days", "1.5d", "500ms", "99999999999999999999d", "9999999999999999d",
        "7 d"};
    uint64_t seconds;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        assert_true(clean_choice_parse_age(ages[i].string, &seconds));
        assert_int_equal(seconds, ages[i].seconds);
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (clean_choice_parse_age(wrong[i], &seconds))
            fail_msg("%s is taken for %llu s", wrong[i], (unsigned long long)seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_ages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
