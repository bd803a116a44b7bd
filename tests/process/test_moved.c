/* SPDX-License-Identifier: MIT */
/* Names that the original has changed since the snapshot: its replay finds each as it was, and the original
 * does as without the library. What was there before the snapshot is older than the kernel's tick. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"
#include "same_files.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define STEPS_MAX 48

struct moved_case {
    const char *name;
    const char *steps[STEPS_MAX];
    const char *note; /* that must be there; NULL: none */
};

#define TWO "write_name:a", "stream:b", "sleep:30", SNAPSHOT

static const struct moved_case cases[] = {
    {"renamed", {TWO, "read_name:a", "move:a,c", "read_name:c", "read_name:a", FAIL}, NULL},
    {"removed", {TWO, "read_name:a", "stat:a", "remove:a", "read_name:a", FAIL}, NULL},
    {"removed by remove()", {TWO, "read_name:a", "any_remove:a", "read_name:a", FAIL}, NULL},
    {"replaced by what was there",
     {TWO, "read_name:a", "read_name:b", "move:b,a", "read_name:a", "read_name:b", FAIL},
     NULL},
    {"replaced by a new one",
     {TWO, "read_name:a", "exclusive:new", "move:new,a", "read_name:a", "read_name:new", FAIL},
     NULL},
    {"replaced again and again",
     {TWO, "read_name:a", "exclusive:new", "move:new,a", "read_name:a", "stream:new", "move:new,a",
      "read_name:a", "remove:a", FAIL},
     NULL},
    {"to and fro", {TWO, "read_name:a", "move:a,c", "stat:a", "move:c,a", "read_name:a", FAIL}, NULL},
    {"round about",
     {TWO, "read_name:a", "move:a,c", "move:b,a", "move:c,b", "read_name:a", "read_name:b", "stat:c", FAIL},
     NULL},
    {"rotated",
     {"stream:log", "write_name:log.1", "append:log.2", "sleep:30", SNAPSHOT, "read_name:log.2",
      "remove:log.2", "move:log.1,log.2", "move:log,log.1", "stream:log", "read_name:log", "read_name:log.1",
      "read_name:log.2", "remove:log.2", "move:log.1,log.2", "move:log,log.1", "stat:log", "read_name:log.2",
      FAIL},
     NULL},
    {"rotated while it is open",
     {"open:0:mc:log", "fd_write:0:one", "sleep:30", SNAPSHOT, "fd_write:0:two", "read_name:log",
      "move:log,log.1", "fd_write:0:three", "close_slot:0", "open:0:mc:log", "fd_write:0:four",
      "read_name:log", "read_name:log.1", FAIL},
     NULL},
    {"after chdir",
     {"make_directory:d", "write_name:d/a", "chdir:d", "sleep:30", SNAPSHOT, "read_name:a", "move:a,../a",
      "chdir:..", "read_name:a", "stat:d/a", FAIL},
     NULL},
    {"by a directory",
     {"make_directory:d", "write_name:d/a", "sleep:30", SNAPSHOT, "read_name:d/a", "move_at:a,b",
      "read_name:b", "stat:d/a", FAIL},
     NULL},
    {"changed and removed",
     {TWO, "read_name:a", "append:a", "read_name:a", "remove:a", "read_name:a", FAIL},
     NULL},
    {"made again under its number",
     {TWO, "read_name:a", "remove:a", "exclusive:a", "read_name:a", "remove:a", "exclusive:c", "read_name:c",
      "append:c", FAIL},
     NULL},
    {"a link",
     {TWO, "symlink:a,l", "sleep:30", "eval:10", "sleep:30", "readlink:l", "read_name:l", "remove:l",
      "symlink:b,l", "read_name:l", "move:l,k", "readlink:k", FAIL},
     NULL},
    {"through a link that is gone",
     {"make_directory:d", "write_name:d/a", "symlink:d,l", "sleep:30", SNAPSHOT, "read_name:l/a",
      "move:l/a,l/b", "remove:l", "read_name:d/b", "read_name:l/b", FAIL},
     NULL},
    {"another name",
     {TWO, "stat:c", "link:a,c", "stat:c", "read_name:c", "remove:a", "read_name:c", FAIL},
     NULL},
    {"a directory",
     {"make_directory:d", "write_name:d/a", "stream:d/b", "sleep:30", SNAPSHOT, "read_name:d/a", "remove:d/b",
      "move:d,e", "read_name:e/a", "stat:d", "move:e/a,a", "rmdir:e", "stat:e", "read_name:a", FAIL},
     NULL},
    {"through a new directory",
     {TWO, "read_name:a", "make_directory:n", "move:a,n/a", "move:n,m", "read_name:m/a", "move:m/a,a",
      "rmdir:m", "read_name:a", "stat:n", FAIL},
     NULL},
    {"a directory in the place of a file",
     {TWO, "read_name:a", "remove:a", "make_directory:a", "write_name:a/x", "read_name:a/x", FAIL},
     NULL},
    {"a directory that becomes another one",
     {"make_directory:d", "make_directory:e", "write_name:d/a", "sleep:30", SNAPSHOT, "read_name:d/a",
      "stat:e/a", "move:d,e", "stat:d", "read_name:e/a", FAIL},
     NULL},
    {"a directory with all that is in it",
     {"make_directory:d", "make_directory:d/e", "write_name:d/a", "write_name:d/e/b", "sleep:30", SNAPSHOT,
      "list:d", "list:d/e", "remove_all:d", "list:d", "stat:d", "make_directory:d", "list:d", "exclusive:d/c",
      "list:d", FAIL},
     NULL},
    {"by a directory that is removed",
     {"make_directory:d", "write_name:d/a", "sleep:30", SNAPSHOT, "move_at:a,b", "remove_all:d",
      "read_name:b", FAIL},
     NULL},
    {"exchanged", {TWO, "read_name:a", "read_name:b", "if_original:exchange:a,b", FAIL}, NULL},
    {"with flags", {TWO, "no_replace:a,b", "no_replace:a,c", "plain_move:c,d", "read_name:d", FAIL}, NULL},
    {"by syscall()",
     {TWO, "read_name:a", "call_move:a,c", "read_name:b", "call_remove:b", "stat:b", FAIL},
     NULL},
    {"listed", {TWO, "list:.", "move:a,c", "list:.", "remove:b", "exclusive:d", "list:.", FAIL}, NULL},
    {"temporary",
     {SNAPSHOT, "write_name:t", "read_name:t", "remove:t", "write_name:t", "move:t,u", "remove:u", FAIL},
     NULL},
    {"by another thread",
     {TWO, "read_name:a", "read_name:b", "small_thread:move:a,c+remove:b", "join", "read_name:c", "stat:b",
      FAIL},
     NULL},
    {"refused",
     {TWO, "make_directory:d", "write_name:d/x", "remove:d", "rmdir:d", "rmdir:a", "move:a,d", "move:d,a",
      "move:a,no/a", "remove:nothing", "move:nothing,a", "bad_names:a", "read_name:a", FAIL},
     NULL},
    {"of some size", {"lengthen:a,3000000", "sleep:30", SNAPSHOT, "sum:a", "remove:a", "stat:a", FAIL}, NULL},
    {"locked", {"stream:a", "link:a,b", "sleep:30", SNAPSHOT, "remove_locked:a,b", FAIL}, NULL},
    {"another one's lock",
     {TWO, "read_name:a", "read_name:b", "remove_and_lock:l,a", "remove_and_lock:l,b", FAIL},
     NULL},
    {"on a small stack", {TWO, "read_name:a", "remove_in_handler:a", "stat:a", FAIL}, NULL},
    {"too large",
     {"lengthen:a,5000000", "sleep:30", SNAPSHOT, "stat:a", "remove:a", "stat:a", FAIL},
     "was removed since the snapshot, and was too much to be kept"},
    {"too large, but open",
     {"lengthen:a,5000000", "sleep:30", "open:0:r:a", SNAPSHOT, "sum:a", "remove:a", "stat:a", FAIL},
     NULL},
};

