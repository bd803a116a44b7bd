/* SPDX-License-Identifier: MIT */
/* What a replay writes to files of its own is in files/ of the run directory, byte for byte what the user's
 * files have in the end; also where the replay is killed, and no more than LIGHTSSS_FILES. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "run_program.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MAX 16

/* Times of files have the grain of the kernel's tick. */
#define SNAPSHOT "eval:10", "sleep:30"
#define FAIL     "eval:5", "exit:3"

struct kept_case {
    const char *steps[STEPS_MAX];
    const char *kept; /* NAME=PATH NAME=PATH: what is in files/, and which of the user's files that is */
};

/* clang-format off */
static const struct kept_case cases[] = {
    /* open at the snapshot: by a stream that only exit() writes out, appended, small and large */
    {{"fopen:0:w:log", "fputs:0:early", "fflush:0", SNAPSHOT, "fputs:0:one", FAIL}, "log=log"},
    {{"put:log:old", "open:0:wa:log", SNAPSHOT, "fd_write:0:end", FAIL}, "log=log"},
    {{"put_many:log:200000", "open:0:wa:log", SNAPSHOT, "fd_write:0:end", FAIL}, "log=log"},
    {{"put_many:log:200000", "open:0:wa:log", "open:1:r:log", SNAPSHOT, "fd_write:0:end", "fd_read:1:5", FAIL}, "log=log"},
    {{"open:0:mc:db", "fd_write:0:abcdefgh", SNAPSHOT, "pwrite:0:2:XX", "pwrite:0:0:Y", FAIL}, "db=db"},
    {{"open:0:mc:db", "fd_write:0:abcdefgh", SNAPSHOT, "ftruncate:0:3", FAIL}, "db=db"},

    /* opened by the replay alone */
    {{SNAPSHOT, "write_name:a", "append:a", FAIL}, "a=a"},
    {{"put:a:old", SNAPSHOT, "append:a", FAIL}, "a=a"},
    {{SNAPSHOT, "raw_write:a", FAIL}, "a=a"},
    {{SNAPSHOT, "open:0:wc:empty", FAIL}, "empty=empty"},
    {{SNAPSHOT, "make_directory:d", "write_name:d/a", FAIL}, "a=d/a"},
    {{SNAPSHOT, "write_name:a", "make_directory:d", "append:d/a", FAIL}, "a=a a-2=d/a"},
    {{SNAPSHOT, "write_name:a", "make_directory:d", "append:d/a", "append:a-2", FAIL}, "a=a a-2=d/a a-2-2=a-2"},
    {{SNAPSHOT, "thread:write_name:a", "join", FAIL}, "a=a"},

    /* other names, and none */
    {{SNAPSHOT, "write_name:log.new", "move:log.new,log", FAIL}, "log=log"},
    {{SNAPSHOT, "mkstemp:log", FAIL}, "log=log"},
    {{SNAPSHOT, "write_name:a", "link:a,b", "remove:a", FAIL}, "b=b"},
    {{SNAPSHOT, "write_name:a", "symlink:a,l", "append:l", FAIL}, "a=a"},
    {{SNAPSHOT, "make_directory:d", "write_name:d/a", "move:d,e", FAIL}, "a=e/a"},
    {{SNAPSHOT, "write_name:a", "write_name:b", "move:b,a", FAIL}, "a=a"},
    {{"open:0:wc:log", "fd_write:0:old", SNAPSHOT, "fd_write:0:x", "move:log,log.1", "stat:log", "stat:log.1", "write_name:log", FAIL}, "log=log log.1=log.1"},
    {{SNAPSHOT, "write_name:a", "remove:a", "write_name:b", FAIL}, "b=b"},
    {{"open:0:wc:log", SNAPSHOT, "fd_write:0:x", "remove:log", "stat:log", FAIL}, NULL},
    {{"open:0:wc:log", "remove:log", SNAPSHOT, "fd_write:0:x", FAIL}, NULL},

    /* memory of a file */
    {{"open:0:mc:shared", "map:0", "poke:0:old", SNAPSHOT, "poke:0:new", FAIL}, "shared=shared"},
    {{"open:0:mc:shared", "map:0", "close_slot:0", "poke:0:old", SNAPSHOT, "poke:0:new", FAIL}, "shared=shared"},
    {{SNAPSHOT, "open:0:mc:shared", "map:0", "poke:0:new", FAIL}, "shared=shared"},

    /* what nobody has written to, and what is no file */
    {{"put:in:one two", "open:0:m:in", "open:1:wc:log", SNAPSHOT, "fd_read:0:3", FAIL}, NULL},
    {{"put_many:in:200000", "open:0:w:in", SNAPSHOT, "read_name:in", FAIL}, NULL},
    {{SNAPSHOT, "tmpfile", "write_name:/dev/null", FAIL}, NULL},
    {{SNAPSHOT, "memfd:0", "fd_write:0:x", FAIL}, NULL},
    {{"write_name:/dev/shm/lightsss-test", SNAPSHOT, "append:/dev/shm/lightsss-test", "remove:/dev/shm/lightsss-test", FAIL}, NULL},
};
/* clang-format on */

