/* SPDX-License-Identifier: MIT */
/* Lines are put together from parts, per place. Of LIGHTSSS_MATCH the first that matches stays, of
 * LIGHTSSS_TRIGGER each is a hit at its eval. The state of match.c is that of a process: each test is a
 * process of its own. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/match.h"

#define EXPRESSION "^(TEST )?FAILED|[0-9]+ errors$"

static void run_apart_for_both(const char *match, const char *trigger, void (*test)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    int status = -1;

    assert_true(pid >= 0);
    if (pid == 0) {
        if (match_init(match, trigger, true) != 0)
            _exit(2);
        test();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void run_apart_for(const char *expression, void (*test)(void))
{
    run_apart_for_both(expression, NULL, test);
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
    match_note((unsigned)fd - 1, 0, text, strlen(text));
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
        match_note(0, 0, chunk, sizeof chunk);
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
    must(!match_note(0, 0, chunk, sizeof chunk)); /* search soon */
    match_note(0, 0, chunk, sizeof chunk);
    must(match_lost_bytes() == sizeof chunk * 2 - ((size_t)4 << 20) + 32); /* the heads of two records */
    match_search(false);
    note(1, "FAILED\n");
    match_search(false);
    must(is_found("FAILED"));
}

static void a_long_line(void)
{
    static char chunk[200000];

    memset(chunk, 'x', sizeof chunk);
    match_note(0, 0, chunk, sizeof chunk);
    note(1, " 5 errors\n");
    match_search(false);
    must(match_line() != NULL);
}

