/* SPDX-License-Identifier: MIT */
/* The variables as users set them: defaults, good values, bad values, unknown names and what is said about
 * each. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "options/options.h"

#define LINES_MAX 32

static char lines[LINES_MAX][512];
static size_t line_count;

static void add_line(const char *line)
{
    assert_true(line_count < LINES_MAX);
    assert_true(strlen(line) < sizeof(lines[0]));
    memcpy(lines[line_count++], line, strlen(line) + 1);
}

/* Reads an environment of up to four variables. */
static struct options read_some(const char *a, const char *b, const char *c, const char *d)
{
    char *environment[] = {(char *)a, (char *)b, (char *)c, (char *)d, NULL};
    struct options options;

    line_count = 0;
    options_read(&options, environment, add_line);
    return options;
}

static struct options read_one(const char *variable)
{
    return read_some(variable, NULL, NULL, NULL);
}

/* Reads a good value: nothing may be said about it. */
static struct options read_silently(const char *variable)
{
    struct options options = read_one(variable);

    if (line_count != 0)
        fail_msg("%s: %s", variable, lines[0]);
    return options;
}

static void defaults_are_those_of_the_contract(void **state)
{
    struct options options = read_silently(NULL);

    (void)state;
    assert_true(options.enabled);
    assert_int_equal(options.interval.kind, INTERVAL_AUTO);
    assert_int_equal(options.budget_ppm, 10000);
    assert_int_equal(options.slots, 2);
    assert_int_equal(options.memory.bytes, 0);
    assert_int_equal(options.memory.share_ppm, 250000);
    assert_int_equal(options.failures.kinds, FAILURE_EXIT | FAILURE_ABORT | FAILURE_SIGNAL | FAILURE_KILL);
    assert_int_equal(options.hang_ns, 0);
    assert_null(options.match);
    assert_int_equal(options.wave, WAVE_AUTO);
    assert_int_equal(options.window_evals, 200000);
    assert_int_equal(options.depth, 0);
    assert_int_equal(options.size_bytes, 1 << 30);
    assert_int_equal(options.files_bytes, 64 << 20);
    assert_true(options.hold);
    assert_true(options.huge);
    assert_null(options.model);
    assert_int_equal(options.tick, 1);
    assert_int_equal(options.limit_ns, 0);
    assert_null(options.wake_call);
    assert_null(options.trigger);
    assert_null(options.watch);
    assert_int_equal(options.triggers, 4);
    assert_int_equal(options.at.count, 0);
    assert_int_equal(options.after_evals, 0);
    assert_int_equal(options.ages.count, 0);
    assert_false(options.ages.first);
    assert_int_equal(options.back.kind, BACK_OLDEST);
    assert_string_equal(options.dir, "lightsss");
    assert_int_equal(options.log_level, LOG_INFO);
}

static void rows_are_those_of_the_contract(void **state)
{
    static const char *const names[] = {
        "LIGHTSSS",        "LIGHTSSS_INTERVAL",  "LIGHTSSS_BUDGET",  "LIGHTSSS_SLOTS",    "LIGHTSSS_MEMORY",
        "LIGHTSSS_HUGE",   "LIGHTSSS_ON",        "LIGHTSSS_HANG",    "LIGHTSSS_MATCH",    "LIGHTSSS_WAVE",
        "LIGHTSSS_WINDOW", "LIGHTSSS_DEPTH",     "LIGHTSSS_HOLD",    "LIGHTSSS_MODEL",    "LIGHTSSS_TICK",
        "LIGHTSSS_LIMIT",  "LIGHTSSS_WAKE_CALL", "LIGHTSSS_TRIGGER", "LIGHTSSS_TRIGGERS", "LIGHTSSS_WATCH",
        "LIGHTSSS_AT",     "LIGHTSSS_AFTER",     "LIGHTSSS_AGES",    "LIGHTSSS_BACK",     "LIGHTSSS_SCOPE",
        "LIGHTSSS_SIZE",   "LIGHTSSS_FILES",     "LIGHTSSS_PARK",    "LIGHTSSS_DIR",      "LIGHTSSS_LOG",
    };

    (void)state;
    assert_int_equal(options_row_count, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_string_equal(options_rows[i].name, names[i]);
        assert_true(strlen(options_rows[i].help) > 0);
        assert_true(strlen(options_rows[i].accepted) > 0);
    }
}

