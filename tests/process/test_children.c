/* SPDX-License-Identifier: MIT */
/* Snapshots are processes, but the simulator's wait(), SIGCHLD, pipes and children do not notice. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define MANY(status, at)                                                                                     \
    {                                                                                                        \
        .kind = "exit", .code = (status), .eval = (at), .many = true                                         \
    }
#define CHILD(status, at, evals)                                                                             \
    {                                                                                                        \
        .kind = "exit", .code = (status), .eval = (at), .before = (evals), .many = true                      \
    }
#define MANY_CLEAN                                                                                           \
    {                                                                                                        \
        .kind = NULL, .many = true                                                                           \
    }

/* clang-format off */
static const struct compare_case cases[] = {
    /* waiting for whoever ends */
    {{"eval:9", "nobody"}, MANY_CLEAN},
    {{"eval:9", "nobody", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "fork:exit:3", "fork:abort", "fork:segv", "fork:raise:TERM", "wait", "nobody", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "fork:exit:3", "wait_any", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "fork:exit:3", "eval:9", "wait_any"}, MANY_CLEAN},
    {{"eval:9", "child_by_descriptor:3"}, MANY_CLEAN},
    {{"count_sigchld", "eval:9", "say_sigchld", "fork:exit:3", "wait", "eval:9", "say_sigchld"}, MANY_CLEAN},
    {{"count_sigchld", "eval:9", "fork:exit:3", "wait", "say_sigchld", "exit:1"}, MANY(1, 9)},
    {{"signal:CHLD:ignore", "eval:9", "fork:exit:3", "wait_any"}, MANY_CLEAN},

    /* asking /proc */
    {{"eval:9", "children", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "fork:sleep:300", "fork:sleep:300", "children", "wait", "children", "eval:9", "children"}, MANY_CLEAN},
    {{"worker", "eval:9", "work:children", "fork:sleep:300", "children", "work:children", "wait"}, MANY_CLEAN},

    /* children that simulate are originals of their own, and count their own evals */
    {{"eval:9", "fork:eval:7+exit:3", "wait", "eval:9"}, CHILD(3, 7, 9)},
    {{"eval:9", "fork:eval:7+abort", "wait", "eval:9"},
     {.kind = "abort", .code = SIGABRT, .eval = 7, .before = 9, .many = true}},
    {{"eval:9", "fork:eval:7+exit:0", "wait", "eval:9", "exit:1"}, MANY(1, 18)},
    {{"eval:9", "fork:eval:7+fork:eval:5+wait", "wait", "eval:9"}, MANY_CLEAN},
    {{"eval:9", "fork:eval:7+nobody+eval:7+children", "wait", "nobody"}, MANY_CLEAN},
    {{"eval:9", "fork:eval:7+exec:exit:3", "wait"}, MANY_CLEAN},

    /* and those that end without */
    {{"eval:9", "fork:exit:3", "fork:abort", "wait", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "fork:worker+work:exit:3", "wait", "exit:1"}, MANY(1, 9)},
    {{"fork:eval:9+exit:0", "wait", "eval:9"}, MANY_CLEAN},
    {{"eval:2", "fork:sleep:100", "exit:1"}, MANY(1, 2)},
    {{"fork:sleep:100", "eval:9", "exit:1"}, MANY(1, 9)},

    /* the simulation goes on in a child */
    {{"eval:2", "detach", "eval:3", "exit:0"}, MANY_CLEAN},
    {{"detach", "eval:3", "exit:4"}, MANY(4, 3)},
    {{"detach", "eval:3", "exit:0"}, MANY_CLEAN},

    /* programs that it starts */
    {{"eval:9", "system:exit 4", "system:kill -9 $$", "system:true", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "spawn:exit 5", "vfork:127", "vfork:0", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "popen_read:echo hi; exit 3", "exit:1"}, MANY(1, 9)},
    {{"eval:9", "popen:cat", "feed:text", "pclose", "exit:1"}, MANY(1, 9)},
    {{"popen:cat", "eval:19", "feed:text", "eval:9", "pclose"}, MANY_CLEAN},
    {{"eval:9", "popen:cat; exit 3", "eval:19", "feed:text", "eval:9", "pclose"}, MANY_CLEAN},

    /* becoming another program */
    {{"eval:9", "exec_small:exit 3"}, MANY_CLEAN},
    {{"eval:9", "exec:exit:3"}, MANY_CLEAN},
    {{"eval:9", "exec:nobody"}, MANY_CLEAN},
    {{"eval:9", "exec:in:exit:3"}, MANY(3, 1)},
    {{"eval:9", "exec:no_copies:now"}, MANY_CLEAN},
    {{"eval:9", "exec_syscall:no_copies:now"}, MANY_CLEAN},
    {{"eval:9", "exec_at:no_copies:now"}, MANY_CLEAN},
    {{"eval:9", "exec_raw:no_copies:later"}, MANY_CLEAN},
    /* memory that is shared with a file is not the replay's to write */
    {{"shared_add:5", "eval:1", "shared_add:5", "exit:1"}, {.kind = "exit", .code = 1, .eval = 1, .early = true}},
};
/* clang-format on */