/* A design may print any byte: what comes after it counts too. */
static void a_nul(void)
{
    must(match_note(0, 0, "now \0 7 errors\n", 15));
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

/* --- LIGHTSSS_TRIGGER --- */

static void note_at(unsigned place, uint64_t eval, const char *text)
{
    match_note(place, eval, text, strlen(text));
}

static void expect_hit(uint64_t eval, const char *place, const char *line)
{
    struct match_hit hit;

    must(match_next_trigger(&hit));
    must(hit.eval == eval && strcmp(hit.place, place) == 0 && strcmp(hit.line, line) == 0);
}

static void expect_no_hit(void)
{
    struct match_hit hit;

    must(!match_next_trigger(&hit));
}

/* The eval of its last part; of a line that is not complete, at the end, too. */
static void evals(void)
{
    note_at(MATCH_STDOUT, 5, "first FAI");
    match_search(false);
    expect_no_hit();
    note_at(MATCH_STDOUT, 7, "LED\nwell\nse");
    note_at(MATCH_STDERR, 6, "FAILED there\r\n");
    note_at(MATCH_STDOUT, 8, "cond FAILED");
    note_at(MATCH_STDOUT, 9, "\n");
    note_at(MATCH_STDOUT, 9, "  third FAILED\r\nfourth FAILED");
    note_at(MATCH_STDOUT, 11, " is not done");
    match_search(false);
    expect_hit(6, "stderr", "FAILED there");
    expect_hit(7, "stdout", "first FAILED");
    expect_hit(9, "stdout", "second FAILED");
    expect_hit(9, "stdout", "third FAILED");
    expect_no_hit();
    match_search(true);
    expect_hit(11, "stdout", "fourth FAILED is not done");
    expect_no_hit();
    must(match_line() == NULL && match_triggers_lost() == 0);
}

/* The first one of the one, all of the other, in the same lines or not. */
static void both(void)
{
    note_at(MATCH_STDOUT, 1, "test 1 FAILED\n");
    note_at(MATCH_STDOUT, 2, "ERROR\ntest 2 FAILED: ERROR\n");
    match_search(false);
    must(is_found("ERROR"));
    note_at(MATCH_STDERR, 3, "ERROR\ntest 3 FAILED\n");
    match_search(false);
    must(is_found("ERROR") && strcmp(match_place(), "stdout") == 0 && match_is_printed());
    expect_hit(1, "stdout", "test 1 FAILED");
    expect_hit(2, "stdout", "test 2 FAILED: ERROR");
    expect_hit(3, "stderr", "test 3 FAILED");
    expect_no_hit();
    match_end_triggers();
    note_at(MATCH_STDOUT, 4, "test 4 FAILED\n");
    match_search(true);
    expect_no_hit();
}

/* A line per eval, and many in one block: each hit has its own. */
static void a_line_per_eval(void)
{
    char line[64];

    for (unsigned i = 1; i <= 20000; i++) {
        snprintf(line, sizeof line, i % 1000 == 0 ? "%u FAILED\r\n" : "cycle %u\r\n", i);
        note_at(MATCH_STDOUT, i, line);
    }
    match_search(false);
    for (unsigned i = 1000; i <= 20000; i += 1000) {
        snprintf(line, sizeof line, "%u FAILED", i);
        expect_hit(i, "stdout", line);
    }
    expect_no_hit();
}

/* As a UART does. */
static void a_byte_per_eval(void)
{
    const char text[] = "boot\npanic FAILED\nhalt\n";

    for (unsigned i = 0; i + 1 < sizeof text; i++) {
        must(match_note(MATCH_STDERR, i, text + i, 1));
        match_search(false);
    }
    expect_hit(17, "stderr", "panic FAILED");
    expect_no_hit();
}

static void more_than_wait(void)
{
    for (unsigned i = 0; i < 100; i++)
        note_at(MATCH_STDOUT, i, "FAILED\n");
    match_search(false);
    for (unsigned i = 0; i < 64; i++)
        expect_hit(i, "stdout", "FAILED");
    expect_no_hit();
    must(match_triggers_lost() == 36);
}

/* What is watched: a name each, as many as there can be, and free again when its lines were searched. */
static void watched(void)
{
    int uart = match_add("uart.log"), other = match_add("other.log");

    must(uart > (int)MATCH_STDERR && other > uart);
    note_at((unsigned)uart, 4, "FAI");
    note_at((unsigned)other, 5, "FAI");
    note_at((unsigned)uart, 6, "LED 1\n");
    note_at((unsigned)other, 7, "LED 2\n");
    must(!match_remove((unsigned)other));
    match_search(false);
    expect_hit(6, "uart.log", "FAILED 1");
    expect_hit(7, "other.log", "FAILED 2");
    must(is_found("FAILED 1") && strcmp(match_place(), "uart.log") == 0 && !match_is_printed());
    for (unsigned i = 2; i < MATCH_WATCHED_MAX; i++)
        must(match_add("one") >= 0);
    must(match_add("one too many") < 0);
    must(match_remove((unsigned)other) && match_add("new.log") == other);
    note_at((unsigned)other, 8, "FAILED 3\n");
    match_search(false);
    expect_hit(8, "new.log", "FAILED 3");
}

/* In a child of an original. */
static void begun_anew(void)
{
    int uart = match_add("uart.log");

    note_at((unsigned)uart, 4, "FAILED\nFAIL");
    match_begin();
    match_search(true);
    expect_no_hit();
    note_at((unsigned)uart, 1, "FAILED\n");
    match_search(false);
    expect_hit(1, "uart.log", "FAILED");
}

/* In a replay: what was found stays, and what threads go on to note reaches nobody. */
static void left(void)
{
    note_at(MATCH_STDERR, 4, "FAILED\n");
    match_search(true);
    pid_t pid = fork();
    if (pid == 0) {
        match_leave();
        must(!match_is_on && is_found("FAILED"));
        match_note(MATCH_STDOUT, 5, "FAILED too\n", 11);
        _exit(0);
    }
    int status = -1;
    must(waitpid(pid, &status, 0) == pid && status == 0);
    match_search(true);
    expect_hit(4, "stderr", "FAILED");
    expect_no_hit();
}

static void every_line_is_a_hit_at_its_eval(void **state)
{
    (void)state;
    run_apart_for_both(NULL, "FAILED", evals);
    run_apart_for_both(NULL, "FAILED", a_line_per_eval);
    run_apart_for_both(NULL, "FAILED$", a_byte_per_eval);
    run_apart_for_both("^none$", "FAILED\\'", a_line_per_eval);
    run_apart_for_both("ERROR", "FAILED", both);
}

static void hits_beyond_those_that_wait_are_counted(void **state)
{
    (void)state;
    run_apart_for_both(NULL, "FAILED", more_than_wait);
}

static void what_is_watched_is_searched(void **state)
{
    (void)state;
    run_apart_for_both("FAILED", "FAILED", watched);
    run_apart_for_both(NULL, "FAILED", begun_anew);
}

static void a_replay_notes_nothing(void **state)
{
    (void)state;
    run_apart_for_both("FAILED", "FAILED", left);
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
        cmocka_unit_test(every_line_is_a_hit_at_its_eval),
        cmocka_unit_test(hits_beyond_those_that_wait_are_counted),
        cmocka_unit_test(what_is_watched_is_searched),
        cmocka_unit_test(a_replay_notes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
