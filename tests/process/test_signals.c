/* SPDX-License-Identifier: MIT */
/* The simulator's own view of signals: its handlers, their flags, masks and stacks, and what it is told when
 * it asks, are those of a run without the library, in the replay too. */
#define _GNU_SOURCE
#include "compare.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct compare_case cases[] = {
    /* what is there when nobody has asked for anything */
    {{"eval:1", "query:all", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "altstack:query", "mask", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "signal:SEGV", "signal:SEGV", "signal:SEGV:default", "signal:SEGV", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "signal:TERM:ignore", "query:TERM", "raise:TERM", "signal:TERM:default", "raise:TERM"}, SIGNAL(SIGTERM, 1)},
    {{"eval:1", "signal:TERM:error", "ssignal:TERM", "bsd_signal:TERM", "query:TERM", "raise:TERM", "raise:TERM", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "signal:KILL", "signal:0", "signal:65", "action:KILL:plain", "action:0:plain", "action:32:plain", "exit:1"}, EXIT(1, 1)},
    {{"signal:SEGV", "eval:1", "signal:SEGV", "exit:1"}, {.kind = "exit", .code = 1, .eval = 1, .early = true}},
    {{"signal:TERM:ignore", "eval:1", "query:TERM", "raise:TERM", "signal:TERM", "raise:TERM", "exit:1"},
     {.kind = "exit", .code = 1, .eval = 1, .early = true}},
    {{"eval:1", "sysv_signal:TERM", "query:TERM", "raise:TERM", "query:TERM", "raise:TERM"}, SIGNAL(SIGTERM, 1)},
    {{"eval:1", "sysv_signal:SEGV", "query:SEGV", "segv"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "sysv_signal:SEGV:error", "query:SEGV", "sysv_signal:SEGV:ignore", "raise:SEGV", "sysv_signal:SEGV:default", "segv"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "sigset:TERM", "query:TERM", "sigset:TERM:default", "query:TERM", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "sigset:TERM:ignore", "query:TERM", "raise:TERM", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "sigignore:TERM", "query:TERM", "raise:TERM", "sigset:TERM:default", "raise:TERM"}, SIGNAL(SIGTERM, 1)},
    {{"eval:1", "siginterrupt:TERM", "query:TERM", "signal:TERM", "query:TERM", "siginterrupt:TERM", "query:TERM", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "swap:TERM", "swap:TERM", "query:TERM", "swap:ABRT", "swap:ABRT", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "borrow:INT", "borrow:INT", "raise:INT"}, SIGNAL(SIGINT, 1)},
    {{"signal:INT", "eval:1", "borrow:INT", "raise:INT", "exit:1"}, {.kind = "exit", .code = 1, .eval = 1, .early = true}},

    /* handlers that survive, that end the process, that jump away */
    {{"eval:1", "action:TERM:plain:exit:5", "raise:TERM"}, EXIT(5, 1)},
    {{"eval:1", "action:TERM:plain:_exit:5", "raise:TERM"}, EXIT(5, 1)},
    {{"eval:1", "action:SEGV:siginfo:_exit:5", "segv"}, EXIT(5, 1)},
    {{"eval:1", "action:SEGV:siginfo:abort", "segv"}, ABORT(1)},
    {{"eval:1", "action:SEGV:siginfo:signal:SEGV:default", "segv"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "action:SEGV:siginfo:signal:SEGV:default+raise:SEGV", "segv"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "action:SEGV:siginfo,nodefer:signal:SEGV:default+raise:SEGV", "segv"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "action:SEGV:siginfo,resethand", "segv"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "action:SEGV:siginfo,resethand,onstack", "altstack:set", "segv"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "action:FPE:siginfo:signal:SEGV:default+segv", "fpe"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "action:ABRT:plain", "abort"}, ABORT(1)},
    {{"eval:1", "action:ABRT:plain", "assert"}, ABORT(1)},
    {{"eval:1", "action:ABRT:siginfo,onstack", "altstack:set", "abort"}, ABORT(1)},
    {{"eval:1", "action:ABRT:resethand", "abort"}, ABORT(1)},
    {{"eval:1", "action:ABRT:plain", "throw:text"}, ABORT(1)},
    {{"eval:1", "action:ABRT:plain:_exit:5", "abort"}, EXIT(5, 1)},
    {{"eval:1", "action:ABRT:plain:exit:0", "abort"}, CLEAN},
    {{"eval:1", "action:ABRT:plain:eval:2", "raise:ABRT", "exit:1"}, EXIT(1, 3)},
    {{"eval:1", "action:ABRT:plain:eval:2", "abort"}, ABORT(3)},
    {{"eval:1", "action:ABRT:plain:signal:ABRT:default+raise:ABRT", "abort"}, ABORT(1)},
    {{"eval:1", "action:ABRT:nodefer:signal:ABRT:default+raise:ABRT", "abort"}, ABORT(1)},
    {{"eval:1", "signal:ABRT:ignore", "raise:ABRT", "abort"}, ABORT(1)},
    {{"eval:1", "signal:ABRT:ignore", "assert"}, ABORT(1)},
    {{"signal:ABRT:ignore", "eval:1", "raise:ABRT", "abort"}, {.kind = "abort", .code = SIGABRT, .eval = 1, .early = true}},
    {{"eval:1", "block:ABRT", "abort"}, ABORT(1)},
    {{"eval:1", "action:SEGV:plain:jump:1", "try:segv", "mask", "try:segv", "eval:1", "exit:1"}, EXIT(1, 2)},
    {{"eval:1", "action:ABRT:plain:jump:1", "try:abort", "mask", "try:abort", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "action:ABRT:plain:jump:1", "try:abort", "action:ABRT:plain", "raise:ABRT", "exit:1"}, EXIT(1, 1)},
    {{"altstack:8k", "eval:1", "abort"}, {.kind = "abort", .code = SIGABRT, .eval = 1, .early = true}},
    {{"altstack:8k", "eval:1", "action:SEGV:onstack:_exit:3", "segv"}, {.kind = "exit", .code = 3, .eval = 1, .early = true}},
    {{"eval:1", "if_original:alarm:1", "if_copy:sleep:1500", "exit:3"}, EXIT(3, 1)},
    {{"eval:1", "action:SEGV:onstack:jump:1", "altstack:set", "try:overflow", "altstack:query", "try:overflow", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "action:TERM:plain:eval:2", "in:raise:TERM", "exit:1"}, EXIT(1, 4)},

    /* masks */
    {{"eval:1", "block:TERM", "raise:TERM", "mask", "eval:2", "unblock:TERM"}, SIGNAL(SIGTERM, 3)},
    /* a copy has no pending signals: its replay tells that it went another way */
    {{"block:TERM", "raise:TERM", "eval:1", "mask", "unblock:TERM"}, {.kind = "signal", .code = SIGTERM, .eval = 1, .verdict = "diverged"}},

    /* ends that no handler can see: the kernel or libc takes the default action by force. The kernel tells the copies,
     * which know nothing when the original dies as soon as they are made. */
    {{"eval:1", "sleep:50", "action:SEGV:siginfo:segv", "segv"}, {.kind = "signal", .code = SIGSEGV, .eval = 1, .cut = true}},
    {{"eval:1", "sleep:50", "action:SEGV:siginfo", "block:SEGV", "segv"}, {.kind = "signal", .code = SIGSEGV, .eval = 1, .cut = true}},
    {{"eval:1", "sleep:50", "block:SEGV", "segv"}, {.kind = "signal", .code = SIGSEGV, .eval = 1, .cut = true}},
    {{"eval:1", "sleep:50", "signal:SEGV:ignore", "segv"}, {.kind = "signal", .code = SIGSEGV, .eval = 1, .cut = true}},
    {{"eval:1", "sleep:50", "action:ABRT:plain", "double_free"}, {.kind = "abort", .code = SIGABRT, .eval = 1, .cut = true}},

    /* alternate stacks */
    {{"eval:1", "altstack:set", "altstack:query", "altstack:off", "altstack:query", "altstack:small", "altstack:query", "exit:1"}, EXIT(1, 1)},
    {{"altstack:set", "eval:1", "altstack:query", "altstack:off", "exit:1"}, {.kind = "exit", .code = 1, .eval = 1, .early = true}},
    {{"eval:1", "altstack:set", "altstack:off", "overflow"}, SIGNAL(SIGSEGV, 1)},
    {{"altstack:set", "eval:1", "altstack:off", "overflow"}, {.kind = "signal", .code = SIGSEGV, .eval = 1, .early = true}},
    {{"eval:1", "altstack:small", "overflow"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "altstack:set", "action:SEGV:onstack:_exit:5", "overflow"}, EXIT(5, 1)},
    {{"eval:1", "action:TERM:onstack", "raise:TERM", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "action:TERM:onstack:altstack:off", "altstack:set", "raise:TERM", "altstack:query", "exit:1"}, EXIT(1, 1)},

    /* more threads */
    {{"eval:1", "action:SEGV:siginfo:_exit:5", "thread:segv", "join"}, EXIT(5, 1)},
    {{"eval:1", "action:ABRT:plain", "thread:abort", "join"}, ABORT(1)},
    {{"eval:1", "action:TERM:resethand", "thread:raise:TERM", "join", "raise:TERM"}, SIGNAL(SIGTERM, 1)},
    {{"eval:1", "thread:overflow", "join"}, SIGNAL(SIGSEGV, 1)},
    {{"worker", "eval:1", "work:overflow"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "thread:altstack:query+altstack:set+altstack:off+altstack:query+overflow", "join"}, SIGNAL(SIGSEGV, 1)},
    {{"eval:1", "thread:altstack:set+exit_thread", "join", "thread:exit_thread", "join", "exit:1"}, EXIT(1, 1)},
    {{"worker", "eval:1", "work:altstack:query", "work:mask", "work:query:SEGV", "exit:1"}, EXIT(1, 1)},

    /* another thread asks while ours come to stand in */
    {{"action:INT:siginfo", "watch_action:INT", "eval:1", "watched_action", "exit:1"},
     {.kind = "exit", .code = 1, .eval = 1, .early = true}},

    /* children have actions of their own */
    {{"eval:1", "vfork_signal:TERM", "query:TERM", "raise:TERM"}, SIGNAL(SIGTERM, 1)},
    {{"eval:1", "signal:TERM:ignore", "vfork_signal:TERM", "query:TERM", "raise:TERM", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "action:TERM:resethand", "vfork_signal:TERM", "query:TERM", "raise:TERM", "raise:TERM"}, SIGNAL(SIGTERM, 1)},
    {{"eval:1", "fork:query:all", "wait", "fork:signal:TERM+query:TERM+raise:TERM+signal:TERM:default+query:TERM+raise:TERM",
      "wait", "query:TERM", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "action:TERM:resethand", "fork:raise:TERM+query:TERM+raise:TERM", "wait", "query:TERM", "raise:TERM", "raise:TERM"},
     SIGNAL(SIGTERM, 1)},
    {{"eval:1", "action:ABRT:plain", "fork:abort", "wait", "fork:signal:ABRT:ignore+abort", "wait", "exit:1"}, EXIT(1, 1)},

    /* signals that the library has no business with */
    {{"eval:1", "action:USR1:siginfo", "raise:USR1", "action:USR1:resethand", "raise:USR1", "query:USR1", "exit:1"}, EXIT(1, 1)},
    {{"eval:1", "action:CHLD:siginfo", "fork:", "wait", "query:CHLD", "exit:1"}, EXIT(1, 1)},
};
/* clang-format on */

