/* SPDX-License-Identifier: MIT */
/* The verdict and what was printed: the same bytes are the same however they came, and of others the first
 * line that differs is told. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <stdio.h>
#include <string.h>

static void run(const char *const *steps, const char *interval, struct outcome *outcome)
{
    const struct program program = {
        .arguments = steps, .environment = LIST("LIGHTSSS_WAVE=off", interval), .preload = true};

    run_program(&program, outcome);
    if (outcome->timed_out || outcome->report == NULL)
        fail_msg("no report; said:\n%s", outcome->said);
}

static void check(const char *const *steps, const char *interval, const char *verdict)
{
    struct outcome outcome;

    run(steps, interval, &outcome);
    print_message("%s %s\n", steps[0], steps[1]);
    expect_in_report(&outcome, verdict);
    run_discard(&outcome);
}

#define REPRODUCED "\"verdict\": \"reproduced\", \"eval\""

static void test_the_same(void **state)
{
    static const char *const ends[] = {"exit:3", "_exit:3", "abort", "segv", "raise:TERM", "fclose_stdout"};
    static const char *const intervals[] = {"LIGHTSSS_INTERVAL=1h", "LIGHTSSS_INTERVAL=2evals"};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (size_t j = 0; j < sizeof intervals / sizeof *intervals; j++) {
            check(LIST("print:before ", "eval:3", "print:a", "flush", "error:b", "eval:2",
                       "writev:both parts", "print:c", "eval:2", "say:d", "thread:say:e", "join", "eval:2",
                       "print_many:3000", "eval:1", "print:f", ends[i], "exit:3"),
                  intervals[j], REPRODUCED);
        }
}

static void check_why(const char *const *steps, const char *why)
{
    char verdict[400];

    snprintf(verdict, sizeof verdict, "\"verdict\": \"diverged\", \"why\": \"%s\"", why);
    check(steps, "LIGHTSSS_INTERVAL=2evals", verdict);
}

static void test_another_line(void **state)
{
    (void)state;
    check_why(LIST("eval:1", "print_many:10", "if_copy:say:x", "exit:1"),
              "line 1 of replay.stdout is \\\"x\\\" instead of \\\"line 10\\\"");
    check_why(LIST("eval:1", "say:a", "if_copy:say:bx", "if_original:say:by", "say:c", "abort"),
              "line 2 of replay.stdout is \\\"bx\\\" instead of \\\"by\\\"");
    check_why(LIST("eval:1", "error:a", "if_copy:error:b", "exit:1"),
              "line 2 of replay.stderr, \\\"b\\\", was not printed by the original");
    check_why(LIST("eval:1", "if_original:writev:something", "exit:1"),
              "line 1 of replay.stdout is missing: \\\"something\\\"");
    check_why(LIST("eval:1", "if_copy:writev:one thing", "if_original:writev:one thong", "exit:1"),
              "line 1 of replay.stdout is \\\"one thing\\\" instead of \\\"one thong\\\"");
}

/* What is not flushed by the end counts, be it lost or not. */
static void test_another_buffer(void **state)
{
    static const char *const ends[] = {"exit:3", "_exit:3", "abort", "segv"};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        check_why(LIST("eval:1", "print:time 1", "if_copy:print:3", "if_original:print:2", ends[i]),
                  "line 1 of replay.stdout is \\\"time 13\\\" instead of \\\"time 12\\\"");
}

static void test_what_nobody_can_record(void **state)
{
    struct outcome outcome;
    int pid;

    (void)state;
    run(LIST("eval:1", "say:a", "say_pid", "say:b", "exit:1"), "LIGHTSSS_INTERVAL=1h", &outcome);
    const char *why = strstr(outcome.report, "line 2 of replay.stdout is \\\"pid ");
    assert_non_null(why);
    const char *instead = strstr(why, "\\\" instead of \\\"pid ");
    assert_non_null(instead);
    assert_int_equal(sscanf(instead, "\\\" instead of \\\"pid %d", &pid), 1); /* NOLINT(cert-err34-c) */
    assert_non_null(strstr(outcome.said, "replay diverged: line 2 of replay.stdout is \"pid "));
    run_discard(&outcome);
}

/* More than is kept, in the same stretch. */
static void test_much(void **state)
{
    (void)state;
    check(LIST("eval:1", "print_many:700000", "exit:1"), "LIGHTSSS_INTERVAL=1h", REPRODUCED);
    check(LIST("eval:1", "if_original:print:a", "if_copy:print:b", "print_many:700000", "exit:1"),
          "LIGHTSSS_INTERVAL=1h", " bytes, which are not the ");
    check(LIST("eval:1", "print_many:700000", "if_original:print:a", "if_copy:print:b", "exit:1"),
          "LIGHTSSS_INTERVAL=1h",
          "line 700001 of replay.stdout (or one before) is \\\"b\\\" instead of \\\"a\\\"");
}

/* A child prints to the same place: it is neither counted nor confused with its parent. */
static void test_child(void **state)
{
    (void)state;
    check(LIST("eval:1", "fork:print_many:1000+flush", "wait", "say:a", "eval:1", "exit:1"),
          "LIGHTSSS_INTERVAL=1h", REPRODUCED);
}

/* So does one that has its parent's memory, until it calls exec. */
static void test_child_in_our_memory(void **state)
{
    (void)state;
    check(LIST("eval:1", "vfork_say:child\n", "say:a", "spawn:echo b", "say:c", "eval:1", "exit:1"),
          "LIGHTSSS_INTERVAL=1h", REPRODUCED);
}

