/* SPDX-License-Identifier: MIT */
/* A machine that is full, bare or narrow, for real: disk, descriptors, processes, address space, no /proc, no
 * /dev. The original's result is that of a run without the library, and it is said what is lost. What is
 * mounted for it is seen by the program alone (unshare -m, as root). */
#define _GNU_SOURCE
#include "compare.h"
#include "control_group.h"
#include "process.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FULL "no waveform: "
#define USER 12345

static struct control_group group; /* of the test that runs; no directory: none */

/* The script sets the stage and becomes the simulator. */
static void run(const char *script, const char *const *steps, unsigned user, bool preload,
                struct outcome *outcome)
{
    char simulator[PATH_MAX], text[512];
    const char *arguments[24] = {"-c", text, simulator};
    size_t count = 3;

    snprintf(text, sizeof text, "%s && exec \"$0\" \"$@\"", script);
    snprintf(simulator, sizeof simulator, "%s", run_test_program("fake_simulator"));
    for (; *steps != NULL; steps++)
        arguments[count++] = *steps;
    run_program(&(struct program){.path = "/bin/sh",
                                  .arguments = arguments,
                                  .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=5evals"),
                                  .preload = preload,
                                  .group = *group.directory != '\0' ? group.procs : NULL,
                                  .user = user},
                outcome);
}

/* Some line holds the text; NULL: none is asked for. */
static void check(const char *script, const char *const *steps, unsigned user, const char *said)
{
    struct outcome without, with;

    run(script, steps, user, false, &without);
    run(script, steps, user, true, &with);
    print_message("%s\n", script);
    compare_same(&without, &with);
    if (said != NULL && strstr(with.said, said) == NULL)
        fail_msg("%s: \"%s\" is not said:\n%s", script, said, with.said);
    if (getenv("LIGHTSSS_TEST_VERBOSE") != NULL)
        print_message("%s\n", with.said);
    run_discard(&without);
    run_discard(&with);
}

/* Its script in another shell: one that sees mounts of its own, one that knows ulimit -u. */
#define IN(shell, script) "exec " shell " -c '" script " && exec \"$0\" \"$@\"' \"$0\" \"$@\"; true"
#define ALONE(script)     IN("unshare -m sh", script)

static void check_alone(const char *script, const char *const *steps, const char *said)
{
    if (system("unshare -m mount -t tmpfs none /tmp 2>/dev/null") != 0) { /* NOLINT(cert-env33-c) */
        print_message("nothing can be mounted here (root and unshare are needed)\n");
        skip();
    }
    check(script, steps, 0, said);
}

#define PLAIN "worker", "print:text", "eval:12", "error:words"

static void test_disk_full(void **state)
{
    (void)state;
    const char *script = ALONE("mkdir small && mount -t tmpfs -o size=128k t small && "
                               "export LIGHTSSS_DIR=small/runs");

    check_alone(script, LIST("eval:6", "print_many:200000", "eval:6", "exit:3"),
                "could not be written to their end (No space left on device)");
    check_alone(script, LIST("eval:6", "print_many:200000", "eval:6", "abort"), FULL);
}

static void test_no_inodes(void **state)
{
    (void)state;
    check_alone(
        ALONE("mkdir small && mount -t tmpfs -o nr_inodes=1 t small && export LIGHTSSS_DIR=small/runs"),
        LIST(PLAIN, "exit:3"), "cannot make a run directory");
    check_alone(
        ALONE("mkdir small && mount -t tmpfs -o nr_inodes=2 t small && export LIGHTSSS_DIR=small/runs"),
        LIST(PLAIN, "exit:3"), "cannot make a run directory");
    check_alone(
        ALONE("mkdir small && mount -t tmpfs -o nr_inodes=3 t small && export LIGHTSSS_DIR=small/runs"),
        LIST(PLAIN, "exit:3"), "No space left on device");
    check_alone(
        ALONE("mkdir small && mount -t tmpfs -o nr_inodes=5 t small && export LIGHTSSS_DIR=small/runs"),
        LIST(PLAIN, "exit:3"),
        "replay incomplete: its output cannot be redirected to the run directory (ENOSPC)");
}

static void test_read_only(void **state)
{
    (void)state;
    check_alone(ALONE("mkdir small && mount -t tmpfs -o ro t small && export LIGHTSSS_DIR=small/runs"),
                LIST(PLAIN, "abort"), "cannot make a run directory");
}

/* Threads cannot be found without /proc, nor what is open. */
static void test_no_proc(void **state)
{
    (void)state;
    check_alone(ALONE("mount -t tmpfs t /proc"), LIST(PLAIN, "exit:3"), "mount /proc");
    check_alone(ALONE("mount -t tmpfs t /proc"), LIST(PLAIN, "exit:0"), NULL);
    check_alone(ALONE("mount -t tmpfs t /proc"), LIST("eval:12", "abort"), "mount /proc");
}

static void test_no_devices(void **state)
{
    (void)state;
    check_alone(ALONE("mount -t tmpfs t /dev"), LIST("pair", PLAIN, "exit:3"), "replay reproduced");
}

static void test_descriptors(void **state)
{
    (void)state;
    check("true", LIST("worker", "eval:12", "use_descriptors:64", "eval:12", "exit:3"), 0,
          "Too many open files");
    check("true", LIST("worker", "eval:12", "use_descriptors:64:soft", "eval:12", "exit:3"), 0,
          "replay reproduced");
    check("true", LIST("worker", "use_descriptors:64", "eval:12", "abort"), 0,
          "no memory can be shared with snapshots (memfd_create: Too many open files)");
    check("true", LIST("use_descriptors:64", "eval:12", "raise:KILL"), 0, NULL);
    check("true", LIST("use_descriptors:64", "eval:12", "exit:0"), 0, NULL);
}

