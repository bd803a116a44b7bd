/* SPDX-License-Identifier: MIT */
/* Lines are put together from parts, per descriptor, and the first that matches stays. The state of match.c
 * is that of a process: each test is a process of its own. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/match.h"

#define EXPRESSION "^(TEST )?FAILED|[0-9]+ errors$"

static void run_apart_for(const char *expression, void (*test)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    int status = -1;

    assert_true(pid >= 0);
    if (pid == 0) {
        if (match_init(expression) != 0)
            _exit(2);
        test();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void run_apart(void (*test)(void))
{
    run_apart_for(EXPRESSION, test);
}

/* In the child cmocka's asserts would not end it: this does. */
static void must(bool condition)
{
    if (!condition)
        _exit(1);
}

static void note(int fd, const char *text)
{
    must(match_note(fd, text, strlen(text)));
}

static bool is_found(const char *line)
{
    return match_line() != NULL && strcmp(match_line(), line) == 0;
}

static void parts(void)
{
    note(1, "all is well\nTEST ");
    match_search(false);
    note(2, "no error\n0 err");
    note(1, "FAI");
    match_search(false);
    must(match_line() == NULL);
    note(1, "LED: at 17\r\nmore\n");
    must(match_line() == NULL); /* noted, not searched */
    match_search(false);
    must(is_found("TEST FAILED: at 17"));
    note(2, "ors\n");
    match_search(true);
    must(is_found("TEST FAILED: at 17")); /* the first one stays */
}

static void the_last_line(void)
{
    note(2, "passed\n3 errors");
    match_search(false);
    must(match_line() == NULL); /* it may go on: "3 errors expected" */
    match_search(true);
    must(is_found("3 errors"));
}

/* Around lines that a search over many of them at once may take for something else. */
static void among_lines(void)
{
    note(1, "FAILED is no beginning here: it\r\n");
    must(match_line() == NULL);
    match_search(false);
    must(is_found("FAILED is no beginning here: it"));
}

static void a_line_of_many(void)
{
    for (int i = 0; i < 5000; i++) {
        note(1, "not FAILED\r\n");
        note(1, "7 errors expected\r\n\r\n");
    }
    match_search(false);
    must(match_line() == NULL);
    note(1, "\r\n12 errors\r\nnot FAILED\r\n");
    match_search(false);
    must(is_found("12 errors"));
}

static void other_words(void)
{
    note(1, "it FAILED\n3 errors expected\n\n\n");
    match_search(true);
    must(match_line() == NULL);
}

/* Around the end of the queue and beyond its size, with and without searching in time. */
static void much(void)
{
    static char chunk[1 << 20];

    memset(chunk, 'x', sizeof chunk);
    for (size_t i = 99; i < sizeof chunk; i += 100)
        chunk[i] = '\n';
    for (int i = 0; i < 11; i++) {
        must(match_note(1, chunk, sizeof chunk));
        match_search(false);
    }
    must(match_lost_bytes() == 0);
    note(1, "\nFAILED\n");
    match_search(false);
    must(is_found("FAILED"));
}

static void too_much(void)
{
    static char chunk[3 << 20];

    memset(chunk, '\n', sizeof chunk);
    must(!match_note(1, chunk, sizeof chunk)); /* search soon */
    match_note(1, chunk, sizeof chunk);
    must(match_lost_bytes() == sizeof chunk * 2 - ((size_t)4 << 20));
    match_search(false);
    note(1, "FAILED\n");
    match_search(false);
    must(is_found("FAILED"));
}

static void a_long_line(void)
{
    static char chunk[200000];

    memset(chunk, 'x', sizeof chunk);
    match_note(1, chunk, sizeof chunk);
    note(1, " 5 errors\n");
    match_search(false);
    must(match_line() != NULL);
}

/* A design may print any byte: what comes after it counts too. */
static void a_nul(void)
{
    must(match_note(1, "now \0 7 errors\n", 15));
    match_search(false);
    must(is_found("now   7 errors"));
}

static void lines_are_put_together_from_parts(void **state)
{
    (void)state;
    run_apart(parts);
    run_apart(a_nul);
    run_apart(among_lines);
    run_apart(a_line_of_many);
}

static void an_unfinished_line_counts_at_the_end(void **state)
{
    (void)state;
    run_apart(the_last_line);
}

static void anchored(void)
{
    note(1, "passed\nFAILED\npassed\n");
    match_search(false);
    must(is_found("FAILED"));
}

/* GNU's names for the beginning and the end of all that is searched mean a line, too. */
static void anchors_mean_a_line(void **state)
{
    (void)state;
    run_apart_for("\\`FAILED", anchored);
    run_apart_for("FAILED\\'", anchored);
    run_apart_for("^FAILED$", anchored);
    run_apart_for("^[^x]*D$", anchored);
}

static void other_words_do_not_match(void **state)
{
    (void)state;
    run_apart(other_words);
}

static void any_amount_of_output_is_searched(void **state)
{
    (void)state;
    run_apart(much);
    run_apart(a_long_line);
}

static void output_that_comes_too_fast_is_counted(void **state)
{
    (void)state;
    run_apart(too_much);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_put_together_from_parts),
        cmocka_unit_test(an_unfinished_line_counts_at_the_end),
        cmocka_unit_test(anchors_mean_a_line),
        cmocka_unit_test(other_words_do_not_match),
        cmocka_unit_test(any_amount_of_output_is_searched),
        cmocka_unit_test(output_that_comes_too_fast_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