/* The reader of the simulator's output sees its end when the simulator closes it, whoever is parked. */
static void test_pipe_ends(void **state)
{
    struct outcome outcome;
    char command[4096];

    (void)state;
    snprintf(command, sizeof command, "%s eval:9 close:1 await:done exit:0 | { cat >/dev/null; touch done; }",
             run_test_program("fake_simulator"));
    const struct program program = {.path = "sh",
                                    .arguments = LIST("-c", command),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=2evals"),
                                    .preload = true};
    run_program(&program, &outcome);
    assert_string_equal(outcome.err, "");
    assert_string_equal(outcome.said, "");
    assert_false(outcome.timed_out);
    run_discard(&outcome);
}

static void run_points(const char *const *steps, const char *const *environment, struct outcome *outcome)
{
    const struct program program = {
        .arguments = steps, .environment = environment, .preload = true, .several = true};

    run_program(&program, outcome);
}

/* Another program in the simulator's place: what has passed is not made, and is said; a point that is to come
 * does not. */
static void test_exec(void **state)
{
    struct outcome outcome;

    (void)state;
    run_points(LIST("eval:9", "exec:exit:0"),
               LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_AT=9evals"), &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 0);
    expect_said(&outcome, LIST("no waveform up to eval 9: another program takes the simulator's place"));
    run_discard(&outcome);

    run_points(LIST("eval:8", "in:exec:exit:0"),
               LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_AT=9evals,2000evals,45t"),
               &outcome);
    expect_exit(&outcome, 0);
    assert_int_equal(outcome.runs, 0);
    expect_said(
        &outcome,
        LIST("no waveform up to eval 9 and further points: another program takes the simulator's place",
             "LIGHTSSS_AT=2000evals: another program takes the simulator's place before"));
    run_discard(&outcome);

    /* What was printed behind an eval counts with it. */
    run_points(LIST("eval:8", "error:now: ERROR", "exec:exit:0"),
               LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals", "LIGHTSSS_TRIGGER=ERROR"), &outcome);
    expect_exit(&outcome, 0);
    expect_said(&outcome, LIST("no waveform up to eval 8: another program takes the simulator's place"));
    run_discard(&outcome);
}

/* The simulator has hung, and goes on and ends while that replays: it is waited for. */
static void test_hang_before_the_end(void **state)
{
    char name[64];
    struct running running;
    struct outcome outcome;

    const struct program program = {.arguments = LIST("eval:45", "touch:ready", "await:go", "exit:0"),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=10evals",
                                                        "LIGHTSSS_HANG=100ms",
                                                        "LIGHTSSS_WAKE_CALL=wake_await(\"release\")"),
                                    .preload = true};
    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    snprintf(name, sizeof name, "lightsss/fake_simulator.%d/report.json", running.pid);
    run_await_file(&running, name);
    run_touch(&running, "go");
    usleep(100000);
    run_touch(&running, "release");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    expect_in_report(&outcome, "\"verdict\": \"reproduced\"");
    run_discard(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipe_ends),
        cmocka_unit_test(test_exec),
        cmocka_unit_test(test_hang_before_the_end),
    };
    int failed = cmocka_run_group_tests_name("others", tests, NULL, NULL);

    return compare_cases(cases, sizeof cases / sizeof *cases) + failed;
}
