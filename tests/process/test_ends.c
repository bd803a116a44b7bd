/* SPDX-License-Identifier: MIT */
/* Every end of a simulator, without the library and with it: the same for its user, and a failing one
 * is replayed to the same end at the same eval. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>

/* clang-format off */
static const struct compare_case cases[] = {
    /* by a status */
    {{"print:a", "eval:3"}, CLEAN},
    {{"print:a", "eval:3", "exit:0"}, CLEAN},
    {{"print:a", "eval:3", "_exit:0"}, CLEAN},
    {{"print:a", "eval:3", "exit:256"}, CLEAN},
    {{"print:a", "eval:3", "exit_group:0"}, CLEAN},
    {{"print:a", "eval:3", "quick_exit:0"}, CLEAN},
    {{"print:a", "eval:3", "error:b", "return:7"}, EXIT(7, 3)},
    {{"print:a", "eval:3", "error:b", "exit:1"}, EXIT(1, 3)},
    {{"print:a", "eval:3", "error:b", "exit:-1"}, EXIT(255, 3)},
    {{"print:a", "eval:3", "error:b", "exit:511"}, EXIT(255, 3)},
    {{"print:a", "eval:3", "error:b", "_exit:2"}, EXIT(2, 3)},
    {{"print:a", "eval:3", "error:b", "_Exit:3"}, EXIT(3, 3)},
    {{"print:a", "eval:3", "error:b", "quick_exit:4"}, EXIT(4, 3)},
    {{"print:a", "eval:3", "error:b", "exit_group:5"}, EXIT(5, 3)},
    {{"print:a", "eval:3", "in:exit:6"}, EXIT(6, 4)},
    {{"print:a", "eval:3", "in:_exit:6"}, EXIT(6, 4)},
    {{"eval:1", "exit:1"}, EXIT(1, 1)},
    {{"in:exit:1"}, EXIT(1, 1)},
    {{"eval:1000000", "exit:1"}, EXIT(1, 1000000)},
    {{"exit:1"}, CLEAN}, /* never an eval: not a simulator at work */
    /* with output on the way */
    {{"eval:1", "print_many:20000", "_exit:1"}, EXIT(1, 1)},
    {{"eval:1", "print_many:20000", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "print_many:20000", "abort"}, ABORT(1)},
    {{"eval:1", "print:a", "flush", "print:b", "_exit:1"}, EXIT(1, 1)},
    {{"eval:1", "merge", "print:a", "error:b", "exit:1"}, {.kind = "exit", .code = 1, .eval = 1, .quiet = true}},
    {{"eval:1", "thread:lock_stdout+hang", "sleep:50", "_exit:1"}, EXIT(1, 1)},
    /* by a signal */
    {{"print:a", "eval:3", "error:b", "abort"}, ABORT(3)},
    {{"print:a", "eval:3", "error:b", "raise:ABRT"}, ABORT(3)},
    {{"print:a", "eval:3", "error:b", "kill:ABRT"}, ABORT(3)},
    {{"print:a", "eval:3", "error:b", "assert"}, ABORT(3)},
    {{"print:a", "eval:3", "error:b", "throw:text"}, ABORT(3)},
    {{"print:a", "eval:3", "error:b", "double_free"}, ABORT(3)},
    {{"print:a", "eval:3", "error:b", "segv"}, SIGNAL(SIGSEGV, 3)},
    {{"print:a", "eval:3", "error:b", "bus"}, SIGNAL(SIGBUS, 3)},
    {{"print:a", "eval:3", "error:b", "fpe"}, SIGNAL(SIGFPE, 3)},
    {{"print:a", "eval:3", "error:b", "ill"}, SIGNAL(SIGILL, 3)},
    {{"print:a", "eval:3", "error:b", "overflow"}, SIGNAL(SIGSEGV, 3)},
    {{"eval:3", "in:abort"}, ABORT(4)},
    {{"eval:3", "in:assert"}, ABORT(4)},
    {{"eval:3", "in:throw:text"}, ABORT(4)},
    {{"eval:3", "in:segv"}, SIGNAL(SIGSEGV, 4)},
    {{"eval:3", "in:overflow"}, SIGNAL(SIGSEGV, 4)},
    {{"eval:3", "raise:SEGV"}, SIGNAL(SIGSEGV, 3)},
    {{"eval:3", "raise:TRAP"}, SIGNAL(SIGTRAP, 3)},
    {{"eval:3", "raise:SYS"}, SIGNAL(SIGSYS, 3)},
    {{"eval:3", "raise:XCPU"}, SIGNAL(SIGXCPU, 3)},
    {{"eval:3", "raise:XFSZ"}, SIGNAL(SIGXFSZ, 3)},
    {{"eval:3", "raise:TERM"}, SIGNAL(SIGTERM, 3)},
    {{"eval:3", "kill:TERM"}, SIGNAL(SIGTERM, 3)},
    {{"eval:3", "raise:INT"}, SIGNAL(SIGINT, 3)},
    {{"eval:3", "raise:HUP"}, SIGNAL(SIGHUP, 3)},
    {{"eval:3", "raise:QUIT"}, SIGNAL(SIGQUIT, 3)},
    {{"eval:3", "raise:ALRM"}, SIGNAL(SIGALRM, 3)},
    {{"eval:3", "raise:VTALRM"}, SIGNAL(SIGVTALRM, 3)},
    {{"eval:3", "raise:PROF"}, SIGNAL(SIGPROF, 3)},
    {{"eval:3", "alarm:1", "hang"}, SIGNAL(SIGALRM, 3)},
    {{"alarm:1", "eval:3", "in:hang"}, SIGNAL(SIGALRM, 4)},
    {{"eval:3", "signal:ALRM:ignore", "alarm:1", "sleep:1200", "exit:3"}, EXIT(3, 3)},
    {{"eval:3", "cpu_time"}, SIGNAL(SIGXCPU, 3)},
    {{"cpu_limit:1:2", "eval:3", "burn:3000"}, {.kind = "signal", .code = SIGXCPU, .eval = 3, .cut = true}},
    {{"cpu_limit:1:2", "signal:XCPU:ignore", "eval:3", "burn:5000"}, {.kind = "kill", .code = SIGKILL, .eval = 3, .early = true, .cut = true}},
    {{"cpu_limit:1:20", "eval:3", "if_copy:burn:1200", "eval:1", "exit:3"}, EXIT(3, 4)}, /* a replay is slower */
    {{"eval:3", "file_size:big"}, SIGNAL(SIGXFSZ, 3)},
    /* by a signal that is no failure of the CONTRACT, or that nobody can see */
    {{"eval:3", "raise:PIPE"}, CLEAN},
    {{"eval:3", "raise:USR2"}, CLEAN},
    {{"eval:3", "raise:34"}, CLEAN},
    {{"eval:3", "raise:64"}, CLEAN},
    {{"eval:3", "sleep:50", "raise:KILL"}, {.kind = "kill", .code = SIGKILL, .eval = 3, .cut = true}},
    /* core dumps */
    {{"core_limit:100000000", "eval:3", "abort"}, ABORT(3)},
    {{"core_limit:100000000", "eval:3", "segv"}, SIGNAL(SIGSEGV, 3)},
    {{"core_limit:100000000", "eval:3", "raise:QUIT"}, SIGNAL(SIGQUIT, 3)},
    {{"core_limit:100000000", "eval:3", "raise:TERM"}, SIGNAL(SIGTERM, 3)},
    /* on the way out */
    {{"eval:3", "atexit:print:late"}, CLEAN},
    {{"eval:3", "atexit:print:late", "exit:1"}, EXIT(1, 3)},
    {{"eval:3", "atexit:exit:9", "exit:1"}, EXIT(9, 3)},
    {{"eval:3", "atexit:exit:9"}, EXIT(9, 3)},
    {{"eval:3", "atexit:exit:0", "exit:1"}, CLEAN},
    {{"eval:3", "atexit:_exit:9"}, EXIT(9, 3)},
    {{"eval:3", "atexit:abort"}, ABORT(3)},
    {{"atexit:segv", "eval:3", "exit:2"}, SIGNAL(SIGSEGV, 3)},
    {{"atexit:eval:4", "eval:3", "exit:2"}, EXIT(2, 7)},
    {{"atexit:eval:4+abort", "eval:3"}, ABORT(7)},
    {{"at_quick_exit:abort", "eval:3", "quick_exit:1"}, ABORT(3)},
    {{"at_quick_exit:print:late", "eval:3", "quick_exit:1"}, EXIT(1, 3)},
    {{"fini:segv", "eval:3"}, SIGNAL(SIGSEGV, 3)},
    {{"fini:abort", "eval:3", "exit:1"}, ABORT(3)},
    {{"fini:_exit:8", "eval:3", "exit:1"}, EXIT(8, 3)},
    {{"fini:eval:2+print:late", "eval:3", "exit:1"}, EXIT(1, 5)},
    /* one on top of the other */
    {{"eval:3", "action:ABRT:plain:segv", "abort"}, SIGNAL(SIGSEGV, 3)},
    {{"eval:3", "action:ABRT:plain:exit:4", "atexit:abort", "exit:1"}, EXIT(4, 3)},
    {{"eval:3", "action:SEGV:siginfo:assert", "segv"}, ABORT(3)},
    {{"eval:3", "atexit:assert", "exit:1"}, ABORT(3)},
    {{"eval:3", "atexit:throw:x", "exit:1"}, ABORT(3)},
    {{"eval:3", "action:TERM:plain:quick_exit:4", "raise:TERM"}, EXIT(4, 3)},
    {{"eval:3", "thread:throw:x", "join"}, ABORT(3)},
    {{"eval:3", "thread:abort", "abort"}, ABORT(3)},
    {{"eval:3", "thread:exit:3", "exit:3"}, EXIT(3, 3)},
    /* what it has the kernel keep for it: 1 is the signal at the parent's death, 36 a reaper of orphans, 4 no dumps.
     * A replay has a death signal of the library's, and prints that: so it is another line */
    {{"prctl:1:15", "eval:3", "exit:3"}, {.kind = "exit", .code = 3, .eval = 3, .early = true}},
    {{"eval:3", "prctl:1:15", "exit:3"}, {.kind = "exit", .code = 3, .eval = 3, .verdict = "diverged"}},
    {{"eval:3", "prctl:36:1", "exit:3"}, {.kind = "exit", .code = 3, .eval = 3, .verdict = "diverged"}},
    {{"prctl:36:1", "eval:3", "exit:3"}, {.kind = "exit", .code = 3, .eval = 3, .early = true}},
    {{"eval:3", "prctl:4:0", "segv"}, {.kind = "signal", .code = SIGSEGV, .eval = 3, .verdict = "diverged"}},
    {{"prctl:4:0", "eval:3", "exit:3"}, {.kind = "exit", .code = 3, .eval = 3, .early = true}},
    /* streams and descriptors */
    {{"eval:1", "close:1", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "fclose_stdout", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "print:a", "fclose_stdout", "abort"}, ABORT(1)},
    {{"eval:1", "print:a", "close:1", "exit:1"}, EXIT(1, 1)},
    {{"close:0", "close:1", "eval:1", "exit:1"}, EXIT(1, 1)},
    {{"descriptors", "eval:3", "descriptors"}, CLEAN},
    {{"eval:3", "descriptors", "exit:1"}, EXIT(1, 3)},
    /* threads */
    {{"eval:3", "thread:exit:3", "join"}, EXIT(3, 3)},
    {{"eval:3", "thread:_exit:3", "join"}, EXIT(3, 3)},
    {{"eval:3", "thread:abort", "join"}, ABORT(3)},
    {{"eval:3", "thread:segv", "join"}, SIGNAL(SIGSEGV, 3)},
    {{"eval:3", "thread:raise:TERM", "join"}, SIGNAL(SIGTERM, 3)},
    {{"eval:3", "thread:kill:TERM", "hang"}, SIGNAL(SIGTERM, 3)},
    {{"eval:3", "thread:hang", "thread:hang", "sleep:20", "exit:3"}, EXIT(3, 3)},
    {{"thread:hang", "sleep:20", "eval:3", "exit:3"}, EXIT(3, 3)},
    {{"thread:sleep:50", "eval:3", "join", "eval:2", "exit:3"}, EXIT(3, 5)},
    {{"thread:eval:3+exit:3", "join"}, EXIT(3, 3)},
    {{"thread:eval:3+segv", "join"}, SIGNAL(SIGSEGV, 3)},
    {{"thread:eval:3", "join", "abort"}, ABORT(3)},
    {{"eval:3", "thread:sleep:50+exit:4", "exit_thread"}, EXIT(4, 3)},
    {{"eval:3", "thread:sleep:50", "exit_thread"}, CLEAN},
    {{"eval:3", "together:abort"}, ABORT(3)},
    {{"eval:3", "together:_exit:5"}, EXIT(5, 3)},
    {{"eval:3", "together:segv"}, SIGNAL(SIGSEGV, 3)},
    {{"worker", "eval:3", "work:exit:3"}, EXIT(3, 3)},
    {{"worker", "eval:3", "work:segv"}, SIGNAL(SIGSEGV, 3)},
    {{"worker", "eval:3", "work:eval:4", "work:eval:5", "abort"}, ABORT(12)},
    /* in a revived process, threads answer to their handles */
    {{"worker", "eval:3", "worker_name", "worker_name:other", "worker_name:far_too_long_name", "exit:1"}, EXIT(1, 3)},
    {{"worker", "eval:3", "worker_settings", "exit:1"}, EXIT(1, 3)},
    {{"worker", "eval:3", "action:USR1:plain", "worker_kill:USR1", "exit:1"}, EXIT(1, 3)},
    {{"worker", "eval:3", "action:USR1:siginfo", "worker_queue:USR1", "exit:1"}, EXIT(1, 3)},
    {{"worker", "eval:3", "worker_kill:0", "worker_kill:32", "worker_kill:33", "worker_kill:99", "exit:1"}, EXIT(1, 3)},
    {{"worker", "eval:3", "worker_cancel", "exit:1"}, EXIT(1, 3)},
    {{"worker", "eval:3", "worker_cancel", "worker", "worker_name", "work:exit:1"}, EXIT(1, 3)},
    /* a testbench that deletes its context first */
    {{"eval:3", "delete_context", "exit:1"}, EXIT(1, 3)},
};
/* clang-format on */