/* --- what is there --- */

static char *read_all(const char *path, size_t *size)
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &file) != 0)
        fail_msg("%s is not there", path);
    char *bytes = malloc((size_t)file.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)file.st_size), file.st_size);
    bytes[file.st_size] = '\0';
    close(fd);
    *size = (size_t)file.st_size;
    return bytes;
}

static void format_folder(char path[PATH_MAX], const struct outcome *outcome)
{
    assert_true(snprintf(path, PATH_MAX, "%s/lightsss/%s/files", outcome->directory, outcome->run) <
                PATH_MAX);
}

static int count_kept(const struct outcome *outcome)
{
    char path[PATH_MAX];
    int count = 0;

    format_folder(path, outcome);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return -1;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

static void expect_mode(const char *path, unsigned mode)
{
    struct stat file;

    assert_int_equal(stat(path, &file), 0);
    if ((file.st_mode & 07777) != mode)
        fail_msg("%s has mode %o", path, file.st_mode & 07777);
}

/* Both are read; the kept one may be the end of the other. */
static void expect_kept(const struct outcome *outcome, const char *name, const char *path, bool is_whole)
{
    char kept_path[2 * PATH_MAX], folder[PATH_MAX], own_path[2 * PATH_MAX], part[5 * PATH_MAX];
    size_t kept_size, own_size;

    format_folder(folder, outcome);
    snprintf(kept_path, sizeof kept_path, "%s/%s", folder, name);
    snprintf(own_path, sizeof own_path, "%s/%s", outcome->directory, path);
    char *kept = read_all(kept_path, &kept_size), *own = read_all(own_path, &own_size);
    if (is_whole ? kept_size != own_size : kept_size >= own_size)
        fail_msg("files/%s has %zu bytes, and %s has %zu", name, kept_size, path, own_size);
    if (memcmp(kept, own + own_size - kept_size, kept_size) != 0)
        fail_msg("files/%s is not %s", name, path);
    if (!is_whole && kept_size < own_size && own[own_size - kept_size - 1] != '\n')
        fail_msg("files/%s begins inside of a line", name);
    expect_mode(kept_path, 0600);
    expect_mode(folder, 0700);
    snprintf(part, sizeof part, "{ \"name\": \"files/%s\", \"path\": \"%s\", \"bytes\": %zu, \"whole\": %s }",
             name, own_path, kept_size, is_whole ? "true" : "false");
    expect_in_report(outcome, part);
    free(kept);
    free(own);
}

static void expect_all(const struct outcome *outcome, const char *list)
{
    char name[64], path[64];
    int count = 0, length;

    for (; list != NULL && sscanf(list, "%63[^=]=%63s%n", name, path, &length) == 2; count++) {
        expect_kept(outcome, name, path, true);
        list += length;
        list += *list == ' ';
    }
    if (count_kept(outcome) != (count > 0 ? count : -1))
        fail_msg("%d files are kept and not %d:\n%s", count_kept(outcome), count, outcome->report);
    if (count == 0)
        expect_in_report(outcome, "\"files\": [ ]");
}

static void expect_not_diverged(const struct outcome *outcome)
{
    if (outcome->timed_out || outcome->report == NULL)
        fail_msg("no report:\n%s", outcome->said);
    expect_reproduced(outcome);
    assert_int_equal(outcome->left, 0);
}

/* --- runs --- */

static void check_case(void **state)
{
    const struct kept_case *row = *state;
    const struct program program = {.arguments = row->steps, .preload = true};
    struct outcome outcome;

    for (const char *const *step = row->steps; *step != NULL; step++)
        print_message(" %s", *step);
    print_message("\n");
    run_program(&program, &outcome);
    expect_not_diverged(&outcome);
    expect_all(&outcome, row->kept);
    run_discard(&outcome);
}

static void run_with(const char *const *steps, const char *variable, struct outcome *outcome)
{
    const struct program program = {
        .arguments = steps, .environment = LIST("LIGHTSSS_WAVE=off", variable), .preload = true};

    run_program(&program, outcome);
    expect_not_diverged(outcome);
}

static void test_none(void **state)
{
    struct outcome outcome;

    (void)state;
    run_with(LIST("open:0:wc:log", SNAPSHOT, "fd_write:0:x", "write_name:a", FAIL), "LIGHTSSS_FILES=0",
             &outcome);
    expect_all(&outcome, NULL);
    run_discard(&outcome);
}

/* Of a log the end is kept, from the begin of a line on, whether it was there before or not. */
static void test_log_too_large(void **state)
{
    static const char *const ways[][STEPS_MAX] = {
        {"put_many:log:200000", "open:0:wa:log", SNAPSHOT, "lines:0:100", FAIL},
        {"put_many:log:200000", "open:0:wa:log", SNAPSHOT, "lines:0:100000", FAIL},
        {SNAPSHOT, "open:0:wc:log", "lines:0:100000", FAIL},
        {SNAPSHOT, "open:0:wc:log", "lines:0:1000", "eval:3", "sleep:200", "eval:3", "lines:0:100000", FAIL},
    };
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char path[PATH_MAX];
        struct stat file;
        run_with(ways[i], "LIGHTSSS_FILES=100K", &outcome);
        expect_kept(&outcome, "log", "log", false);
        assert_int_equal(count_kept(&outcome), 1);
        format_folder(path, &outcome);
        strcat(path, "/log");
        assert_int_equal(stat(path, &file), 0);
        if (file.st_size > 100 << 10 || file.st_size < 99 << 10)
            fail_msg("%lld bytes are kept", (long long)file.st_size);
        run_discard(&outcome);
    }
}

