/* SPDX-License-Identifier: MIT */
/* Where something cannot work: one line says what and what to do, and the simulator's run is that of one
 * without the library. */
#define _GNU_SOURCE
#include "compare.h"
#include "expect.h"
#include "process.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char work[PATH_MAX]; /* copies of programs and libraries */

/* --- helpers --- */

static void run_command(const char *command)
{
    if (system(command) != 0) /* NOLINT(cert-env33-c): commands of our own */
        fail_msg("%s failed", command);
}

__attribute__((format(printf, 2, 3))) static const char *make(const char *name, const char *format, ...)
{
    static char path[PATH_MAX + 64];
    char command[3 * PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    run_command(command);
    snprintf(path, sizeof path, "%s/%s", work, name);
    return path;
}

/* Runs with the library and a failing end, and without; the result must be the same, without a run directory,
 * and exactly these lines are said. */
static void check(const struct program *program, const char *const *lines)
{
    struct program plain = *program, preloaded = *program;
    struct outcome without, with;

    plain.preload = false;
    preloaded.preload = true;
    run_program(&plain, &without);
    run_program(&preloaded, &with);
    if (WIFEXITED(without.status) && WEXITSTATUS(without.status) == 77)
        skip();
    compare_same(&without, &with);
    assert_null(with.run);
    expect_said(&with, lines);
    run_discard(&without);
    run_discard(&with);
}

#define FAILING   LIST("print:text", "eval:3", "error:words", "exit:3")
#define ABORTING  LIST("print:text", "eval:3", "error:words", "abort")
#define FAIL_LINE "fake_simulator (pid "

static const char *const nothing[] = {NULL};

/* --- options --- */

static void test_switched_off(void **state)
{
    (void)state;
    check(&(struct program){.arguments = FAILING, .environment = LIST("LIGHTSSS=0")}, nothing);
    /* Then it does not talk about anything else either. */
    check(&(struct program){.arguments = ABORTING, .environment = LIST("LIGHTSSS=0", "LIGHTSSS_SLOTS=many")},
          nothing);
}

/* The warning, and then it works by the default. */
static void check_warning(const char *variable, const char *line)
{
    const struct program program = {
        .arguments = FAILING, .environment = LIST("LIGHTSSS_WAVE=off", variable), .preload = true};
    struct outcome outcome;

    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    expect_said(&outcome, LIST(line, FAIL_LINE, "the oldest checkpoint start to dump wave",
                               "replay reproduced", "no waveform: "));
    run_discard(&outcome);
}

static void test_bad_options(void **state)
{
    (void)state;
    check_warning("LIGHTSSS_SLOTS=many",
                  "LIGHTSSS_SLOTS=many is not valid: give a number from 1 to 64; using 2");
    check_warning("LIGHTSSS_SLOTS=65", "LIGHTSSS_SLOTS=65 is not valid: give a number from 1 to 64; using 2");
    check_warning("LIGHTSSS_INTERVAL=1", "LIGHTSSS_INTERVAL=1 is not valid: give a time such as ");
    check_warning("LIGHTSSS_ON=sometimes", "LIGHTSSS_ON=sometimes is not valid: give any of exit, abort");
    check_warning("LIGHTSSS_SLOT=3", "unknown variable LIGHTSSS_SLOT; did you mean LIGHTSSS_SLOTS?");
    check_warning("LIGHTSSS_WINDOWS=3", "unknown variable LIGHTSSS_WINDOWS; did you mean LIGHTSSS_WINDOW?");
    check_warning("LIGHTSSS=yes", "LIGHTSSS=yes is not valid: give 0 or 1; using 1");
}

static void test_quiet(void **state)
{
    (void)state;
    const struct program program = {
        .arguments = FAILING,
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_LOG=quiet", "LIGHTSSS_SLOTS=many"),
        .preload = true};
    struct outcome outcome;

    run_program(&program, &outcome);
    assert_string_equal(outcome.said, "");
    assert_non_null(outcome.report);
    run_discard(&outcome);
}

/* --- the simulator --- */

static void test_no_tracer(void **state)
{
    const char *line =
        "fake_simulator was built without a tracer, so that no waveform can be made; verilate it "
        "with --trace or --trace-fst; running without snapshots";

    (void)state;
    check(&(struct program){.arguments = FAILING, .environment = LIST("LIGHTSSS_WAVE=auto")}, LIST(line));
    check(&(struct program){.arguments = ABORTING, .environment = LIST("LIGHTSSS_WAVE=vcd")}, LIST(line));
    check(&(struct program){.arguments = LIST("eval:3"), .environment = LIST("LIGHTSSS_WAVE=auto")},
          LIST(line));
}

static void test_stripped(void **state)
{
    const char *path =
        make("stripped", "strip -o '%s/stripped' '%s'", work, run_test_program("fake_simulator"));

    (void)state;
    check(&(struct program){.path = path, .arguments = FAILING},
          LIST("stripped is stripped: its Verilator model cannot be found; link it without -s and do not "
               "strip it; running without snapshots"));
}

/* Debug information may go: the symbols stay. */
static void test_stripped_of_debug(void **state)
{
    struct outcome outcome;

    (void)state;
    run_program(&(struct program){.path = make("fake_simulator", "strip -g -o '%s/fake_simulator' '%s'", work,
                                               run_test_program("fake_simulator")),
                                  .arguments = FAILING,
                                  .preload = true},
                &outcome);
    assert_non_null(outcome.report);
    run_discard(&outcome);
}

/* The failure is one all the same: it is that of the model that evals. */
static void test_wrong_model(void **state)
{
    struct outcome outcome;

    (void)state;
    run_program(&(struct program){.arguments = FAILING,
                                  .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_MODEL=VBar"),
                                  .preload = true},
                &outcome);
    assert_non_null(strstr(outcome.said, "no model VBar in fake_simulator: give the name of a Verilated"));
    expect_in_report(&outcome, "\"model\": \"Vfoo\"");
    run_discard(&outcome);
}

/* --- the machine --- */

static const char *const *often; /* the environment, where snapshots are to be tried often */

static void check_refused(const char *call, const char *error, const char *const *arguments,
                          const char *const *lines)
{
    char simulator[PATH_MAX];
    const char *list[16] = {call, error, simulator};
    size_t count = 3;

    snprintf(simulator, sizeof simulator, "%s", run_test_program("fake_simulator"));
    for (; *arguments != NULL; arguments++)
        list[count++] = *arguments;
    char *refuse = strdup(run_test_program("refuse"));
    check(&(struct program){.path = refuse, .arguments = list, .environment = often}, lines);
    free(refuse);
}

static void test_memfd_refused(void **state)
{
    const char *line = "no memory can be shared with snapshots (memfd_create: ";

    (void)state;
    check_refused("memfd_create", "EPERM", FAILING, LIST(line));
    check_refused("memfd_create", "ENOSYS", ABORTING, LIST(line));
    check_refused("memfd_create", "EPERM", LIST("eval:100"), LIST(line));
}

static void test_clone_refused(void **state)
{
    const char *hopeless =
        "no snapshot: clone is refused (EPERM); allow it in the sandbox (seccomp); running without "
        "snapshots";
    const char *at_end =
        "no snapshot could be taken, clone failed (EPERM): no waveform of this failure; allow it";

    (void)state;
    check_refused("clone", "EPERM", FAILING, LIST(hopeless, FAIL_LINE, at_end));
    check_refused("clone", "EPERM", LIST("worker", "eval:100", "work:abort"),
                  LIST(hopeless, FAIL_LINE, at_end));
    check_refused("clone", "EPERM", LIST("worker", "eval:100", "exit:0"), LIST(hopeless));
}

/* It may go better next time: that is said once, and only when it has failed several times. */
static void test_clone_fails(void **state)
{
    const char *perhaps = "no snapshot: clone failed (EAGAIN); raise the limit of processes (ulimit -u, "
                          "pids.max) or of memory; "
                          "trying again later";
    const char *at_end = "no snapshot could be taken, clone failed (EAGAIN): no waveform of this failure; ";

    (void)state;
    check_refused("clone", "EAGAIN", FAILING, LIST(FAIL_LINE, at_end));
    check_refused("clone", "EAGAIN", LIST("eval:3"), nothing);
    static const char *const each_eval[] = {"LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1evals", NULL};
    often = each_eval;
    /* The tries become rarer. */
    check_refused("clone", "EAGAIN", LIST("pace:1000", "eval:1000"), LIST(perhaps));
    check_refused("clone", "EAGAIN", LIST("worker", "pace:1000", "eval:1000", "work:abort"),
                  LIST(perhaps, FAIL_LINE, at_end));
    often = NULL;
}

static void test_threads_cannot_be_stopped(void **state)
{
    (void)state;
    check_refused(
        "rt_tgsigqueueinfo", "EPERM", LIST("worker", "eval:100", "exit:3"),
        LIST(
            "no snapshot: the threads cannot be stopped: they cannot be listed or signalled; running without "
            "snapshots",
            FAIL_LINE,
            "no snapshot could be taken, the threads would not stop: they cannot be listed or "
            "signalled: no waveform of this failure"));
}

/* The budget would let the next one wait for twenty seconds. */
static void test_threads_stop_later(void **state)
{
    const struct program program = {.arguments = LIST("thread:vfork_sleep:400", "sleep:100", "eval:1",
                                                      "pace:1000", "eval:1500", "exit:3"),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_LOG=debug"),
                                    .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    expect_said(&outcome, LIST("fake_simulator: model ", "no snapshot: the threads cannot be stopped: ",
                               FAIL_LINE, "the oldest checkpoint start to dump wave: snapshot 1, ",
                               "replay reproduced", "no waveform: "));
    run_discard(&outcome);
}

static void test_unwritable_directory(void **state)
{
    (void)state;
    check(&(struct program){.arguments = FAILING,
                            .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_DIR=/dev/null/x")},
          LIST("a failure would leave no waveform: there can be no run directory in /dev/null/x (Not a "
               "directory); "
               "set LIGHTSSS_DIR to a place that can be written to",
               FAIL_LINE,
               "cannot make a run directory in /dev/null/x (Not a directory): no waveform; set LIGHTSSS_DIR "
               "to a place that can be written to"));
    check(&(struct program){.arguments = LIST("eval:3", "exit:0"),
                            .environment = LIST("LIGHTSSS_DIR=/dev/null")},
          LIST("a failure would leave no waveform: there can be no run directory in /dev/null ("));
    /* Of /proc root is told that it may write there. */
    const char *const said[] = {"a failure would leave no waveform", FAIL_LINE,
                                "cannot make a run directory in /proc (", NULL};
    check(&(struct program){.arguments = ABORTING,
                            .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_DIR=/proc")},
          geteuid() == 0 ? said + 1 : said);
}

/* What leads to it is made as well. */
static void test_directory_below_missing_ones(void **state)
{
    const struct program program = {.arguments = LIST("eval:3", "exit:3"),
                                    .environment =
                                        LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_DIR=lightsss/of//today"),
                                    .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_said(&outcome, LIST(FAIL_LINE, "the oldest checkpoint", "replay reproduced", "no waveform: "));
    run_discard(&outcome);
}

/* The simulator may leave the directory, or close everything. */
static void test_directory_is_kept(void **state)
{
    const struct program program = {.arguments = LIST("eval:3", "close:0", "close:1", "close:2", "_exit:3"),
                                    .preload = true};
    struct outcome outcome;

    (void)state;
    run_program(&program, &outcome);
    expect_exit(&outcome, 3);
    assert_string_equal(outcome.said, "");
    assert_non_null(outcome.report);
    expect_reproduced(&outcome);
    run_discard(&outcome);
}

static int make_work(void **state)
{
    (void)state;
    run_make_directory(work);
    return 0;
}

static int remove_work(void **state)
{
    (void)state;
    run_remove_directory(work);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_no_tracer),
        cmocka_unit_test(test_stripped),
        cmocka_unit_test(test_stripped_of_debug),
        cmocka_unit_test(test_wrong_model),
        cmocka_unit_test(test_memfd_refused),
        cmocka_unit_test(test_clone_refused),
        cmocka_unit_test(test_clone_fails),
        cmocka_unit_test(test_threads_cannot_be_stopped),
        cmocka_unit_test(test_threads_stop_later),
        cmocka_unit_test(test_unwritable_directory),
        cmocka_unit_test(test_directory_below_missing_ones),
        cmocka_unit_test(test_directory_is_kept),
    };

    return cmocka_run_group_tests(tests, make_work, remove_work);
}