/* What --help calls the default must be a value that can be given, and must mean the same. */
static void every_default_can_be_given(void **state)
{
    struct options defaults = read_silently(NULL);

    (void)state;
    for (size_t i = 0; i < options_row_count; i++) {
        char variable[100];
        struct options options;

        snprintf(variable, sizeof(variable), "%s=%s", options_rows[i].name, options_rows[i].initial);
        options = read_one(variable);
        for (size_t line = 0; line < line_count; line++)
            assert_null(strstr(lines[line], "not valid"));
        if (options.dir != defaults.dir) { /* the same word in another place */
            assert_string_equal(options.dir, defaults.dir);
            options.dir = defaults.dir;
        }
        assert_memory_equal(&options, &defaults, sizeof(options));
    }
}

static void intervals(void **state)
{
    struct options options = read_silently("LIGHTSSS_INTERVAL=500ms");

    (void)state;
    assert_int_equal(options.interval.kind, INTERVAL_TIME);
    assert_int_equal(options.interval.ns, 500000000);
    options = read_silently("LIGHTSSS_INTERVAL=100000evals");
    assert_int_equal(options.interval.kind, INTERVAL_EVALS);
    assert_int_equal(options.interval.evals, 100000);
    options = read_silently("LIGHTSSS_INTERVAL=auto");
    assert_int_equal(options.interval.kind, INTERVAL_AUTO);
}

static void how_far_back(void **state)
{
    (void)state;
    assert_int_equal(read_silently("LIGHTSSS_BACK=oldest").back.kind, BACK_OLDEST);
    assert_int_equal(read_silently("LIGHTSSS_BACK=window").back.kind, BACK_WINDOW);
    struct options_back back = read_silently("LIGHTSSS_BACK=60s").back;
    assert_int_equal(back.kind, BACK_TIME);
    assert_int_equal(back.ns, UINT64_C(60000000000));
    back = read_silently("LIGHTSSS_BACK=5000000evals").back;
    assert_int_equal(back.kind, BACK_EVALS);
    assert_int_equal(back.evals, 5000000);
    assert_int_equal(read_one("LIGHTSSS_BACK=youngest").back.kind, BACK_OLDEST);
    assert_int_equal(line_count, 1);
}

static void how_old(void **state)
{
    struct ages ages = read_silently("LIGHTSSS_AGES=10s,5000000evals,first").ages;

    (void)state;
    assert_int_equal(ages.count, 2);
    assert_int_equal(ages.list[0].ns, UINT64_C(10000000000));
    assert_int_equal(ages.list[1].evals, 5000000);
    assert_true(ages.first);
    read_one("LIGHTSSS_AGES=10s,");
    assert_string_equal(
        lines[0], "LIGHTSSS_AGES=10s, is not valid: give up to eight times such as 10s or counts such as "
                  "5000000evals, and first, with commas between; using none");
}

static void a_ladder_takes_its_places_from_the_newest(void **state)
{
    (void)state;
    read_some("LIGHTSSS_AGES=10s,100s,first", "LIGHTSSS_SLOTS=59", NULL, NULL);
    assert_int_equal(line_count, 0);
    assert_int_equal(read_some("LIGHTSSS_AGES=10s,100s,first", "LIGHTSSS_SLOTS=64", NULL, NULL).slots, 64);
    assert_int_equal(line_count, 1);
    assert_string_equal(lines[0],
                        "LIGHTSSS_SLOTS=64 and the ladder of LIGHTSSS_AGES are more than 64 snapshots; "
                        "59 of the newest stay");
}