/* The snapshots find it anywhere on its way through write(). */
static void test_a_thread_that_prints(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        check(LIST("eval:1", "thread:error_many:3000", "pace:100", "eval:30", "join", "exit:1"),
              "LIGHTSSS_INTERVAL=10evals", REPRODUCED);
}

/* Words that match, by every way of printing; and words of others, which do not count. */
static void test_words(void **state)
{
    static const char *const ways[][3] = {
        {"print_by:p:TEST FAILED"},
        {"print_by:c:TEST FAILED"},
        {"print_by:u:TEST FAILED"},
        {"print_by:v:TEST FAILED"},
        {"print_by:d:TEST FAILED"},
        {"error:first", "print_by:e:TEST FAILED"},
        {"print_by:w:TEST FAILED"},
        {"print:TEST FAILED"},
        {"writev:TEST FAILED"},
        {"error_many:3000", "error:TEST FAILED"},
        {"print:TEST ", "flush", "print_by:c:FAILED"},
        {"merge", "print:TEST FAILED"},
        {"print_by:w:TEST ", "say:passed", "print_by:w:FAILED"},
        {"fork:say:TEST FAILED", "wait"},
        {"spawn:echo TEST FAILED"},
        {"say:no TEST FAILED"},
    };
    const size_t count = sizeof ways / sizeof *ways, not_counted = 3;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct program program = {
            .arguments = LIST("eval:3", ways[i][0], ways[i][1] != NULL ? ways[i][1] : "eval:1",
                              ways[i][2] != NULL ? ways[i][2] : "eval:1", "error:"),
            .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_MATCH=^TEST FAILED"),
        };
        struct outcome outcome;

        compare_runs(&program, &outcome);
        bool is_found = outcome.report != NULL &&
                        strstr(outcome.report, "\"match\": \"TEST FAILED") != NULL &&
                        strstr(outcome.report, "\"kind\": \"finish\", \"status\": 0") != NULL;
        if (is_found != (i < count - not_counted))
            fail_msg("%s: %s", ways[i][0], outcome.said);
        run_discard(&outcome);
    }
}

/* Our lines begin where lines begin; who takes them out has what he would have without us, up to the newline
 * that a tool of lines adds anyway. */
static void test_unfinished(void **state)
{
    static const struct {
        const char *steps[4], *err;
    } rows[] = {
        {{"eval:3", "print_by:w:words", "exit:3"}, "words\n"},
        {{"eval:3", "error:words", "exit:3"}, "words\n"},
        {{"eval:3", "print_by:w:a", "error:b", "abort"}, "ab\n"},
        {{"eval:3", "exit:3"}, ""},
    };
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run(rows[i].steps, "LIGHTSSS_INTERVAL=1h", &outcome);
        assert_string_equal(outcome.err, rows[i].err);
        assert_int_equal(run_lines(outcome.said), 4);
        run_discard(&outcome);
    }
}

static void check_unsearched(const char *one, const char *other, const char *words)
{
    const struct program program = {.arguments = LIST("eval:1", "print_many:700000", "eval:1"),
                                    .environment = LIST("LIGHTSSS_WAVE=off", one, other),
                                    .preload = true};
    struct outcome outcome;

    run_program(&program, &outcome);
    if (strstr(outcome.said, words) == NULL || run_lines(outcome.said) != 1)
        fail_msg("said:\n%s", outcome.said);
    assert_null(outcome.run);
    run_discard(&outcome);
}

/* More between two evals than can be searched. */
static void test_unsearched(void **state)
{
    (void)state;
    check_unsearched("LIGHTSSS_MATCH=FAILED", NULL,
                     " bytes of output were not searched for what LIGHTSSS_MATCH looks for: ");
    check_unsearched("LIGHTSSS_TRIGGER=FAILED", NULL,
                     " bytes of output were not searched for what LIGHTSSS_TRIGGER looks for: ");
    check_unsearched("LIGHTSSS_TRIGGER=FAILED", "LIGHTSSS_MATCH=ERROR",
                     " were not searched for what LIGHTSSS_MATCH or LIGHTSSS_TRIGGER looks for: ");
}

static void test_limit(void **state)
{
    struct outcome outcome;
    static const char *const limited[] = {"LIGHTSSS_WAVE=off", "LIGHTSSS_LIMIT=100ms", NULL};
    const struct program slow = {
        .arguments = LIST("pace:1000", "eval:400", "exit:3"), .environment = limited, .preload = true};
    const struct program hanging = {
        .arguments = LIST("eval:4", "if_copy:hang", "exit:3"), .environment = limited, .preload = true};
    unsigned long at;

    (void)state;
    run_program(&slow, &outcome);
    const char *why =
        strstr(outcome.report, "\"verdict\": \"incomplete\", \"why\": \"the replay was stopped at eval ");
    assert_non_null(why);
    assert_int_equal(sscanf(strstr(why, "eval "), "eval %lu of 400, at LIGHTSSS_LIMIT", &at), 1); /* NOLINT */
    assert_in_range(at, 1, 399);
    run_discard(&outcome);

    double start = run_clock();
    run_program(&hanging, &outcome);
    assert_true(run_clock() - start < 5);
    expect_in_report(&outcome, "the replay was stopped at eval 4 of 4, at LIGHTSSS_LIMIT");
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same),
        cmocka_unit_test(test_another_line),
        cmocka_unit_test(test_another_buffer),
        cmocka_unit_test(test_what_nobody_can_record),
        cmocka_unit_test(test_much),
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_child_in_our_memory),
        cmocka_unit_test(test_a_thread_that_prints),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_unsearched),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