/* What is no text is whole, or not there; the others have its room. */
static void test_database_too_large(void **state)
{
    struct outcome outcome;

    (void)state;
    run_with(LIST(SNAPSHOT, "open:0:wc:db", "open:1:wc:log", "lines:1:1000", "fill:0:60000", FAIL),
             "LIGHTSSS_FILES=100K", &outcome);
    expect_all(&outcome, "db=db log=log");
    run_discard(&outcome);
    run_with(LIST(SNAPSHOT, "open:0:wc:db", "open:1:wc:log", "lines:1:1000", "fill:0:200000", FAIL),
             "LIGHTSSS_FILES=100K", &outcome);
    expect_all(&outcome, "log=log");
    expect_in_report(&outcome, "\"LIGHTSSS_FILES has no room for ");
    run_discard(&outcome);
}

/* A hole takes no room, and stays one. */
static void test_sparse(void **state)
{
    char path[PATH_MAX];
    struct outcome outcome;
    struct stat file;

    (void)state;
    run_with(LIST("open:0:mc:hole", SNAPSHOT, "pwrite:0:50000000:x", FAIL), "LIGHTSSS_FILES=1M", &outcome);
    expect_all(&outcome, "hole=hole");
    format_folder(path, &outcome);
    strcat(path, "/hole");
    assert_int_equal(stat(path, &file), 0);
    assert_true(file.st_blocks * 512 < 1 << 20);
    run_discard(&outcome);
}

/* --- killed --- */