static void figures(void **state)
{
    (void)state;
    assert_false(read_silently("LIGHTSSS=0").enabled);
    assert_true(read_silently("LIGHTSSS=1").enabled);
    assert_int_equal(read_silently("LIGHTSSS_BUDGET=2.5%").budget_ppm, 25000);
    assert_int_equal(read_silently("LIGHTSSS_SLOTS=64").slots, 64);
    assert_int_equal(read_silently("LIGHTSSS_WINDOW=5evals").window_evals, 5);
    assert_int_equal(read_silently("LIGHTSSS_SIZE=5M").size_bytes, 5 << 20);
    assert_int_equal(read_silently("LIGHTSSS_SIZE=none").size_bytes, 0);
    assert_int_equal(read_silently("LIGHTSSS_FILES=1G").files_bytes, 1 << 30);
    assert_int_equal(read_silently("LIGHTSSS_FILES=0").files_bytes, 0);
    assert_true(read_silently("LIGHTSSS_WINDOW=all").window_evals == OPTIONS_WINDOW_ALL);
    assert_int_equal(read_silently("LIGHTSSS_DEPTH=3").depth, 3);
    assert_int_equal(read_silently("LIGHTSSS_TICK=500").tick, 500);
}

static void points(void **state)
{
    struct options options = read_silently("LIGHTSSS_AT=100evals,617283t,1eval,100evals");
    char many[4096] = "LIGHTSSS_AT=1t";

    (void)state;
    assert_int_equal(options.at.count, 3);
    assert_true(!options.at.points[0].is_time && options.at.points[1].is_time);
    assert_int_equal(options.at.points[0].value, 100);
    assert_int_equal(options.at.points[1].value, 617283);
    assert_int_equal(read_silently("LIGHTSSS_AFTER=100evals").after_evals, 100);
    assert_int_equal(read_silently("LIGHTSSS_TRIGGERS=64").triggers, 64);
    for (unsigned i = 2; i <= OPTIONS_POINTS_MAX + 1; i++) {
        assert_int_equal(read_silently(many).at.count, i - 1);
        snprintf(many + strlen(many), sizeof many - strlen(many), ",%ut", i);
    }
    assert_int_equal(read_one(many).at.count, 0);
}

static void words(void **state)
{
    (void)state;
    assert_int_equal(read_silently("LIGHTSSS_WAVE=auto").wave, WAVE_AUTO);
    assert_int_equal(read_silently("LIGHTSSS_WAVE=vcd").wave, WAVE_VCD);
    assert_int_equal(read_silently("LIGHTSSS_WAVE=fst").wave, WAVE_FST);
    assert_int_equal(read_silently("LIGHTSSS_WAVE=off").wave, WAVE_OFF);
    assert_int_equal(read_silently("LIGHTSSS_LOG=quiet").log_level, LOG_QUIET);
    assert_int_equal(read_silently("LIGHTSSS_LOG=info").log_level, LOG_INFO);
    assert_int_equal(read_silently("LIGHTSSS_LOG=debug").log_level, LOG_DEBUG);
    assert_string_equal(read_silently("LIGHTSSS_DIR=/tmp/x=y").dir, "/tmp/x=y");
    assert_string_equal(read_silently("LIGHTSSS_MODEL=VTop").model, "VTop");
    assert_null(read_silently("LIGHTSSS_MODEL=").model);
    assert_int_equal(read_silently("LIGHTSSS_LIMIT=5m").limit_ns, 300000000000);
    assert_int_equal(read_silently("LIGHTSSS_LIMIT=off").limit_ns, 0);
    assert_string_equal(read_silently("LIGHTSSS_WAKE_CALL=log_on(1); f()").wake_call, "log_on(1); f()");
    assert_null(read_silently("LIGHTSSS_WAKE_CALL=").wake_call);
}

static void failures(void **state)
{
    (void)state;
    assert_int_equal(read_silently("LIGHTSSS_ON=exit").failures.kinds, FAILURE_EXIT);
    assert_int_equal(read_silently("LIGHTSSS_ON=abort,finish").failures.kinds,
                     FAILURE_ABORT | FAILURE_FINISH);
    assert_int_equal(read_silently("LIGHTSSS_ON=signal").failures.kinds, FAILURE_SIGNAL);
    assert_int_equal(read_silently("LIGHTSSS_ON=all").failures.kinds, FAILURE_ALL);
    assert_int_equal(read_silently("LIGHTSSS_ON=exit,all").failures.kinds, FAILURE_ALL);
}

