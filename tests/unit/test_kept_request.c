/* SPDX-License-Identifier: MIT */
/* What a replay from a kept copy is asked for: settings are taken as variables are, and a stretch must lie
 * between the snapshot and the end. Packets that no command sends are refused. */
#include "unit.h"

#include <string.h>

#include "replay/kept_request.h"
#include "run/kept_message.h"

static struct kept_request request;
static struct options options;
static char why_bytes[400];

#define READ(strings) read_strings(strings, sizeof(strings))

/* sizeof a literal counts a NUL of its own behind the last string's. */
static bool read_strings(const char *strings, size_t size)
{
    static char *const nothing[] = {NULL};
    struct text why = text_in(why_bytes, sizeof why_bytes);

    options_read(&options, nothing, NULL);
    return kept_request_read(&request, &options, strings, strings + size - 1, &why);
}

static void strings_follow_each_other(void **state)
{
    static const char bytes[] = {'a', '\0', '\0', 'b', 'c', '\0', 'd'};
    const char *at = bytes, *end = bytes + sizeof bytes;

    (void)state;
    assert_string_equal(kept_message_next(&at, end), "a");
    assert_string_equal(kept_message_next(&at, end), "");
    assert_string_equal(kept_message_next(&at, end), "bc");
    assert_null(kept_message_next(&at, end));
    assert_ptr_equal(at, end);
    assert_null(kept_message_next(&at, end));
}

static void nothing_is_as_in_the_run(void **state)
{
    (void)state;
    assert_true(READ(""));
    assert_int_equal(request.from_eval, 0);
    assert_int_equal(request.until_eval, 0);
    assert_int_equal(options.window_evals, 200000);
}

static void settings_are_taken(void **state)
{
    (void)state;
    assert_true(READ("LIGHTSSS_WINDOW=5evals\0from=7evals\0LIGHTSSS_WAVE=vcd\0until=1eval\0"
                     "LIGHTSSS_SCOPE=a.b=c\0"));
    assert_int_equal(options.window_evals, 5);
    assert_int_equal(options.wave, WAVE_VCD);
    assert_string_equal(options.scope, "a.b=c");
    assert_int_equal(request.from_eval, 7);
    assert_int_equal(request.until_eval, 1);
    assert_null(request.term);
    assert_true(READ("no_color=\0term=xterm\0"));
    assert_string_equal(request.term, "xterm");
    assert_string_equal(request.no_color, "");
}

static void expect_refused(const char *why)
{
    assert_string_equal(why_bytes, why);
}

static void wrong_ones_are_refused(void **state)
{
    (void)state;
    assert_false(READ("LIGHTSSS_WINDOW=5\0"));
    expect_refused("LIGHTSSS_WINDOW=5 is not valid: give a count such as 200000evals, or all");
    assert_false(READ("LIGHTSSS_DIR=/tmp\0"));
    expect_refused("LIGHTSSS_DIR cannot be set for a replay");
    assert_false(READ("LIGHTSSS_PARK=1m\0"));
    expect_refused("LIGHTSSS_PARK cannot be set for a replay");
    assert_false(READ("until=\0"));
    expect_refused("until= is not valid: give the number of an eval, such as 123456evals");
    assert_false(READ("until\0"));
    expect_refused("no setting: until");
    assert_false(READ("from=1evals\0until=2evals"));
    expect_refused("a setting has no end");
}

static bool fits(uint64_t from_eval, uint64_t until_eval)
{
    const struct kept_request wanted = {.from_eval = from_eval, .until_eval = until_eval};
    struct text why = text_in(why_bytes, sizeof why_bytes);

    return kept_request_fits(&wanted, 100, 200, &why);
}

static void a_stretch_lies_behind_the_snapshot(void **state)
{
    (void)state;
    assert_true(fits(0, 0));
    assert_true(fits(1, 0)); /* as far back as there is something */
    assert_true(fits(200, 0));
    assert_true(fits(0, 101));
    assert_true(fits(150, 150));
    assert_true(fits(0, 200));
    assert_false(fits(0, 100));
    assert_false(fits(0, 201));
    expect_refused("--until 201evals cannot be had: the snapshot was taken after eval 100, and the run came "
                   "to eval 200");
    assert_false(fits(151, 150));
    expect_refused("--from 151evals is behind eval 150, where the replay is to end");
    assert_false(fits(201, 0));
}

static void it_is_kept_for_a_time(void **state)
{
    char some[] = "LIGHTSSS_PARK=30m", off[] = "LIGHTSSS_PARK=off";
    char *environment[] = {some, NULL};

    (void)state;
    options_read(&options, environment + 1, NULL);
    assert_int_equal(options.park_ns, 0);
    options_read(&options, environment, NULL);
    assert_true(options.park_ns == UINT64_C(1800000000000));
    environment[0] = off;
    options_read(&options, environment, NULL);
    assert_int_equal(options.park_ns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_kept_for_a_time),    cmocka_unit_test(strings_follow_each_other),
        cmocka_unit_test(nothing_is_as_in_the_run), cmocka_unit_test(settings_are_taken),
        cmocka_unit_test(wrong_ones_are_refused),   cmocka_unit_test(a_stretch_lies_behind_the_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