/* What it had is there. */
static void check_killed_replay(const char *const *steps, const char *window, bool is_whole)
{
    const struct program program = {
        .arguments = steps,
        .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_SLOTS=1", "LIGHTSSS_FILES=200K", window),
        .preload = true};
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    run_start(&running, &program);
    run_await_sign(&running, "hangs");
    assert_int_equal(run_snapshots(running.pid, snapshots), 1);
    kill(snapshots[0], SIGKILL);
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_in_report(&outcome, "\"verdict\": \"incomplete\"");
    expect_kept(&outcome, "log", "log", is_whole);
    assert_int_equal(count_kept(&outcome), 1);
    run_discard(&outcome);
}

#define WORK "eval:3", "sleep:100", "eval:3", "sleep:100", "eval:1"
#define HANG "if_copy:sign:hangs", "if_copy:sleep:100000"

static void test_killed_replay(void **state)
{
    (void)state;
    check_killed_replay(LIST(SNAPSHOT, "open:0:wc:log", "lines:0:100", WORK, HANG, "exit:3"),
                        "LIGHTSSS_WINDOW=all", true);
    check_killed_replay(LIST(SNAPSHOT, "open:0:wc:log", "lines:0:100000", WORK, HANG, "exit:3"),
                        "LIGHTSSS_WINDOW=all", false);
}

/* No eval is announced by itself before the window begins. */
static void test_killed_in_the_dark(void **state)
{
    (void)state;
    check_killed_replay(LIST(SNAPSHOT, "open:0:wc:log", "lines:0:100", "eval:1000", "sleep:100", "eval:1000",
                             "sleep:100", "eval:20000", HANG, "eval:100", "exit:3"),
                        "LIGHTSSS_WINDOW=10evals", true);
}

/* A snapshot that dies leaves nothing to the one that replays in its place. */
static void test_second_try(void **state)
{
    const struct program program = {.arguments =
                                        LIST("eval:45", "write_name:a",
                                             "once:dies:write_name:gone+eval:2+sleep:100+eval:2+sleep:100000",
                                             "eval:4", "write_name:b", "exit:3"),
                                    .environment = EVERY_TEN,
                                    .preload = true};
    pid_t snapshots[RUN_SNAPSHOTS_MAX];
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_sign(&running, "files/gone");
    assert_int_equal(run_snapshots(running.pid, snapshots), 3);
    kill(snapshots[0], SIGKILL);
    run_wait(&running, &outcome);
    expect_exit(&outcome, 3);
    expect_reproduced(&outcome);
    expect_in_report(&outcome, "\"snapshot\": { \"number\": 4,");
    expect_all(&outcome, "a=a b=b");
    run_discard(&outcome);
}

/* The original was killed: its orphan keeps the files by itself. */
static void test_killed_original(void **state)
{
    const struct program program = {
        .arguments = LIST("open:0:wc:log", "eval:5", "fd_write:0:x", "eval:5", "touch:ready", "await:go"),
        .preload = true};
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(running.pid, SIGKILL);
    run_wait(&running, &outcome);
    expect_reproduced(&outcome);
    expect_all(&outcome, "log=log");
    run_discard(&outcome);
}

/* A waveform was asked for, and the original goes on. */
static void test_request(void **state)
{
    const struct program program = {.arguments = LIST("open:0:wc:log", "eval:5", "fd_write:0:x", "eval:5",
                                                      "touch:ready", "await:go", "exit:0"),
                                    .preload = true};
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_file(&running, "ready");
    kill(running.pid, SIGUSR1);
    run_await_sign(&running, "files/log");
    run_touch(&running, "go");
    run_wait(&running, &outcome);
    expect_exit(&outcome, 0);
    expect_reproduced(&outcome);
    expect_all(&outcome, "log=log");
    run_discard(&outcome);
}

/* --- all of them --- */

#define CASES (sizeof cases / sizeof *cases)

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_log_too_large),
        cmocka_unit_test(test_database_too_large),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_killed_replay),
        cmocka_unit_test(test_killed_in_the_dark),
        cmocka_unit_test(test_second_try),
        cmocka_unit_test(test_killed_original),
        cmocka_unit_test(test_request),
    };
    static struct CMUnitTest tests[CASES];

    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){.name = "kept", .test_func = check_case, .initial_state = (void *)&cases[i]};
    int failed = cmocka_run_group_tests_name("cases", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