static void expect_bad(const char *const *bad, size_t count)
{
    struct options defaults = read_silently(NULL);

    for (size_t i = 0; i < count; i++) {
        struct options options = read_one(bad[i]);

        if (line_count != 1)
            fail_msg("%s: %zu lines", bad[i], line_count);
        assert_ptr_equal(strstr(lines[0], bad[i]), lines[0]); /* begins with variable and value */
        assert_non_null(strstr(lines[0], "is not valid: give "));
        assert_memory_equal(&options, &defaults, sizeof(options));
    }
}

static void bad_points(void **state)
{
    static const char *const bad[] = {
        "LIGHTSSS_AT=5",     "LIGHTSSS_AT=5evals,",   "LIGHTSSS_AT=5evals;6evals", "LIGHTSSS_AT=0t",
        "LIGHTSSS_AFTER=1s", "LIGHTSSS_AFTER=0evals", "LIGHTSSS_TRIGGERS=0",       "LIGHTSSS_TRIGGERS=65",
    };

    (void)state;
    expect_bad(bad, COUNT_OF(bad));
}

static void bad_values_are_named_and_defaults_used(void **state)
{
    static const char *const bad[] = {
        "LIGHTSSS=yes",
        "LIGHTSSS=",
        "LIGHTSSS_INTERVAL=5",
        "LIGHTSSS_INTERVAL=0s",
        "LIGHTSSS_INTERVAL=",
        "LIGHTSSS_BUDGET=1",
        "LIGHTSSS_BUDGET=101%",
        "LIGHTSSS_SLOTS=0",
        "LIGHTSSS_SLOTS=65",
        "LIGHTSSS_SLOTS=two",
        "LIGHTSSS_MEMORY=2",
        "LIGHTSSS_ON=exit,crash",
        "LIGHTSSS_ON=",
        "LIGHTSSS_HANG=30",
        "LIGHTSSS_MATCH=(FAILED",
        "LIGHTSSS_WAVE=lxt",
        "LIGHTSSS_WAVE=VCD",
        "LIGHTSSS_WINDOW=none",
        "LIGHTSSS_WINDOW=0evals",
        "LIGHTSSS_SIZE=1",
        "LIGHTSSS_SIZE=0G",
        "LIGHTSSS_FILES=none",
        "LIGHTSSS_DEPTH=-1",
        "LIGHTSSS_DEPTH=10000",
        "LIGHTSSS_HOLD=2",
        "LIGHTSSS_HUGE=2",
        "LIGHTSSS_TICK=0",
        "LIGHTSSS_TICK=1000000000001",
        "LIGHTSSS_LIMIT=5",
        "LIGHTSSS_DIR=",
        "LIGHTSSS_WAKE_CALL=f",
        "LIGHTSSS_WAKE_CALL=f(",
        "LIGHTSSS_MATCH=a++++++++++++++++++++++++++++++++++++++++",
        "LIGHTSSS_LOG=verbose",
        "LIGHTSSS_AGES=10",
        "LIGHTSSS_AGES=oldest",
        "LIGHTSSS_SLOTS=99999999999999999999999999999999",
    };
    (void)state;
    expect_bad(bad, COUNT_OF(bad));
    read_one("LIGHTSSS_SLOTS=65");
    assert_string_equal(lines[0], "LIGHTSSS_SLOTS=65 is not valid: give a number from 1 to 64; using 2");
}

static void long_values_are_shortened(void **state)
{
    char variable[5000] = "LIGHTSSS_WAVE=";

    (void)state;
    memset(variable + strlen(variable), 'v', sizeof(variable) - strlen(variable) - 1);
    variable[sizeof(variable) - 1] = '\0';
    read_one(variable);
    assert_int_equal(line_count, 1);
    assert_non_null(strstr(lines[0], "vvv... is not valid: give auto, vcd, fst or off; using auto"));
}

