/* SPDX-License-Identifier: MIT */
/* What the original read from what cannot be rewound, its replay reads again: the same bytes, after the same
 * number of tries, at the same evals. What the fake simulator is given it says, and the replay must print the
 * same. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define ONCE LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1000000evals")
/* Snapshots before evals 1, 3, 5, ...: the oldest of three is in the middle of what is read. */
#define MANY LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=2evals", "LIGHTSSS_SLOTS=3")

/* The end of what the original printed: all of it where the only snapshot came first. */
static void expect_same_output(const struct outcome *outcome, bool all)
{
    const char *replay = outcome->replay_out != NULL ? outcome->replay_out : "";
    size_t length = strlen(outcome->out), replayed = strlen(replay);

    if (replayed > length || replayed == 0 || (all && replayed != length) ||
        strcmp(outcome->out + length - replayed, replay) != 0)
        fail_msg("the original printed\n%s\nand the replay\n%s", outcome->out, replay);
}

static void check(const struct program *program, bool all)
{
    struct program with = *program;
    struct outcome outcome;

    with.preload = true;
    run_program(&with, &outcome);
    expect_exit(&outcome, 3);
    expect_reproduced(&outcome);
    expect_same_output(&outcome, all);
    run_discard(&outcome);
}

/* --- stdin --- */

/* The simulator's stdin is what the producer prints. */
static void check_stdin(const char *producer, const char *steps)
{
    char command[4096];

    snprintf(command, sizeof command, "{ %s; } | %s %s exit:3", producer, run_test_program("fake_simulator"),
             steps);
    print_message("%s\n", steps);
    const struct program once = {.path = "sh", .arguments = LIST("-c", command), .environment = ONCE};
    check(&once, true);
    const struct program many = {.path = "sh", .arguments = LIST("-c", command), .environment = MANY};
    check(&many, false);
}

static void test_stdin(void **state)
{
    static const char *const lines = "for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.01; done";

    (void)state;
    check_stdin(lines, "eval:1 read:3 eval:3 read:4 eval:3 read eval:3 read:2 eval:1 read:1");
    check_stdin(lines, "eval:1 readv:5 eval:5 readv:7 eval:3 readv:9 eval:2 read:2");
    check_stdin(lines, "eval:1 getchar:3 eval:7 getchar:5 eval:3 getchar:9");
    check_stdin(lines, "eval:1 fgets eval:7 fgets eval:3 fgets eval:1 fgets eval:3 fgets");
    check_stdin(lines, "eval:1 fread:10 eval:7 fread:10 eval:3 fread:5");
    check_stdin(lines, "eval:1 getline eval:7 getline eval:3 getline eval:1 getline");
    check_stdin("printf abc", "eval:1 read:2 eval:4 read:2 eval:2 read:2 eval:1 read:2");
    check_stdin("printf abc", "eval:1 getchar:2 eval:4 getchar:4");
}

/* Read before the first snapshot, and in part: the rest is in stdio's buffer, which is memory. */
static void test_stdin_from_before(void **state)
{
    char command[4096];

    (void)state;
    snprintf(command, sizeof command,
             "{ printf abcdefgh; sleep 0.2; printf ijkl; } | %s getchar:3 eval:5 getchar:9 eval:1 exit:3",
             run_test_program("fake_simulator"));
    const struct program program = {.path = "sh", .arguments = LIST("-c", command), .environment = ONCE};
    check(&program, false);
}

/* --- other sources --- */

