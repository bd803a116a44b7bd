/* SPDX-License-Identifier: MIT */
/* Shared objects opened later: libc answers as without the library, whoever calls and however it goes, and a
 * model in one of them is hooked. */
#define _GNU_SOURCE
#include "compare.h"
#include "process.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Libraries, each under a RUNPATH that only the one above it has: caller.so, near/near.so, near/near/far.so.
 * In all of them a model of its own: near/model.so, hidden.so, stripped.so. */
static char work[PATH_MAX];

/* Each step with the directory in the place of a %. */
static void in_work(const char *const *given, const char **steps)
{
    for (; *given != NULL; given++) {
        const char *place = strchr(*given, '%');
        int length = place != NULL ? (int)(place - *given) : (int)strlen(*given);
        char *step = NULL;
        if (asprintf(&step, "%.*s%s%s", length, *given, place != NULL ? work : "",
                     place != NULL ? place + 1 : "") < 0)
            fail();
        *steps++ = step;
    }
    *steps = NULL;
}

static void free_steps(const char **steps)
{
    for (; *steps != NULL; steps++)
        free((char *)*steps);
}

static void lay_out(void)
{
    char command[4 * PATH_MAX];
    const char *programs = getenv("LIGHTSSS_TEST_PROGRAMS");

    run_make_directory(work);
    snprintf(command, sizeof command,
             "cd '%s' && mkdir -p near/near && L='%s' && cp $L/libopen_caller.so caller.so && "
             "cp caller.so near/near.so && cp caller.so near/near/far.so && cp $L/libopen_bare.so bare.so && "
             "cp $L/libfake_model.so near/model.so && cp near/model.so near/other.so && "
             "cp $L/libfake_hidden.so hidden.so && strip -o stripped.so hidden.so",
             work, programs);
    if (system(command) != 0) /* NOLINT(cert-env33-c): a command of our own */
        fail_msg("%s failed", command);
}

/* --- as without the library --- */

struct same {
    const char *name;
    const char *const *steps; /* % is the directory */
    const char *variable;     /* NULL: no more */
};

static const struct same sames[] = {
    {"absent", LIST("open:/nonexistent.so", "open:nonexistent.so", "noload:%/caller.so", "self", "close"),
     NULL},
    {"absent, and asked why late", LIST("late:/nonexistent.so"), NULL},
    {"no library", LIST("open:/etc/passwd", "open:/proc/self/maps", "wrong:%/caller.so"), NULL},
    {"not found from the program", LIST("open:near.so", "open:%/caller.so", "open:near.so"), NULL},
    {"RUNPATH of the caller",
     LIST("open:%/caller.so", "through:near.so", "through:far.so", "through:near.so"), NULL},
    {"RUNPATH of a caller without ret",
     LIST("open:%/bare.so", "bare:near.so", "open:%/bare.so", "bare:model.so"), NULL},
    {"closed and opened again",
     LIST("open:%/caller.so", "close", "noload:%/caller.so", "open:%/caller.so", "open:%/caller.so", "close",
          "noload:%/caller.so"),
     NULL},
    {"constructors", LIST("open:%/caller.so", "close", "open:%/near/near.so"),
     "OPEN_FROM_CONSTRUCTOR=near.so"},
    {"constructors of constructors", LIST("global:%/caller.so", "through:near.so"),
     "OPEN_FROM_CONSTRUCTOR=far.so"},
    {"a model from a constructor", LIST("open:%/caller.so", "close"), "OPEN_FROM_CONSTRUCTOR=model.so"},
    {"destructors", LIST("open:%/caller.so", "close", "open:%/caller.so"), "OPEN_FROM_DESTRUCTOR=near.so"},
    {"a model from a destructor", LIST("open:%/caller.so", "close", "self"), "OPEN_FROM_DESTRUCTOR=model.so"},
    {"namespaces", LIST("base:%/caller.so", "through:near.so", "new:%/near/near.so", "through:far.so"), NULL},
    {"a model in a namespace", LIST("new:%/near/model.so"), NULL},
};

static void test_same(void **state)
{
    const struct same *same = *state;
    const char *steps[16];
    struct outcome without, with;

    in_work(same->steps, steps);
    struct program program = {.path = run_test_program("opener"),
                              .arguments = steps,
                              .environment = LIST("LIGHTSSS_WAVE=off", "LD_LIBRARY_PATH=", same->variable)};
    run_program(&program, &without);
    program.preload = true;
    run_program(&program, &with);
    assert_true(WIFEXITED(without.status) && WEXITSTATUS(without.status) == 0);
    assert_true(run_lines(without.out) > 0);
    compare_same(&without, &with);
    assert_string_equal(with.said, "");
    assert_null(with.run);
    run_discard(&without);
    run_discard(&with);
    free_steps(steps);
}

/* --- models --- */

/* Fails, and leaves a report of a replay that came to the same end. */
static void check_failure(const char *program_name, const char *const *format, unsigned evals)
{
    const char *steps[16];
    struct outcome without, with;
    char eval[64];

    in_work(format, steps);
    struct program program = {.path = run_test_program(program_name), .arguments = steps};
    run_program(&program, &without);
    program.preload = true;
    run_program(&program, &with);
    compare_same(&without, &with);
    assert_int_not_equal(with.status, 0);
    const char *report = with.report != NULL ? with.report : with.said;
    snprintf(eval, sizeof eval, "\"eval\": %u,", evals);
    assert_non_null(strstr(report, eval));
    assert_non_null(strstr(report, "\"model\": \"Vfoo\""));
    assert_non_null(strstr(report, "\"verdict\": \"reproduced\""));
    run_discard(&without);
    run_discard(&with);
    free_steps(steps);
}

