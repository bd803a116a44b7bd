/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_AGES: what is parked at the failure, by the report, and which of it replays; what goes where
 * memory is short, where the input since was too much to be kept, and where points wait for it in vain. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARKED_MAX 64
#define INTERVAL   10 /* evals */

struct parked {
    unsigned long number, eval, age_evals;
    double age_s;
};

static struct parked parked[PARKED_MAX];
static int parked_count;

static const char *behind(const char *text, const char *key)
{
    const char *found = text != NULL ? strstr(text, key) : NULL;

    return found != NULL ? found + strlen(key) : NULL;
}

/* The list in the report, oldest first. */
static void read_parked(const struct outcome *outcome)
{
    const char *at = behind(outcome->report, "\"snapshots\": ["), *end = at != NULL ? strchr(at, ']') : NULL;

    parked_count = 0;
    while (end != NULL && (at = behind(at, "{ \"number\": ")) != NULL && at < end) {
        struct parked *snapshot = &parked[parked_count++];

        assert_true(parked_count <= PARKED_MAX);
        snapshot->number = strtoul(at, NULL, 10);
        snapshot->eval = strtoul(behind(at, "\"eval\": "), NULL, 10);
        snapshot->age_evals = strtoul(behind(at, "\"age_evals\": "), NULL, 10);
        snapshot->age_s = strtod(behind(at, "\"age_s\": "), NULL);
    }
    if (parked_count == 0)
        fail_msg("no snapshots in the report:\n%s\n%s", outcome->said, outcome->report);
}

static bool has_number(unsigned long number)
{
    for (int i = 0; i < parked_count; i++)
        if (parked[i].number == number)
            return true;
    return false;
}

/* The youngest that is at least so old; NULL: there is none. */
static const struct parked *youngest(unsigned long evals, double seconds)
{
    for (int i = parked_count - 1; i >= 0; i--)
        if (parked[i].age_evals >= evals && parked[i].age_s >= seconds)
            return &parked[i];
    return NULL;
}

static void expect_woken(const struct outcome *outcome, const struct parked *snapshot)
{
    char part[64];

    assert_non_null(snapshot);
    snprintf(part, sizeof part, "\"snapshot\": { \"number\": %lu, ", snapshot->number);
    expect_in_report(outcome, part);
    expect_reproduced(outcome);
}

/* --- by evals: all of it is known --- */

#define LADDER "LIGHTSSS_AGES=50evals,200evals,first"

/* At eval 1004; a snapshot was taken behind each tenth. */
static void expect_ladder(const struct outcome *outcome)
{
    read_parked(outcome);
    if (parked_count > 2 + 2 * 2 + 1)
        fail_msg("%d snapshots:\n%s", parked_count, outcome->report);
    assert_int_equal(parked[0].number, 1);
    assert_int_equal(parked[parked_count - 2].number, 100);
    assert_int_equal(parked[parked_count - 1].number, 101);
    for (int i = 0; i < parked_count; i++) {
        assert_int_equal(parked[i].eval, INTERVAL * (parked[i].number - 1));
        assert_int_equal(parked[i].age_evals, 1004 - parked[i].eval);
    }
    assert_true(youngest(50, 0)->age_evals <= 100);
    assert_true(youngest(200, 0)->age_evals <= 400);
}

static void check_back(const char *back, unsigned long evals, bool is_killed)
{
    const struct program program = {
        .arguments = LIST("eval:1004", "touch:ready", "await:go", "exit:3"),
        .environment =
            LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", LADDER, back, "LIGHTSSS_WINDOW=190evals"),
        .preload = true,
    };
    struct running running;
    struct outcome outcome;

    run_start(&running, &program);
    run_await_file(&running, "ready");
    if (is_killed)
        kill(running.pid, SIGKILL);
    else
        run_touch(&running, "go");
    run_wait(&running, &outcome);
    if (is_killed)
        expect_signal(&outcome, SIGKILL);
    else
        expect_exit(&outcome, 3);
    expect_ladder(&outcome);
    expect_woken(&outcome, evals != 0 ? youngest(evals, 0) : &parked[0]);
    run_discard(&outcome);
}

static void test_back(void **state)
{
    (void)state;
    for (int is_killed = 0; is_killed < 2; is_killed++) {
        check_back("LIGHTSSS_BACK=oldest", 0, is_killed);
        check_back("LIGHTSSS_BACK=window", 190, is_killed);
        check_back("LIGHTSSS_BACK=50evals", 50, is_killed);
        check_back("LIGHTSSS_BACK=200evals", 200, is_killed);
    }
}

/* --- by time --- */

