/* SPDX-License-Identifier: MIT */
/* Moments as text, compared with libc's calendar. */
#include "unit.h"

#include <time.h>

#include "report/date.h"

static void check(uint64_t seconds)
{
    const time_t time = (time_t)seconds;
    char bytes[64], wanted[64];
    struct text text = text_in(bytes, sizeof bytes);
    struct tm parts;

    strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &parts));
    date_append(&text, seconds);
    assert_string_equal(bytes, wanted);
}

static void test_known(void **state)
{
    char bytes[64];
    struct text text = text_in(bytes, sizeof bytes);

    (void)state;
    date_append(&text, 1795914811);
    assert_string_equal(bytes, "2026-11-29T01:13:31Z");
}

/* Each day for two hundred years, leap days and the year 2000 and 2100 among them. */
static void test_every_day(void **state)
{
    (void)state;
    for (uint64_t day = 0; day < 73050; day++) {
        check(day * 86400);
        check(day * 86400 + 86399);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_every_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
