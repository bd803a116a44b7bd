/* SPDX-License-Identifier: MIT */
/* A program that runs with more rights than its user (AT_SECURE) gets no snapshots: their environment is not
 * to be trusted. The loader does not even load what LD_PRELOAD names; fake_secure is linked with the library,
 * so that its constructor runs all the same. And one that gives rights up has no replay that still has them.
 */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"

#include <glob.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
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
    expect_exit(outcome, 3);
    assert_string_equal(outcome->out, "text");
    assert_string_equal(outcome->err, "");
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
    expect_said(&outcome, LIST("fake_secure runs with more rights than its user (set-user-ID, set-group-ID, "
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
    expect_said(&outcome, LIST("fake_secure runs with more rights than its user (set-user-ID"));
    assert_null(outcome.run);
    run_discard(&outcome);
    assert_int_equal(stat(place, &status), 0);
    assert_int_equal(status.st_nlink, 2);
    assert_int_equal(rmdir(place), 0); /* it is empty */
}

static void expect_refused(const char *path)
{
    struct outcome outcome;

    run_as_nobody(path, &outcome);
    expect_said(&outcome, LIST("fake_secure runs with more rights than its user (set-user-ID"));
    assert_null(outcome.run);
    run_discard(&outcome);
}

static void test_group(void **state)
{
    char path[PATH_MAX];

    (void)state;
    copy("fake_secure", "2755", path);
    expect_refused(path);
}

/* What the file brings along: a capability, permitted and effective. */
static void test_file_capability(void **state)
{
    const struct vfs_cap_data capability = {
        .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
        .data = {{.permitted = 1u << CAP_NET_BIND_SERVICE}},
    };
    char path[PATH_MAX];

    (void)state;
    copy("fake_secure", "755", path);
    if (setxattr(path, "security.capability", &capability, XATTR_CAPS_SZ_2, 0) != 0) {
        print_message("%s keeps no capabilities of files\n", work);
        skip();
    }
    expect_refused(path);
}

/* --- rights that are given up --- */

/* All that the run has left belongs to the user that it became, and to nobody else. */
static void expect_owner(const char *place, unsigned count, unsigned owner)
{
    char pattern[PATH_MAX + 64];
    struct stat file;
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s/*/*", place);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, count);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        assert_int_equal(lstat(found.gl_pathv[i], &file), 0);
        if (file.st_uid != owner || file.st_gid != owner || (file.st_mode & 077) != 0)
            fail_msg("%s belongs to %u:%u", found.gl_pathv[i], file.st_uid, file.st_gid);
    }
    globfree(&found);
    snprintf(pattern, sizeof pattern, "rm -r '%s'", place);
    assert_int_equal(system(pattern), 0); /* NOLINT(cert-env33-c) */
}

/* Effective user, as the kernel tells. */
static unsigned owner_of(pid_t pid)
{
    char path[64], line[256];
    unsigned user = 0;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "Uid:", 4) == 0)
            user = (unsigned)strtoul(strchr(line + 5, '\t'), NULL, 10);
    fclose(file);
    return user;
}

#define PLACE_SIZE (PATH_MAX + 16)

static void make_open_place(char place[PLACE_SIZE])
{
    snprintf(place, PLACE_SIZE, "%s/place", work);
    assert_int_equal(mkdir(place, 0777), 0);
    assert_int_equal(chmod(place, 0777), 0);
}

/* Snapshots from before still are root. What the replay does, it does as who the original was at last. */
static void check_given_up(const char *how, const char *end, const char *interval, int status, unsigned owner)
{
    char place[PLACE_SIZE], directory[PLACE_SIZE + 16];
    struct outcome outcome;

    make_open_place(place);
    snprintf(directory, sizeof directory, "LIGHTSSS_DIR=%s", place);
    const struct program program = {
        .arguments = LIST("eval:3", how, "eval:3", end),
        .environment = LIST(directory, "LIGHTSSS_SLOTS=16", interval),
        .preload = true,
    };
    run_program(&program, &outcome);
    assert_int_equal(outcome.status, status);
    expect_said(&outcome, LIST("fake_simulator (pid ", "the oldest checkpoint", "replay reproduced",
                               "no waveform: LIGHTSSS_WAVE=off"));
    assert_int_equal(outcome.left, 0);
    run_discard(&outcome);
    expect_owner(place, 3, owner);
}

static void test_given_up(void **state)
{
    (void)state;
    check_given_up("become_user:65534", "exit:3", "LIGHTSSS_INTERVAL=auto", W_EXITCODE(3, 0), NOBODY);
}

/* The same where nobody is left who could tell the copy. */
static void test_given_up_and_killed(void **state)
{
    (void)state;
    check_given_up("become_user:65534", "in:kill:KILL", "LIGHTSSS_INTERVAL=1evals", W_EXITCODE(0, SIGKILL),
                   NOBODY);
}

/* The same where nothing but the call itself tells of it. */
static void test_given_up_between_looks(void **state)
{
    (void)state;
    check_given_up("become_user:65534", "in:kill:KILL", "LIGHTSSS_INTERVAL=1m", W_EXITCODE(0, SIGKILL),
                   NOBODY);
}

static void test_given_up_by_system_call(void **state)
{
    (void)state;
    check_given_up("become_user_alone:65534", "in:kill:KILL", "LIGHTSSS_INTERVAL=1m", W_EXITCODE(0, SIGKILL),
                   NOBODY);
}

static void test_given_up_by_thread(void **state)
{
    (void)state;
    check_given_up("thread_becomes_user:65534", "in:kill:KILL", "LIGHTSSS_INTERVAL=1m",
                   W_EXITCODE(0, SIGKILL), 0);
}

/* The same where a copy replays while the original goes on. */
static void test_given_up_and_asked(void **state)
{
    char place[PLACE_SIZE], directory[PLACE_SIZE + 16];
    struct running running;
    struct outcome outcome;

    (void)state;
    make_open_place(place);
    snprintf(directory, sizeof directory, "LIGHTSSS_DIR=%s", place);
    const struct program program = {.arguments = LIST("touch:here", "eval:3", "become_user:65534", "eval:3",
                                                      "await:asked", "sleep:100", "eval:1"),
                                    .environment = LIST(directory),
                                    .preload = true};
    run_start(&running, &program);
    run_await_file(&running, "here");
    run_await_snapshots(&running, 1);
    while (owner_of(running.pid) != NOBODY)
        usleep(1000);
    usleep(20000);
    assert_int_equal(kill(running.pid, SIGUSR1), 0);
    run_touch(&running, "asked");
    run_wait(&running, &outcome);
    assert_int_equal(outcome.status, 0);
    expect_said(&outcome, LIST("fake_simulator (pid ", "the oldest checkpoint", "replay reproduced",
                               "no waveform: LIGHTSSS_WAVE=off"));
    assert_int_equal(outcome.left, 0);
    run_discard(&outcome);
    expect_owner(place, 3, NOBODY);
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
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_file_capability),
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_given_up_and_asked),
        cmocka_unit_test(test_given_up_and_killed),
        cmocka_unit_test(test_given_up_between_looks),
        cmocka_unit_test(test_given_up_by_system_call),
        cmocka_unit_test(test_given_up_by_thread),
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
