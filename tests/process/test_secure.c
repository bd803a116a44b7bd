/* SPDX-License-Identifier: MIT */
/* A program that runs with more rights than its user (AT_SECURE) gets no snapshots: their environment is not
 * to be trusted. The loader does not even load what LD_PRELOAD names; fake_secure is linked with the library,
 * so that its constructor runs all the same. */
#define _GNU_SOURCE
#include "process.h"
#include "run_program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char work[PATH_MAX];

static void copy(const char *name, const char *mode, char path[PATH_MAX])
{
    char command[3 * PATH_MAX];

    if (snprintf(path, PATH_MAX, "%s/%s", work, name) >= PATH_MAX)
        fail_msg("%s is too long", work);
    snprintf(command, sizeof command, "cp '%s' '%s' && chmod %s '%s'", run_test_program(name), path, mode,
             path);
    if (system(command) != 0) /* NOLINT(cert-env33-c) */
        fail_msg("%s failed", command);
}

static void run_as_nobody_with(const char *path, const char *const *environment, struct outcome *outcome)
{
    const struct program program = {.path = path,
                                    .arguments = LIST("print:text", "eval:3", "exit:3"),
                                    .environment = environment,
                                    .preload = true,
                                    .user = NOBODY};

    run_program(&program, outcome);
    if (!WIFEXITED(outcome->status) || WEXITSTATUS(outcome->status) != 3)
        fail_msg("wait status %#x:\n%s%s", (unsigned)outcome->status, outcome->err, outcome->said);
    assert_string_equal(outcome->out, "text");
    assert_string_equal(outcome->err, "");
    assert_int_equal(outcome->left, 0);
}

static void run_as_nobody(const char *path, struct outcome *outcome)
{
    run_as_nobody_with(path, NULL, outcome);
}

static void test_preloaded(void **state)
{
    struct outcome outcome;
    char path[PATH_MAX];

    (void)state;
    copy("fake_simulator", "4755", path);
    run_as_nobody(path, &outcome);
    assert_string_equal(outcome.said, "");
    assert_null(outcome.run);
    run_discard(&outcome);
}

static void test_linked(void **state)
{
    struct outcome outcome;
    char path[PATH_MAX];

    (void)state;
    copy("fake_secure", "4755", path);
    run_as_nobody(path, &outcome);
    run_expect_said(&outcome,
                    LIST("fake_secure runs with more rights than its user (set-user-ID, set-group-ID, "
                         "capabilities); start it as its owner; running without snapshots"));
    assert_null(outcome.run);
    run_discard(&outcome);
}

/* Nothing in the environment is so much as looked at: no file is made, and the line is the same. */
static void test_environment(void **state)
{
    char path[PATH_MAX], place[PATH_MAX + 16], look[PATH_MAX + 64], directory[PATH_MAX + 64];
    struct outcome outcome;
    struct stat status;

    (void)state;
    copy("fake_secure", "4755", path);
    snprintf(place, sizeof place, "%s/place", work);
    assert_int_equal(mkdir(place, 0777), 0);
    assert_int_equal(chmod(place, 0777), 0);
    snprintf(directory, sizeof directory, "LIGHTSSS_DIR=%s/made", place);
    snprintf(look, sizeof look, "_LIGHTSSS_DOCTOR=look:%s", place);
    run_as_nobody_with(path,
                       LIST(directory, look, "LIGHTSSS_SLOTS=none", "LIGHTSSS_LOG=debug",
                            "LIGHTSSS_MATCH=text", "LIGHTSSS_ON=all", "LIGHTSSS_INTERVALL=1s"),
                       &outcome);
    run_expect_said(&outcome, LIST("fake_secure runs with more rights than its user (set-user-ID"));
    assert_null(outcome.run);
    run_discard(&outcome);
    assert_int_equal(stat(place, &status), 0);
    assert_int_equal(status.st_nlink, 2);
    assert_int_equal(rmdir(place), 0); /* it is empty */
}

static bool others_reach_library(void)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", run_library());
    for (char *slash = strrchr(path, '/'); slash != NULL && slash != path; slash = strrchr(path, '/')) {
        struct stat directory;
        *slash = '\0';
        if (stat(path, &directory) != 0 || (directory.st_mode & S_IXOTH) == 0)
            return false;
    }
    return true;
}

/* Without the extra rights the same copies work: it is these that make the difference. Such a copy can only
 * load the library where it may read it; the programs with more rights can anywhere. */
static void test_without_rights(void **state)
{
    struct outcome outcome;
    char path[PATH_MAX];

    (void)state;
    if (!others_reach_library()) {
        print_message("other users cannot read the build directory: no comparison without the rights\n");
        skip();
    }
    copy("fake_simulator", "755", path);
    run_as_nobody(path, &outcome);
    assert_non_null(outcome.run);
    run_discard(&outcome);
    copy("fake_secure", "755", path);
    run_as_nobody(path, &outcome);
    assert_non_null(outcome.run);
    run_discard(&outcome);
}

static const char *obstacle(void)
{
    struct statvfs system_flags;

    if (geteuid() != 0)
        return "only root can make a set-user-ID program and run it as another user";
    if (statvfs(work, &system_flags) != 0 || (system_flags.f_flag & ST_NOSUID) != 0)
        return "the temporary directory is mounted nosuid";
    return NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preloaded),
        cmocka_unit_test(test_linked),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_without_rights),
    };

    run_make_directory(work);
    const char *why_not = obstacle();
    int failed = 77;
    if (why_not != NULL)
        printf("skipped: %s\n", why_not);
    else
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    run_remove_directory(work);
    return failed;
}