static void test_case(void **state)
{
    const struct moved_case *moved_case = *state;

    same_files_compare(moved_case->steps, moved_case->note);
}

/* Ended from outside between two changes: what it has done until then is all that is on the disk. */
static void test_killed(void **state)
{
    static const char *const ends[] = {"raise:KILL", "raise:TERM", "raise:ABRT"};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const struct program program = {
            .arguments = LIST(TWO, "read_name:a", "move:a,c", "list:.", "remove:b", ends[i]),
            .preload = true};
        struct outcome outcome;

        run_program(&program, &outcome);
        assert_true(WIFSIGNALED(outcome.status));
        same_files_expect_replayed(&outcome, NULL);
        run_discard(&outcome);
    }
}

/* A snapshot is taken between two calls of another thread, wherever that is. */
static void test_often(void **state)
{
    const long runs = full_test() ? 50 : 3;

    (void)state;
    for (long i = 0; i < runs; i++) {
        const struct program program = {.arguments =
                                            LIST("put:often:one", "pace:1000", "sleep:30", "eval:1",
                                                 "thread:move_often:4000", "eval:250", "join", "exit:3"),
                                        .environment = LIST("LIGHTSSS_INTERVAL=3ms", "LIGHTSSS_WAVE=off"),
                                        .preload = true};
        struct outcome outcome;

        run_program(&program, &outcome);
        if (strstr(outcome.out, "often: 0 failed") == NULL)
            fail_msg("%s", outcome.out);
        same_files_expect_replayed(&outcome, NULL);
        run_discard(&outcome);
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {cmocka_unit_test(test_killed), cmocka_unit_test(test_often)};
    static struct CMUnitTest tests[sizeof cases / sizeof *cases];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].name, .test_func = test_case, .initial_state = (void *)&cases[i]};
    int failed = cmocka_run_group_tests_name("names", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("ends", others, NULL, NULL);
}