static void unknown_names_get_the_nearest(void **state)
{
    (void)state;
    read_some("LIGHTSSS_INTERVALL=1s", "LIGHTSSS_SLOT=3", "LIGHTSSS_MODLE=x", "LIGHTSSS_WINDOWS=all");
    assert_int_equal(line_count, 4);
    assert_string_equal(lines[0], "unknown variable LIGHTSSS_INTERVALL; did you mean LIGHTSSS_INTERVAL?");
    assert_string_equal(lines[1], "unknown variable LIGHTSSS_SLOT; did you mean LIGHTSSS_SLOTS?");
    assert_string_equal(lines[2], "unknown variable LIGHTSSS_MODLE; did you mean LIGHTSSS_MODEL?");
    assert_string_equal(lines[3], "unknown variable LIGHTSSS_WINDOWS; did you mean LIGHTSSS_WINDOW?");
}

static void a_very_long_name_is_shortened(void **state)
{
    char variable[5000] = "LIGHTSSS_";

    (void)state;
    memset(variable + strlen(variable), 'X', sizeof(variable) - strlen(variable) - 1);
    memcpy(variable + sizeof(variable) - 3, "=1", 3);
    read_one(variable);
    assert_int_equal(line_count, 1);
    assert_non_null(strstr(lines[0], "XXX...; did you mean "));
}

static void foreign_names_are_left_alone(void **state)
{
    (void)state;
    read_some("LIGHTSSSX=1", "MY_LIGHTSSS_SLOTS=9", "lightsss_slots=9", "LIGHTSSS_SLOTS");
    assert_int_equal(line_count, 0);
    assert_int_equal(read_some("PATH=/bin", "", "=x", "LIGHTSSS_TEST_FULL=1").slots, 2);
    assert_int_equal(line_count, 0);
}

static void the_first_of_two_counts(void **state)
{
    (void)state;
    assert_int_equal(read_some("LIGHTSSS_SLOTS=3", "LIGHTSSS_SLOTS=4", NULL, NULL).slots, 3);
    assert_int_equal(line_count, 0);
}

static void values_of_several_forms_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_one("LIGHTSSS_HANG=30s").hang_ns, 30000000000);
    assert_int_equal(read_one("LIGHTSSS_MEMORY=2G").memory.bytes, UINT64_C(2) << 30);
    assert_int_equal(read_one("LIGHTSSS_MEMORY=10%").memory.share_ppm, 100000);
    assert_string_equal(read_one("LIGHTSSS_MATCH=Error|Fatal").match, "Error|Fatal");
    assert_false(read_one("LIGHTSSS_HOLD=0").hold);
    assert_false(read_one("LIGHTSSS_HUGE=0").huge);
}

static void bad_searches_are_refused(void **state)
{
    static const char *const bad[] = {
        "LIGHTSSS_TRIGGER=[a-", "LIGHTSSS_TRIGGER=a+++++++++++++++++++++++++++++",
        "LIGHTSSS_WATCH=uart0.log::uart1.log", "LIGHTSSS_WATCH=uart[0", "LIGHTSSS_WATCH=uart\\"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct options options = read_one(bad[i]);

        assert_int_equal(line_count, 1);
        assert_ptr_equal(strstr(lines[0], bad[i]), lines[0]);
        assert_non_null(strstr(lines[0], "is not valid: give "));
        assert_true(options.trigger == NULL && options.watch == NULL);
    }
}

static void watch_needs_an_expression(void **state)
{
    (void)state;
    assert_string_equal(read_one("LIGHTSSS_WATCH=uart*.log:/dev/pts/*").watch, "uart*.log:/dev/pts/*");
    assert_int_equal(line_count, 1);
    assert_string_equal(
        lines[0], "LIGHTSSS_WATCH needs LIGHTSSS_MATCH or LIGHTSSS_TRIGGER: which lines are looked for");
    read_some("LIGHTSSS_WATCH=uart", "LIGHTSSS_TRIGGER=x", "LIGHTSSS_SLOTS=1", "LIGHTSSS=1");
    assert_int_equal(line_count, 0);
    read_some("LIGHTSSS_WATCH=uart", "LIGHTSSS_MATCH=x", "LIGHTSSS_SLOTS=1", "LIGHTSSS=1");
    assert_int_equal(line_count, 0);
}