/* Every combination of flags, installed before and after the first eval, on signals that the library treats
 * differently; the handler runs twice, unless it is to run once only. */
static void check_flags(void **state)
{
    static const char *const signals[] = {"SEGV", "ABRT", "TERM"};
    static const char *const flags[] = {"plain",
                                        "siginfo",
                                        "onstack",
                                        "nodefer",
                                        "resethand",
                                        "siginfo,onstack",
                                        "siginfo,nodefer",
                                        "siginfo,resethand",
                                        "resethand,nodefer",
                                        "siginfo,onstack,nodefer,resethand,restart"};
    const char *place = *state;
    char action[128], query[32], raise[32];

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        for (size_t j = 0; j < sizeof flags / sizeof *flags; j++) {
            bool once = strstr(flags[j], "resethand") != NULL, early = strcmp(place, "before") == 0;
            snprintf(action, sizeof action, "action:%s:%s", signals[i], flags[j]);
            snprintf(query, sizeof query, "query:%s", signals[i]);
            snprintf(raise, sizeof raise, "raise:%s", signals[i]);
            struct program program = {.arguments = early ? LIST("altstack:set", action, "eval:3", query,
                                                                raise, query, raise, query, "exit:1")
                                                         : LIST("eval:3", "altstack:set", action, query,
                                                                raise, query, raise, query, "exit:1")};
            struct expected expected = {.kind = !once    ? "exit"
                                                : i == 1 ? "abort"
                                                         : "signal",
                                        .code = !once    ? 1
                                                : i == 0 ? SIGSEGV
                                                : i == 1 ? SIGABRT
                                                         : SIGTERM,
                                        .eval = 3,
                                        .early = early};
            compare_program(&program, &expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(check_flags, (void *)"before"),
        cmocka_unit_test_prestate(check_flags, (void *)"after"),
    };
    int failed = cmocka_run_group_tests_name("flags", tests, NULL, NULL);

    return compare_cases(cases, sizeof cases / sizeof *cases) + failed;
}
