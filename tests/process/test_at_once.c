/* SPDX-License-Identifier: MIT */
/* Two threads that fail at the same moment, and one that fails while another takes a snapshot: the end is one
 * of those that it can be without the library, the report tells the one that it was, and nothing hangs. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define ROUNDS      1
#define ROUNDS_FULL 20
#define KILLS       30
#define KILLS_FULL  600

static const struct way {
    const char *steps;
    const char *kind;
    int status; /* as wait() gives it, without the core dump's bit */
} ways[] = {
    {"exit:3", "exit", W_EXITCODE(3, 0)},  {"abort", "abort", SIGABRT},   {"segv", "signal", SIGSEGV},
    {"_exit:4", "exit", W_EXITCODE(4, 0)}, {"throw:x", "abort", SIGABRT},
};

#define WAYS (sizeof ways / sizeof *ways)

static const struct way *way_of(const struct outcome *outcome, const struct way *first,
                                const struct way *second)
{
    const int status = WIFSIGNALED(outcome->status) ? WTERMSIG(outcome->status) : outcome->status;

    if (outcome->timed_out)
        return NULL;
    return status == first->status ? first : status == second->status ? second : NULL;
}

static void expect_replay(const struct outcome *outcome, const struct way *way)
{
    char kind[32];

    snprintf(kind, sizeof kind, "\"kind\": \"%s\"", way->kind);
    expect_in_report(outcome, kind);
    if (strstr(outcome->said, "the oldest checkpoint start to dump wave") == NULL)
        fail_msg("no replay: %s", outcome->said);
}

static void check(const struct program *program, const struct way *first, const struct way *second)
{
    struct outcome outcome;

    run_program(program, &outcome);
    const struct way *way = way_of(&outcome, first, second);
    if (way == NULL || outcome.left > 0)
        fail_msg("%s and %s: wait status %#x, %d processes left%s, %s", first->steps, second->steps,
                 (unsigned)outcome.status, outcome.left, outcome.timed_out ? ", timed out" : "",
                 outcome.said);
    if (program->preload)
        expect_replay(&outcome, way);
    else
        assert_null(outcome.run);
    run_discard(&outcome);
}

static void check_pair(const struct way *first, const struct way *second, int rounds)
{
    char other[64], own[64];

    snprintf(other, sizeof other, "thread:meet+%s", first->steps);
    snprintf(own, sizeof own, "meet+%s", second->steps);
    struct program program = {.arguments = LIST("eval:3", other, own, "hang")};

    check(&program, first, second);
    program.preload = true;
    for (int i = 0; i < rounds; i++)
        check(&program, first, second);
}

/* Each with each, and with itself; as the first of the two, and as the second. */
static void two_at_once(void **state)
{
    const int rounds = full_test() ? ROUNDS_FULL : ROUNDS;

    (void)state;
    for (size_t i = 0; i < WAYS; i++)
        for (size_t j = 0; j < WAYS; j++)
            check_pair(&ways[i], &ways[j], rounds);
}

/* A snapshot at each eval, and no pause between them: the other thread comes nearly always in one. */
static void during_a_snapshot(void **state)
{
    const int count = full_test() ? KILLS_FULL : KILLS;
    char other[64];

    (void)state;
    for (int i = 0; i < count; i++) {
        const struct way *way = &ways[(size_t)i % WAYS];
        snprintf(other, sizeof other, "thread:pause_us:%d+%s", 20000 + i * 7919 % 20000, way->steps);
        const struct program program = {
            .arguments =
                LIST("eval:1", other, "eval:forever"), /* before its first eval nothing is a failure */
            .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1evals"),
            .preload = true,
        };
        check(&program, way, way);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_at_once),
        cmocka_unit_test(during_a_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