static void test_processes(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("only root can run it as another user\n");
        skip();
    }
    check(IN("bash", "ulimit -u 1"), LIST("eval:12", "exit:3"), USER,
          "there is no snapshot (only 0 more processes or threads are allowed for this user (ulimit -u 1), "
          "and 0 are kept for others)");
    check(IN("bash", "ulimit -u 2"), LIST("eval:12", "exit:3"), USER, "replay reproduced");
    check(IN("bash", "ulimit -u 2"), LIST(PLAIN, "exit:3"), USER,
          "there is no snapshot (only 0 more processes or threads are allowed for this user (ulimit -u 2), "
          "and 0 are kept for others)");
    check(IN("bash", "ulimit -u 3"), LIST(PLAIN, "exit:3"), USER, NULL);
}

/* Snapshots are processes too; the simulator has room for its own as it has without them. */
static void test_own_processes(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("only root can run it as another user\n");
        skip();
    }
    const char *two = IN("bash", "ulimit -u 2"), *three = IN("bash", "ulimit -u 3");
    check(two, LIST("eval:12", "fork:exit:3", "wait", "exit:0"), USER, NULL);
    check(two, LIST("eval:12", "vfork:4", "eval:12", "vfork:5", "exit:0"), USER, NULL);
    check(two, LIST("eval:12", "spawn:exit 5", "eval:12", "system:exit 6", "exit:0"), USER, NULL);
    check(two, LIST("eval:12", "worker", "work:print:text", "exit:0"), USER, NULL);
    check(two, LIST("eval:12", "fork:exit:3", "wait", "eval:12", "exit:3"), USER, "replay reproduced");
    check(three, LIST("eval:12", "fork:sleep:50", "fork:exit:3", "wait", "eval:12", "exit:3"), USER,
          "replay ");
    check(two, LIST("eval:12", "fork:exit:3", "abort"), USER, "made room for its own processes");
}

static int group_remove(void **state)
{
    (void)state;
    control_group_remove(&group);
    return 0;
}

/* What the simulator starts makes processes of its own, where nobody can make room for them. At most six
 * there are without snapshots, and eight are allowed. */
#define PIPES "sh -c \"true | cat | cat >&2; exit 5\""
static const char by_system[] = "system:" PIPES, by_spawn[] = "spawn:" PIPES;
static const char by_forked[] = "fork:system:" PIPES "+exit:0";

static void test_programs(void **state)
{
    const char *const script = "true";

    (void)state;
    control_group_make(&group, CONTROL_GROUP_PIDS);
    assert_true(control_group_write(&group, "pids.max", 8));
    check(script, LIST("eval:12", by_system, "eval:52", by_system, "exit:0"), 0,
          "no snapshot for now: only 7 more processes or threads are allowed in the control group (pids.max "
          "8)");
    check(script, LIST("eval:12", by_spawn, "eval:52", by_spawn, "exit:0"), 0, NULL);
    check(script, LIST("eval:12", by_forked, "wait", "eval:12", "exit:0"), 0, NULL);
    /* One that starts nothing has its snapshots. */
    check(script, LIST("eval:52", "exit:3"), 0, "replay reproduced");
    check(script, LIST("worker", "eval:52", "exit:3"), 0, "replay reproduced");
    assert_true(control_group_write(&group, "pids.max", 1));
    check(script, LIST("eval:52", "exit:3"), 0,
          "there is no snapshot (only 0 more processes or threads are allowed in");
    assert_true(control_group_write(&group, "pids.max", 100));
    check(script, LIST("eval:12", by_system, "eval:52", "exit:3"), 0, "replay reproduced");
}

static void test_programs_of_user(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("only root can run it as another user\n");
        skip();
    }
    check(IN("bash", "ulimit -u 8"), LIST("eval:12", by_system, "eval:52", by_system, "exit:0"), USER,
          "no snapshot for now: only 7 more processes or threads are allowed for this user (ulimit -u 8), "
          "and 16 are kept for others");
}

static void test_file_size(void **state)
{
    (void)state;
    /* In blocks of 512 bytes. The tests write their output into files, too. */
    check("ulimit -f 8", LIST(PLAIN, "exit:3"), 0, NULL);
    check("ulimit -f 20", LIST(PLAIN, "abort"), 0, NULL);
    check("ulimit -f 100", LIST(PLAIN, "exit:3"), 0, "replay reproduced");
}

/* Down to where the loader itself finds no room for the library, which says so on its own. */
static void test_address_space(void **state)
{
    char script[64];

    (void)state;
    for (int megabytes = 400; megabytes >= 24; megabytes = megabytes * 3 / 4) {
        snprintf(script, sizeof script, "ulimit -v %d", megabytes * 1024);
        check(script, LIST("eval:12", "print:text", "exit:3"), 0, NULL);
        check(script, LIST("eval:12", "print:text", "exit:0"), 0, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_no_inodes),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_no_proc),
        cmocka_unit_test(test_no_devices),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_own_processes),
        cmocka_unit_test_teardown(test_programs, group_remove),
        cmocka_unit_test(test_programs_of_user),
        cmocka_unit_test(test_file_size),
        cmocka_unit_test(test_address_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