/* Nothing was simulated: there is nothing to replay, and nothing to say. */
static void before_main(void **state)
{
    static const char *const ends[] = {"exit:3", "_exit:3", "abort", "segv", "throw:x", "raise:TERM"};
    char variable[64];

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(variable, sizeof variable, "FAKE_BEFORE_MAIN=say:a+%s", ends[i]);
        const struct program program = {.arguments = LIST("eval:3"),
                                        .environment = LIST("LIGHTSSS_WAVE=off", variable)};
        struct outcome outcome;
        compare_runs(&program, &outcome);
        assert_int_not_equal(outcome.status, 0);
        assert_string_equal(outcome.said, "");
        assert_null(outcome.run);
        run_discard(&outcome);
    }
}

/* Two would be due in the handler. Where that runs for longer, it is a simulation like any other. */
static void snapshots_behind_exit(void **state)
{
    static const struct {
        const char *handler, *snapshots;
    } handlers[] = {
        {"atexit:eval:20", "\"snapshots\": 3,"},
        {"atexit:sleep:1200+eval:20", "\"snapshots\": 5,"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        const struct program program = {.arguments = LIST("eval:25", handlers[i].handler, "exit:3"),
                                        .environment = EVERY_TEN,
                                        .preload = true};
        struct outcome outcome;
        run_program(&program, &outcome);
        expect_reproduced(&outcome);
        expect_in_report(&outcome, "\"eval\": 45,");
        expect_in_report(&outcome, handlers[i].snapshots);
        run_discard(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_main),
        cmocka_unit_test(snapshots_behind_exit),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    return failed + compare_cases(cases, sizeof cases / sizeof *cases);
}