static const char *const sources[][COMPARE_STEPS_MAX] = {
    {"pipe", "fork:sleep:20+far_write:hello+await:more+far_write:you", "eval:1", "read:3", "eval:4", "read",
     "eval:2", "touch:more", "read", "eval:2"},
    {"pair", "fork:sleep:20+far_write:hello+await:more+far_write:you", "eval:1", "recv:3", "eval:4",
     "recvmsg:5", "eval:2", "touch:more", "readv:3", "eval:2"},
    {"pair:packets", "fork:sleep:20+far_write:hello+await:more+far_write:you", "eval:1", "recvfrom:3",
     "eval:4", "touch:more", "recvmsg:1", "eval:3"},
    {"fifo:f", "fork:open_write:f+far_write:hello", "eval:1", "open_read:f", "eval:4", "read:2", "eval:3",
     "fgets", "eval:1"},
    {"listen", "fork:far_connect+far_write:hello+await:done", "eval:1", "accept", "eval:4", "recv:3",
     "eval:3", "send:back", "read:2", "touch:done", "eval:2"},
    {"listen", "fork:far_accept+far_write:hello+await:done", "eval:1", "connect", "eval:4", "recv:3",
     "eval:3", "send:back", "read:2", "touch:done", "eval:2"},
    {"pair", "eval:1", "write:text", "eval:4", "write:more", "eval:2"},
    {"eval:1", "random:/dev/urandom", "eval:4", "random:/dev/urandom", "eval:2", "random:/dev/random",
     "eval:2"},
    {"eval:1", "random:/proc/uptime", "eval:4", "random:/proc/uptime", "random:/proc/self/stat", "eval:2"},
    {"eventfd:7", "eval:1", "count", "eval:3", "far_count:5", "count", "eval:3"},
    {"timer:5", "eval:1", "count", "eval:3", "sleep:20", "count", "eval:3"},
    {"eval:1", "timer:5", "sleep:20", "count", "eval:3"},
    {"eval:1", "pipe", "far_write:text", "read", "eval:3", "far_write:more", "read:2", "eval:3", "read:2"},
    {"eval:1", "listen", "eval:2"},
};

static void test_sources(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const char *steps[COMPARE_STEPS_MAX + 1] = {NULL};
        int count = 0;

        for (; sources[i][count] != NULL; count++)
            print_message("%s ", steps[count] = sources[i][count]);
        print_message("\n");
        steps[count] = "exit:3";
        const struct program once = {.arguments = steps, .environment = ONCE};
        check(&once, strcmp(steps[0], "listen") != 0);
        const struct program many = {.arguments = steps, .environment = MANY};
        check(&many, false);
    }
}

/* --- a testbench that looks at every cycle --- */

static void test_polling(void **state)
{
    static const char *const ways[] = {"poll",  "ppoll", "select", "pselect",
                                       "epoll", "ioctl", "peek",   "read"};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char until[32];

        print_message("%s\n", ways[i]);
        snprintf(until, sizeof until, "until:%s", ways[i]);
        const char *const steps[] = {
            "pair",   "nonblock",   "fork:sleep:30+far_write:hello+await:more+sleep:30+far_write:you",
            "eval:1", until,        "read:4",
            "read",   "touch:more", "eval:1",
            until,    "read:100",   "exit:3",
            NULL};
        const struct program once = {.arguments = steps, .environment = ONCE};
        check(&once, true);
        const struct program many = {
            .arguments = steps,
            .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=5ms", "LIGHTSSS_SLOTS=2")};
        check(&many, false);
    }
}

/* --- threads --- */

/* The thread is inside the call when the snapshot is taken: in the replay it comes out of it with what its
 * original got. */
static void check_blocked(const char *source, const char *call)
{
    char thread[64];

    print_message("%s %s\n", source, call);
    snprintf(thread, sizeof thread, "thread:%s", call);
    const struct program program = {.arguments = LIST(source, "fork:await:go+sleep:20+far_write:hello",
                                                      "thread:sleep:1", "join", thread, "sleep:50", "eval:5",
                                                      "touch:go", "join", "eval:3", "exit:3"),
                                    .environment = ONCE};
    check(&program, true);
}

static void test_blocked_threads(void **state)
{
    (void)state;
    check_blocked("pipe", "read:3+read:2");
    check_blocked("pipe", "readv:3+read:2");
    check_blocked("pair", "recvmsg:3");
    check_blocked("pair", "recvfrom:3");
}

/* A thread that waits gets its input where the simulation had come to: the main thread, which looks for it
 * after every eval, sees it after the same one or its neighbour. */