static void test_linked(void **state)
{
    (void)state;
    check_failure("fake_linked", LIST("print:a", "eval:3", "exit:3"), 3);
    check_failure("fake_linked", LIST("eval:5", "abort"), 5);
}

static void test_opened(void **state)
{
    (void)state;
    check_failure("opener", LIST("open:%/near/model.so", "main", "print:a", "eval:3", "error:b", "exit:3"),
                  3);
    check_failure("opener", LIST("open:%/near/model.so", "main", "eval:4", "_exit:4"), 4);
    check_failure("opener", LIST("open:%/near/model.so", "main", "eval:4", "quick_exit:4"), 4);
    check_failure("opener", LIST("open:%/near/model.so", "main", "eval:5", "return:7"), 5);
    check_failure("opener", LIST("open:%/near/model.so", "main", "eval:6", "abort"), 6);
    check_failure("opener", LIST("global:%/near/model.so", "main", "eval:6", "segv"), 6);
    check_failure("opener", LIST("base:%/near/model.so", "main", "eval:6", "segv"), 6);
    check_failure("opener", LIST("open:%/near/model.so", "main", "worker", "eval:9", "work:abort"), 9);
    check_failure("opener", LIST("open:%/hidden.so", "main", "eval:6", "exit:1"), 6);
}

static void test_opened_by_others(void **state)
{
    (void)state;
    check_failure("opener", LIST("open:%/caller.so", "through:model.so", "main", "eval:3", "exit:3"), 3);
    /* Not seen when it comes, but at the next chance. */
    check_failure("opener", LIST("open:%/bare.so", "open:%/near/model.so", "main", "eval:3", "exit:3"), 3);
}

/* The end is met last, behind the exit handlers that were there before the model. */
static void test_exit_handlers_from_before(void **state)
{
    (void)state;
    check_failure("opener", LIST("at_exit:eval:2", "open:%/near/model.so", "main", "eval:3", "exit:3"), 5);
}

/* What is hooked stays: its code is used when everybody else has closed it. */
static void test_closed(void **state)
{
    (void)state;
    check_failure("opener",
                  LIST("open:%/near/model.so", "close", "open:%/near/model.so", "close",
                       "open:%/near/model.so", "main", "eval:3", "exit:3"),
                  3);
    check_failure("opener",
                  LIST("open:%/near/model.so", "call:eval:3", "close", "open:%/near/model.so", "call:eval:2",
                       "call:exit:1"),
                  5);
}

/* Two libraries, each with the whole run time: the one that evals counts. */
static void test_two_libraries(void **state)
{
    (void)state;
    check_failure("opener", LIST("open:%/near/model.so", "open:%/near/other.so", "main", "eval:3", "exit:3"),
                  3);
    check_failure("opener",
                  LIST("open:%/near/other.so", "open:%/hidden.so", "noload:%/near/other.so", "main", "eval:3",
                       "exit:3"),
                  3);
}

static void test_threads_open_it_at_once(void **state)
{
    const char *steps[2];
    in_work(LIST("race:%/near/model.so"), steps);
    const struct program program = {.path = run_test_program("opener"), .arguments = steps, .preload = true};
    struct program plain = program;
    struct outcome without, with;

    (void)state;
    plain.preload = false;
    run_program(&plain, &without);
    assert_int_equal(without.status, 0);
    for (int i = 0; i < 20; i++) {
        run_program(&program, &with);
        assert_int_equal(with.status, 0);
        assert_string_equal(with.out, without.out);
        assert_string_equal(with.said, "");
        run_discard(&with);
    }
    run_discard(&without);
    free_steps(steps);
}

static void test_stripped(void **state)
{
    const char *steps[8];
    struct outcome outcome;

    (void)state;
    in_work(LIST("open:%/stripped.so", "main", "eval:3", "exit:3"), steps);
    run_program(&(struct program){.path = run_test_program("opener"), .arguments = steps, .preload = true},
                &outcome);
    assert_non_null(strstr(outcome.said, "lightsss: stripped.so is stripped: "));
    assert_int_equal(run_lines(outcome.said), 1);
    assert_null(outcome.run);
    run_discard(&outcome);
    free_steps(steps);
}

/* --- */

static int set_up(void **state)
{
    (void)state;
    lay_out();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    run_remove_directory(work);
    return 0;
}

int main(void)
{
    enum { SAMES = sizeof sames / sizeof *sames, MODELS = 8 };
    static struct CMUnitTest tests[SAMES + MODELS] = {
        cmocka_unit_test(test_linked),           cmocka_unit_test(test_opened),
        cmocka_unit_test(test_opened_by_others), cmocka_unit_test(test_closed),
        cmocka_unit_test(test_two_libraries),    cmocka_unit_test(test_threads_open_it_at_once),
        cmocka_unit_test(test_stripped),         cmocka_unit_test(test_exit_handlers_from_before),
    };

    for (int i = 0; i < SAMES; i++)
        tests[MODELS + i] = (struct CMUnitTest){
            .name = sames[i].name, .test_func = test_same, .initial_state = (void *)&sames[i]};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
