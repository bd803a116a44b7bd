/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_WATCH: a line of a file or a terminal makes the end a failure, by whatever way it was written and
 * however it was opened; other files, and children, do not; and nothing else becomes different. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *watch;
    const char *place; /* NULL: nothing is found */
    const char *steps[10];
};

static void check(const struct row *row, const char *match)
{
    char watch[200], expression[200], part[200];
    const struct program program = {.arguments = row->steps,
                                    .environment = LIST("LIGHTSSS_WAVE=off", watch, expression)};
    struct outcome outcome;

    snprintf(watch, sizeof watch, "LIGHTSSS_WATCH=%s", row->watch);
    snprintf(expression, sizeof expression, "LIGHTSSS_MATCH=%s", match);
    compare_runs(&program, &outcome);
    if (row->place == NULL && (outcome.run != NULL || *outcome.said != '\0'))
        fail_msg("%s: %s, %s is no failure, but there are a run directory or lines:\n%s", row->watch,
                 row->steps[0], row->steps[1], outcome.said);
    if (row->place != NULL && outcome.report == NULL)
        fail_msg("%s: %s, %s: there is no report; said:\n%s", row->watch, row->steps[0], row->steps[1],
                 outcome.said);
    if (row->place != NULL) {
        snprintf(part, sizeof part, "\"match\": \"TEST FAILED\", \"match_in\": \"%s\"", row->place);
        expect_in_report(&outcome, part);
        snprintf(part, sizeof part, "lightsss: it wrote what LIGHTSSS_MATCH looks for to %s: TEST FAILED\n",
                 row->place);
        if (strstr(outcome.said, part) == NULL)
            fail_msg("%s: said:\n%s", row->steps[0], outcome.said);
        expect_reproduced(&outcome);
    }
    run_discard(&outcome);
}

static void check_all(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&rows[i], "^TEST FAILED$");
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void test_ways_of_writing(void **state)
{
    static const char *const ways[] = {"w", "p", "d", "c", "b", "v", "q", "r"};
    char line[100];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        snprintf(line, sizeof line, "uart_line:0:%s:TEST FAILED", ways[i]);
        check(&(struct row){"uart.log", "uart.log", {"eval:2", "open:0:wc:uart.log", line, "eval:1"}},
              "^TEST FAILED$");
        check(&(struct row){"uart.log", "uart.log", {"open:0:wc:uart.log", "eval:2", line, "eval:1"}},
              "^TEST FAILED$");
    }
}

static void test_ways_of_opening(void **state)
{
    static const struct row rows[] = {
        {"uart*", "uart0.log", {"uart_log:w:uart0.log", "eval:3", "uart_log_line:TEST FAILED"}},
        {"uart*", "uart0.log", {"eval:3", "uart_log:we:uart0.log", "uart_log_line:TEST FAILED", "exit:0"}},
        {"uart*",
         "uart1.log",
         {"eval:3", "uart_log:w:x", "uart_log_line:TEST FAILED", "uart_log:w:uart1.log",
          "uart_log_line:TEST FAILED"}},
        {"uart.log",
         "uart.log",
         {"eval:1", "uart_log_part:uart.log:TEST ", "eval:2", "uart_log_part:uart.log:FAILED\n", "eval:1"}},
        {"uart.log",
         "uart.log",
         {"eval:1", "open:0:wc:uart.log", "open:1:wa:uart.log", "fd_write:0:TEST ", "eval:1",
          "uart_line:1:w:FAILED"}},
        {"logs/uart.log", NULL, {"eval:1", "uart_log:w:uart.log", "uart_log_line:TEST FAILED"}},
        {"uart.log",
         "uart.log",
         {"mkdir:logs", "eval:1", "uart_log_below:logs:uart.log:TEST FAILED", "eval:1"}},
        {"real.log",
         "real.log",
         {"symlink:real.log,link.log", "eval:1", "uart_log_part:link.log:TEST FAILED\n"}},
        {"link.log",
         "link.log",
         {"symlink:real.log,link.log", "eval:1", "uart_log_part:link.log:TEST FAILED\n"}},
        {"link.log",
         "link.log",
         {"symlink:real.log,link.log", "eval:1", "uart_log_part:real.log:TEST FAILED\n"}},
        {"uart.log",
         "uart.log",
         {"uart_log:w:uart.log", "eval:1", "if_original:unlink:uart.log", "uart_log_line:TEST FAILED"}},
        {"none:uart.log:*.txt", "uart.log", {"eval:1", "uart_log_part:uart.log:TEST FAILED\r\n", "eval:1"}},
    };

    (void)state;
    check_all(rows, COUNT_OF(rows));
}