static void hang_is_mentioned_where_named(void **state)
{
    (void)state;
    read_one("LIGHTSSS_ON=abort,kill");
    assert_int_equal(line_count, 0);
    read_one("LIGHTSSS_ON=hang,kill");
    assert_int_equal(line_count, 1);
    assert_string_equal(lines[0], "hang in LIGHTSSS_ON needs LIGHTSSS_HANG: how long no eval may begin");
    read_one("LIGHTSSS_ON=all");
    assert_int_equal(line_count, 0);
    read_some("LIGHTSSS_ON=hang", "LIGHTSSS_HANG=30s", "LIGHTSSS_SLOTS=1", "LIGHTSSS=1");
    assert_int_equal(line_count, 0);
}

static void inert_and_quiet_say_nothing(void **state)
{
    (void)state;
    assert_false(read_some("LIGHTSSS_SLOTS=many", "LIGHTSSS_HANG=1s", "LIGHTSSS_X=1", "LIGHTSSS=0").enabled);
    assert_int_equal(line_count, 0);
    assert_int_equal(
        read_some("LIGHTSSS_SLOTS=many", "LIGHTSSS_HANG=1s", "LIGHTSSS_LOG=quiet", "LIGHTSSS_X=1").slots, 2);
    assert_int_equal(line_count, 0);
}

static void nobody_need_listen(void **state)
{
    char bad[] = "LIGHTSSS_SLOTS=many";
    char unknown[] = "LIGHTSSS_X=1";
    char *environment[] = {bad, unknown, NULL};
    struct options options;

    (void)state;
    options_read(&options, environment, NULL);
    assert_int_equal(options.slots, 2);
}

static void a_value_can_be_checked_alone(void **state)
{
    char value[200];

    (void)state;
    line_count = 0;
    for (size_t i = 0; i < options_row_count; i++)
        assert_true(options_check(&options_rows[i], "--any", options_rows[i].initial, add_line));
    assert_int_equal(line_count, 0);
    assert_false(options_check(&options_rows[3], "--slots", "many", add_line));
    assert_string_equal(lines[0], "--slots=many is not valid: give a number from 1 to 64");
    memset(value, '7', sizeof value);
    value[sizeof value - 1] = '\0';
    assert_false(options_check(&options_rows[3], "--slots", value, add_line));
    assert_int_equal(line_count, 2);
    assert_non_null(strstr(lines[1], "777... is not valid"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_contract),
        cmocka_unit_test(rows_are_those_of_the_contract),
        cmocka_unit_test(every_default_can_be_given),
        cmocka_unit_test(intervals),
        cmocka_unit_test(how_far_back),
        cmocka_unit_test(how_old),
        cmocka_unit_test(a_ladder_takes_its_places_from_the_newest),
        cmocka_unit_test(figures),
        cmocka_unit_test(points),
        cmocka_unit_test(bad_points),
        cmocka_unit_test(words),
        cmocka_unit_test(failures),
        cmocka_unit_test(bad_values_are_named_and_defaults_used),
        cmocka_unit_test(long_values_are_shortened),
        cmocka_unit_test(unknown_names_get_the_nearest),
        cmocka_unit_test(a_very_long_name_is_shortened),
        cmocka_unit_test(foreign_names_are_left_alone),
        cmocka_unit_test(the_first_of_two_counts),
        cmocka_unit_test(values_of_several_forms_are_read),
        cmocka_unit_test(bad_searches_are_refused),
        cmocka_unit_test(watch_needs_an_expression),
        cmocka_unit_test(hang_is_mentioned_where_named),
        cmocka_unit_test(inert_and_quiet_say_nothing),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(a_value_can_be_checked_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