static void test_thread_gets_input_at_its_eval(void **state)
{
    const struct program program = {.arguments = LIST("pipe", "fork:sleep:100+far_write:hello", "pace:100",
                                                      "eval:1", "thread:flagged:read:5", "until:flag",
                                                      "eval:500", "join", "exit:3"),
                                    .environment = ONCE,
                                    .preload = true};
    struct outcome outcome;
    unsigned long original, replay;

    (void)state;
    run_program(&program, &outcome);
    assert_non_null(outcome.replay_out);
    const char *first = strstr(outcome.out, "flag: "), *second = strstr(outcome.replay_out, "flag: ");
    if (first == NULL || second == NULL) {
        fail_msg("the replay printed\n%s\n%s", outcome.replay_out, outcome.report);
        return;
    }
    original = strtoul(first + strlen("flag: "), NULL, 10);
    replay = strtoul(second + strlen("flag: "), NULL, 10);
    if (original < 20 || replay + 5 < original || replay > original + 400)
        fail_msg("the flag was seen after %lu evals, in the replay after %lu", original, replay);
    assert_non_null(strstr(outcome.replay_out, "read 5: hello"));
    run_discard(&outcome);
}

/* A thread that was cancelled while it waited is cancelled there again; one that was interrupted by a signal
 * is told so again. */
static void test_cancelled_and_interrupted(void **state)
{
    const struct program cancelled = {.arguments = LIST("pipe", "worker", "eval:5", "tell:read:3", "sleep:20",
                                                        "eval:3", "worker_cancel", "eval:3", "exit:3"),
                                      .environment = ONCE};
    const struct program interrupted = {
        .arguments = LIST("pipe", "eval:1", "interrupt:20", "read:3", "eval:3", "exit:3"),
        .environment = ONCE};

    (void)state;
    check(&cancelled, true);
    check(&interrupted, true);
}

/* --- where the replay cannot be fed --- */

static void check_verdict(const struct program *program, const char *verdict, const char *why)
{
    struct outcome outcome;

    run_program(program, &outcome);
    expect_exit(&outcome, 3);
    expect_in_report(&outcome, verdict);
    expect_in_report(&outcome, why);
    run_discard(&outcome);
}

static void test_asking_for_more(void **state)
{
    const struct program program = {.arguments = LIST("pipe", "far_write:hello", "eval:1", "read:2", "eval:3",
                                                      "if_copy:read:2", "exit:3"),
                                    .environment = ONCE,
                                    .preload = true};

    (void)state;
    check_verdict(&program, "\"verdict\": \"diverged\"",
                  "\"why\": \"read asked for more input than the original was given\"");
}

/* More than the log holds: it runs on as without the library. The first snapshot is told where its input
 * ends; one that was taken later has all that it needs. */
static void check_overflow(const char *interval, const char *verdict, const char *why)
{
    char command[4096];

    snprintf(command, sizeof command,
             "head -c 80000000 /dev/zero | tr '\\0' x | %s eval:1 gulp:1000000 eval:1 gulp:69000000 eval:20 "
             "gulp:1000000 eval:3 exit:3",
             run_test_program("fake_simulator"));
    const struct program program = {.path = "sh",
                                    .arguments = LIST("-c", command),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_SLOTS=2", interval),
                                    .preload = true};

    check_verdict(&program, verdict, why);
}

static void test_overflow(void **state)
{
    (void)state;
    check_overflow("LIGHTSSS_INTERVAL=1000000evals", "\"verdict\": \"incomplete\"",
                   "there was no room for the input from eval 2 on (read)");
    check_overflow("LIGHTSSS_INTERVAL=3evals", "\"verdict\": \"reproduced\"", "\"eval\": 25");
}

/* The tape is in memory that is shared: what its parent was given must not go where a child has none. */
static void test_child_without(void **state)
{
    (void)state;
    check_stdin("yes text | head -c 100000", "eval:1 gulp:99000 eval:1 fork:no_tape+eval:9 wait eval:3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stdin),
        cmocka_unit_test(test_stdin_from_before),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_polling),
        cmocka_unit_test(test_blocked_threads),
        cmocka_unit_test(test_thread_gets_input_at_its_eval),
        cmocka_unit_test(test_cancelled_and_interrupted),
        cmocka_unit_test(test_asking_for_more),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_child_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
