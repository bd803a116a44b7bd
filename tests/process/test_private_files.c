/* SPDX-License-Identifier: MIT */
/* Files of a replay's own: filled as the user's file was, known by it, and gone with the process. */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "restore/private_files.h"
#include "run/run.h"
#include "run/run_directory.h"

#define HOLE 1000000

static struct shared_page page = {.original_pid = 1};
static char directory[] = "/tmp/lightsss-test.XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    run.page = &page;
    snprintf(run.program, sizeof run.program, "program");
    snprintf(run.base_directory, sizeof run.base_directory, "%s", directory);
    return run_directory_make();
}

static int remove_directory(void **state)
{
    char name[PATH_MAX];

    (void)state;
    snprintf(name, sizeof name, "%s/user", directory);
    unlink(name);
    snprintf(name, sizeof name, "%s/program.1", directory);
    return rmdir(name) | rmdir(directory); /* both are empty */
}

static int user_file(int flags)
{
    char name[PATH_MAX];

    snprintf(name, sizeof name, "%s/user", directory);
    int fd = open(name, flags | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void expect_bytes(int fd, off_t at, const char *bytes)
{
    char found[64];

    assert_int_equal(pread(fd, found, strlen(bytes), at), strlen(bytes));
    assert_memory_equal(found, bytes, strlen(bytes));
}

/* The number is none that the simulator may get, and its limit is as before. */
static void test_number(void **state)
{
    struct rlimit before, after;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &before);
    for (rlim_t limit = 64; limit <= before.rlim_max && limit <= 4096; limit *= 8) {
        const struct rlimit low = {limit, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &low);
        int fd = private_file_create();
        assert_true(fd >= (int)(limit < before.rlim_max ? limit : limit / 2));
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
        getrlimit(RLIMIT_NOFILE, &after);
        assert_memory_equal(&after, &low, sizeof after);
        close(fd);
    }
    setrlimit(RLIMIT_NOFILE, &before);
}

/* Up to a size, from a descriptor that cannot read, without moving an offset; holes stay. */
static void test_fill(void **state)
{
    struct stat file;

    (void)state;
    int user = user_file(O_WRONLY | O_CREAT | O_TRUNC);
    assert_int_equal(pwrite(user, "first", 5, 0), 5);
    assert_int_equal(pwrite(user, "second", 6, HOLE), 6);
    lseek(user, 3, SEEK_SET);
    int fd = private_file_create();
    assert_int_equal(private_file_fill(fd, user, HOLE + 3), 0);
    assert_int_equal(fstat(fd, &file), 0);
    assert_int_equal(file.st_size, HOLE + 3);
    assert_true(file.st_blocks * 512 < HOLE / 2);
    expect_bytes(fd, 0, "first");
    expect_bytes(fd, HOLE, "sec");
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    assert_int_equal(lseek(user, 0, SEEK_CUR), 3);
    assert_int_equal(private_file_fill(fd, user, (uint64_t)HOLE * 2), 0);
    assert_int_equal(fstat(fd, &file), 0);
    assert_int_equal(file.st_size, HOLE + 6);
    assert_int_equal(private_file_fill(fd, user, 2), 0);
    assert_int_equal(fstat(fd, &file), 0);
    assert_int_equal(file.st_size, 2);
    close(fd);
    close(user);
}

static void test_reopen(void **state)
{
    (void)state;
    int fd = private_file_create();
    assert_int_equal(write(fd, "abc", 3), 3);
    int appending = private_file_reopen(fd, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW);
    assert_true(appending >= 0);
    assert_int_equal(lseek(appending, 0, SEEK_CUR), 0);
    assert_int_equal(write(appending, "def", 3), 3);
    assert_int_equal(read(appending, &(char){0}, 1), -1);
    expect_bytes(fd, 0, "abcdef");
    int truncated = private_file_reopen(fd, O_RDONLY | O_TRUNC);
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    close(truncated);
    close(appending);
    close(fd);
}

/* What nobody reads is a hole until somebody does; what was written meanwhile stays. */
static void test_fill_later(void **state)
{
    static char bytes[3 * 4096 + 10];
    struct stat file;

    (void)state;
    memset(bytes, 'u', sizeof bytes);
    int user = user_file(O_WRONLY | O_CREAT | O_TRUNC);
    assert_int_equal(write(user, bytes, sizeof bytes), sizeof bytes);
    int fd = private_file_create();
    assert_int_equal(private_file_add(7, 8, fd), 0);
    assert_int_equal(private_file_fill_later(fd, user, sizeof bytes), 0);
    close(user);
    assert_int_equal(fstat(fd, &file), 0);
    assert_int_equal(file.st_size, sizeof bytes);
    assert_true(file.st_blocks * 512 <= 4096);
    int writer = private_file_reopen(fd, O_WRONLY | O_APPEND);
    assert_int_equal(write(writer, "end", 3), 3);
    memset(bytes, 'w', 4096);
    assert_int_equal(pwrite(fd, bytes, 4096, 4096), 4096);
    expect_bytes(fd, 8192, (const char[2]){0});
    int reader = private_file_reopen(fd, O_RDONLY);
    expect_bytes(reader, 0, "uuuu");
    expect_bytes(reader, 4095, "uwww");
    expect_bytes(reader, 8191, "wuuu");
    expect_bytes(reader, sizeof bytes - 2, "uuend");
    close(reader);
    close(writer);
    close(fd);
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(private_file_find(1, 2), -1);
    assert_int_equal(private_file_add(1, 2, 70), 0);
    assert_int_equal(private_file_add(1, 3, 71), 0);
    assert_int_equal(private_file_add(2, 2, 0), 0);
    assert_int_equal(private_file_find(1, 2), 70);
    assert_int_equal(private_file_find(1, 3), 71);
    assert_int_equal(private_file_find(2, 2), 0);
    assert_int_equal(private_file_find(2, 3), -1);
    int r = 0;
    for (ino_t inode = 10; r == 0 && inode < 100000; inode++)
        r = private_file_add(1, inode, 72);
    assert_int_equal(r, -ENOSPC);
    assert_int_equal(private_file_find(1, 2), 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number),     cmocka_unit_test(test_fill), cmocka_unit_test(test_reopen),
        cmocka_unit_test(test_fill_later), cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