static void test_terminals(void **state)
{
    static const struct row rows[] = {
        {"uart0",
         "uart0",
         {"uart_pty:0:m:uart0", "eval:2", "uart_line:0:w:TEST FAILED", "if_original:unlink:uart0", "eval:1"}},
        {"uart0",
         "uart0",
         {"uart_pty:0:s:uart0", "eval:2", "uart_line:0:b:TEST FAILED", "if_original:unlink:uart0", "eval:1"}},
        {"uart0",
         "uart0",
         {"uart_pty:0:m:uart0", "eval:2", "uart_line:0:d:TEST FAILED", "if_original:unlink:uart0", "eval:1"}},
        {"uart0",
         "uart0",
         {"uart_pty:0:s:uart0", "eval:2", "uart_line:0:c:TEST FAILED", "if_original:unlink:uart0", "eval:1"}},
        {"uart1",
         NULL,
         {"uart_pty:0:m:uart0", "eval:2", "uart_line:0:w:TEST FAILED", "if_original:unlink:uart0", "eval:1"}},
        {"uart1",
         "uart1",
         {"uart_pty:0:m:uart0", "uart_pty:1:m:uart1", "eval:2", "uart_line:0:w:TEST", "fd_write:0:TEST ",
          "uart_line:1:w:TEST FAILED", "if_original:unlink:uart0", "if_original:unlink:uart1", "eval:1"}},
    };

    (void)state;
    check_all(rows, COUNT_OF(rows));
}

/* By their own names, which nobody knows before; opened behind the snapshot, as a UART's model does it. */
static void test_pts(void **state)
{
    static const char *const sides[] = {"uart_pty:0:m:", "uart_pty:0:s:"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        const struct program program = {
            .arguments = LIST("eval:1", sides[i], "uart_pty_set:0", "uart_line:0:w:TEST FAILED", "eval:1"),
            .environment =
                LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_WATCH=/dev/pts/*", "LIGHTSSS_MATCH=TEST FAILED"),
        };
        struct outcome outcome;

        compare_runs(&program, &outcome);
        expect_in_report(&outcome, "\"match\": \"TEST FAILED\", \"match_in\": \"/dev/pts/");
        expect_reproduced(&outcome);
        assert_null(strstr(outcome.report, "was refused"));
        run_discard(&outcome);
    }
}

static void test_fifo(void **state)
{
    static const struct row row = {"uart.fifo",
                                   "uart.fifo",
                                   {"fifo:uart.fifo", "open:0:m:uart.fifo", "eval:2",
                                    "uart_line:0:w:TEST FAILED", "if_original:unlink:uart.fifo", "eval:1"}};

    (void)state;
    check(&row, "TEST FAILED");
}

static void test_what_is_not_watched(void **state)
{
    static const struct row rows[] = {
        {"uart.log", NULL, {"eval:2", "uart_log_part:other.log:TEST FAILED\n", "eval:1"}},
        {"uart.log", NULL, {"uart_log_part:uart.log:TEST FAILED\n", "eval:1"}},
        {"uart.log", NULL, {"eval:2", "fork:uart_log_part:uart.log:TEST FAILED\n", "wait", "eval:1"}},
        {"uart.log", NULL, {"eval:2", "spawn:echo TEST FAILED >uart.log", "eval:1"}},
        {"uart.log",
         NULL,
         {"eval:2", "open:0:wc:uart.log", "uart_line:0:w:boot", "close_slot:0", "open:1:wc:other.log",
          "uart_line:1:w:TEST FAILED", "eval:1"}},
        {"uart.log",
         NULL,
         {"eval:2", "uart_log:w:uart.log", "uart_log_line:boot", "uart_log:w:other.log",
          "uart_log_line:TEST FAILED", "eval:1"}},
        {"*", NULL, {"eval:2", "pair", "far_write:TEST FAILED", "read:20", "eval:1"}},
    };

    (void)state;
    check_all(rows, COUNT_OF(rows));
}

static void run_logs(const char *step, struct outcome *outcome)
{
    const struct program program = {.arguments = LIST("eval:1", step, "eval:1", "say:TEST FAILED"),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1evals",
                                                        "LIGHTSSS_WATCH=uart*.log",
                                                        "LIGHTSSS_MATCH=^uart9|TEST FAILED")};

    compare_runs(&program, outcome);
}

/* More at once than there is room for: one line. One after the other any number. */
static void test_many(void **state)
{
    struct outcome outcome;

    (void)state;
    run_logs("uart_logs:20", &outcome);
    expect_in_report(&outcome, "\"match\": \"uart9.log booted\", \"match_in\": \"uart9.log\"");
    expect_said(&outcome, LIST("what is written to uart16.log is not searched: LIGHTSSS_WATCH takes 16 ",
                               "fake_simulator (pid", "it wrote what LIGHTSSS_MATCH looks for to uart9.log: ",
                               "the oldest checkpoint", "replay reproduced", "no waveform"));
    run_discard(&outcome);
    run_logs("uart_logs_in_turn:40", &outcome);
    expect_in_report(&outcome, "\"match\": \"TEST FAILED\", \"match_in\": \"stdout\"");
    assert_null(strstr(outcome.said, "LIGHTSSS_WATCH"));
    run_discard(&outcome);
}

/* Killed between the line and the next look: a copy searches. */
static void test_killed(void **state)
{
    const struct program program = {
        .arguments = LIST("eval:3", "uart_log_part:uart.log:TEST FAILED\n", "raise:KILL"),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_ON=exit", "LIGHTSSS_WATCH=uart.log",
                            "LIGHTSSS_MATCH=TEST FAILED"),
        .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_in_report(&outcome, "\"match\": \"TEST FAILED\", \"match_in\": \"uart.log\"");
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_of_writing),
        cmocka_unit_test(test_ways_of_opening),
        cmocka_unit_test(test_terminals),
        cmocka_unit_test(test_pts),
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_what_is_not_watched),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
