/* SPDX-License-Identifier: MIT */
/* The comparison with and without the library: see compare.h. */
#define _GNU_SOURCE
#include "compare.h"

#include "expect.h"
#include "fake_steps.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void describe(const struct program *program)
{
    print_message("steps:");
    for (const char *const *argument = program->arguments; argument != NULL && *argument != NULL; argument++)
        print_message(" %s", *argument);
    print_message("\n");
}

static bool same_text(const char *what, const char *without, const char *with)
{
    if (strcmp(without, with) == 0)
        return true;
    print_message("%s without the library:\n%s\nand with it:\n%s\n", what, without, with);
    return false;
}

/* Same bytes in all files. The run directory is our own, and no two core files are the same (test_core). */
static bool same_trees(const char *without, const char *with)
{
    char command[2 * PATH_MAX + 64];

    snprintf(command, sizeof command, "diff -r -x lightsss -x core '%s' '%s'", without, with);
    return system(command) == 0; /* NOLINT(cert-env33-c) */
}

bool compare_outcomes(const struct outcome *without, const struct outcome *with)
{
    bool same = !without->timed_out && !with->timed_out && without->status == with->status;

    if (!same)
        print_message("wait status without the library %#x%s, with it %#x%s\n", (unsigned)without->status,
                      without->timed_out ? " (timed out)" : "", (unsigned)with->status,
                      with->timed_out ? " (timed out)" : "");
    same = same_text("stdout", without->out, with->out) && same;
    same = same_text("stderr", without->err, with->err) && same;
    same = same_text("files", without->files, with->files) && same;
    same = same_trees(without->directory, with->directory) && same;
    if (with->left == without->left)
        return same;
    print_message("%d processes are left, %d without the library\n", with->left, without->left);
    return false;
}

void compare_same(const struct outcome *without, const struct outcome *with)
{
    if (!compare_outcomes(without, with))
        fail_msg("the run differs with the library; said:\n%s", with->said);
    assert_int_equal(with->left, 0);
}

void compare_runs(const struct program *program, struct outcome *with)
{
    struct program plain = *program, preloaded = *program;
    struct outcome without;

    plain.preload = false;
    preloaded.preload = true;
    run_program(&plain, &without);
    run_program(&preloaded, with);
    bool same = compare_outcomes(&without, with);
    if (*without.said != '\0' || without.run != NULL)
        fail_msg("there were snapshots without the library");
    run_discard(&without);
    if (same)
        return;
    describe(program);
    print_message("%s", with->said);
    fail_msg("the run differs with the library");
}

static void expect_nothing(const struct outcome *outcome)
{
    if (*outcome->said != '\0')
        fail_msg("something is said:\n%s", outcome->said);
    if (outcome->run != NULL)
        fail_msg("there is a run directory, %s", outcome->run);
}

/* A replay has no children, and so does not print their lines. */
static char *without_children(const char *text)
{
    char *rest = NULL;
    size_t size;
    FILE *stream = open_memstream(&rest, &size);

    assert_non_null(stream);
    for (size_t length; *text != '\0'; text += length) {
        length = strcspn(text, "\n");
        length += text[length] == '\n';
        if (strncmp(text, FAKE_CHILD, strlen(FAKE_CHILD)) != 0)
            fwrite(text, 1, length, stream);
    }
    fclose(stream);
    return rest;
}

/* A descriptor that the simulator has closed has no file. */
static void expect_output(const char *what, const char *of_replay, const char *printed,
                          const struct expected *expected)
{
    char *own = without_children(printed);
    const char *of_original = own;
    size_t length = strlen(of_original), replay_length = of_replay == NULL ? 0 : strlen(of_replay);
    bool is_begin = of_replay != NULL && strncmp(of_replay, of_original, replay_length) == 0;
    if (expected->cut && is_begin)
        of_original = of_replay;
    else if ((expected->early || expected->many) && replay_length < length)
        of_original += length - replay_length;
    if (strcmp(of_replay == NULL ? "" : of_replay, of_original) != 0)
        fail_msg("the original wrote to %s:\n%s\nand the replay:\n%s", what, of_original, of_replay);
    free(own);
}

void compare_expected(const struct outcome *outcome, const struct expected *expected)
{
    bool is_exit = expected->kind != NULL && strcmp(expected->kind, "exit") == 0;
    const char *verdict = expected->verdict != NULL ? expected->verdict : "reproduced";
    char part[128];

    if (expected->kind == NULL) {
        expect_nothing(outcome);
        return;
    }
    snprintf(part, sizeof part, "\"kind\": \"%s\"", expected->kind);
    expect_in_report(outcome, part);
    if (is_exit)
        snprintf(part, sizeof part, "\"status\": %d, \"signal\": null", expected->code);
    else
        snprintf(part, sizeof part, "\"status\": null, \"signal\": \"SIG%s\"", sigabbrev_np(expected->code));
    expect_in_report(outcome, part);
    /* The fake simulator's time is five units per eval. */
    snprintf(part, sizeof part, "\"eval\": %ld, \"time\": %ld }", expected->eval,
             (expected->before + expected->eval) * 5);
    if (expected->eval != 0)
        expect_in_report(outcome, part);
    snprintf(part, sizeof part, "\"verdict\": \"%s\"", verdict);
    expect_in_report(outcome, part);
    if (expected->quiet)
        assert_string_equal(outcome->said, "");
    else
        expect_said(outcome,
                    LIST("fake_simulator (pid ", "the oldest checkpoint start to dump wave: snapshot ",
                         "replay ", "no waveform: "));
    if (strcmp(verdict, "reproduced") != 0)
        return;
    expect_output("stdout", outcome->replay_out, outcome->out, expected);
    expect_output("stderr", outcome->replay_err, outcome->err, expected);
}

void compare_program(const struct program *program, const struct expected *expected)
{
    struct outcome with;

    compare_runs(program, &with);
    compare_expected(&with, expected);
    run_discard(&with);
}

static void check_case(void **state)
{
    const struct compare_case *row = *state;

    static const char *const quiet[] = {"LIGHTSSS_WAVE=off", "LIGHTSSS_LOG=quiet", NULL};
    static const char *const many[] = {"LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=2evals", "LIGHTSSS_SLOTS=3",
                                       NULL};
    const struct program program = {.arguments = row->steps,
                                    .environment = row->expected.quiet  ? quiet
                                                   : row->expected.many ? many
                                                                        : NULL};

    compare_program(&program, &row->expected);
}

/* The steps are its name. */
static char *name_case(const struct compare_case *row)
{
    char *name = NULL;
    size_t size;
    FILE *stream = open_memstream(&name, &size);

    for (int i = 0; i < COMPARE_STEPS_MAX && row->steps[i] != NULL; i++)
        fprintf(stream, "%s%s", i > 0 ? " " : "", row->steps[i]);
    fclose(stream);
    return name;
}

int compare_cases(const struct compare_case *cases, size_t count)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    const char *only = getenv("LIGHTSSS_TEST_ONLY");
    size_t used = 0;

    if (tests == NULL)
        return 1;
    for (size_t i = 0; i < count; i++) {
        char *name = name_case(&cases[i]);
        if (only == NULL || strstr(name, only) != NULL)
            tests[used++] = (struct CMUnitTest){
                .name = name, .test_func = check_case, .initial_state = (void *)&cases[i]};
        else
            free(name);
    }
    int failed = _cmocka_run_group_tests("compare", tests, used, NULL, NULL);
    for (size_t i = 0; i < used; i++)
        free((void *)tests[i].name);
    free(tests);
    return failed;
}