/* How old they are exactly depends on how busy the machine is; unit tests know more. */
static void test_by_time(void **state)
{
    const struct program program = {
        .arguments = LIST("pace:1000", "eval:1200", "exit:3"),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=20ms", "LIGHTSSS_AGES=100ms,500ms",
                            "LIGHTSSS_BACK=500ms"),
        .preload = true,
    };
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    read_parked(&outcome);
    assert_true(parked_count <= 2 + 2 * 2);
    assert_int_equal(parked[parked_count - 1].number, parked[parked_count - 2].number + 1);
    assert_non_null(youngest(0, 0.5));
    assert_true(youngest(0, 0.1)->number >= youngest(0, 0.5)->number);
    expect_woken(&outcome, youngest(0, 0.5));
    run_discard(&outcome);
}

/* --- memory --- */

/* Each snapshot holds ten megabytes more with each of the next, forty at most. The newest two stay, and what
 * is past the limit may stay until the next measuring. */
static int count_with(const char *memory)
{
    const struct program program = {
        .arguments = LIST("grow:40", "churn:10", "return:5"),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_AGES=100evals,first",
                            "LIGHTSSS_LOG=debug", memory),
        .preload = true,
    };
    struct outcome outcome;

    run_program(&program, &outcome);
    expect_exit(&outcome, 5);
    read_parked(&outcome);
    if (parked_count < 2 || parked[parked_count - 1].number != 40 || parked[parked_count - 2].number != 39)
        fail_msg("%s: not the newest are parked:\n%s\n%s", memory, outcome.said, outcome.report);
    bool is_past = strstr(outcome.said, "is given up: snapshots hold more than LIGHTSSS_MEMORY") != NULL;
    assert_true(is_past == !has_number(1));
    expect_woken(&outcome, &parked[0]);
    run_discard(&outcome);
    return parked_count;
}

static void test_memory(void **state)
{
    (void)state;
    int whole = count_with("LIGHTSSS_MEMORY=100%");
    assert_true(has_number(1) && youngest(100, 0)->age_evals <= 200);
    int shorter = count_with("LIGHTSSS_MEMORY=75M");
    int hardly = count_with("LIGHTSSS_MEMORY=22M");
    if (whole < 4 || shorter >= whole || shorter < 3 || hardly > 3)
        fail_msg("%d, %d and %d snapshots are parked", whole, shorter, hardly);
}

/* --- input --- */

/* Reads stdin by those steps, and is to be replayed whole. Where a snapshot was given up, it was snapshot 1.
 */
static void check_input(const char *steps, const char *given_up)
{
    static char command[32768];

    snprintf(command, sizeof command, "head -c 200000000 /dev/zero | tr '\\0' x | %s %s exit:3",
             run_test_program("fake_simulator"), steps);
    const struct program program = {
        .path = "sh",
        .arguments = LIST("-c", command),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_AGES=first",
                            "LIGHTSSS_LOG=debug"),
        .preload = true,
    };
    struct outcome outcome;

    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    read_parked(&outcome);
    assert_true(has_number(1) == (given_up == NULL));
    if (given_up != NULL && strstr(outcome.said, given_up) == NULL)
        fail_msg("not said: %s\n%s", given_up, outcome.said);
    expect_woken(&outcome, &parked[0]);
    run_discard(&outcome);
}

/* The first goes in time, and no input is lost. */
static void test_much_input(void **state)
{
    (void)state;
    check_input(
        "eval:1 gulp:16000000 eval:10 gulp:16000000 eval:10 gulp:16000000 eval:10 gulp:16000000 eval:10 "
        "gulp:16000000 eval:10",
        "snapshot 1 is given up: the input since takes up half of what can be kept");
}

/* More than can be kept, from one snapshot to the next: those before it would not come to the failure. */
static void test_lost_input(void **state)
{
    (void)state;
    check_input("eval:1 gulp:1000000 eval:13 gulp:80000000 eval:20 gulp:1000000 eval:13",
                "snapshot 1 is given up: some of the input since was not kept");
}

/* Where its input begins is known of the first however many have come after it. */
static void test_many(void **state)
{
    static char steps[16384];
    size_t length = 0;

    (void)state;
    for (unsigned i = 0; i < 300; i++)
        length += (size_t)snprintf(steps + length, sizeof steps - length, "gulp:10000 eval:10 ");
    check_input(steps, NULL);
}

/* With all places for the newest snapshots, none is left for those of points that wait: a line for the first
 * point, one for the others, however many. */
static void test_lost_points(void **state)
{
    struct outcome outcome;
    const struct program program = {
        .arguments = LIST("eval:1000", "exit:0"),
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_SLOTS=64",
                            "LIGHTSSS_AT=15evals,25evals,35evals", "LIGHTSSS_AFTER=900evals"),
        .preload = true,
    };

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 0);
    expect_said(&outcome, LIST("no waveform up to eval 15: there is no snapshot before it any more",
                               "2 more waveforms that were wanted are not made: no snapshot before that"));
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back),        cmocka_unit_test(test_by_time),    cmocka_unit_test(test_memory),
        cmocka_unit_test(test_much_input),  cmocka_unit_test(test_lost_input), cmocka_unit_test(test_many),
        cmocka_unit_test(test_lost_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
