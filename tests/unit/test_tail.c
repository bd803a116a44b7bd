/* SPDX-License-Identifier: MIT */
/* The last lines of files of every length. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tail.h"

static char path[] = "/tmp/lightsss-test-tail.XXXXXX";
static struct tail tail;

static void check(const char *bytes, size_t length, unsigned lines, const char *right, bool is_cut)
{
    FILE *file = fopen(path, "w");

    fwrite(bytes, 1, length, file);
    fclose(file);
    assert_int_equal(tail_read(&tail, path, lines), *right != '\0');
    assert_int_equal(tail.length, strlen(right));
    assert_memory_equal(tail.bytes, right, tail.length);
    if (*right != '\0')
        assert_int_equal(tail.is_cut, is_cut);
}

static void lines(void **state)
{
    (void)state;
    check("", 0, 3, "", false);
    check("a", 1, 3, "a", false);
    check("a\nb\nc\n", 6, 3, "a\nb\nc\n", false);
    check("a\nb\nc\nd\n", 8, 3, "b\nc\nd\n", true);
    check("a\nb\nc\nd", 7, 3, "b\nc\nd", true);
    check("\n\n\n\n", 4, 2, "\n\n", true);
}

static void large(void **state)
{
    static char bytes[3 * TAIL_SIZE];

    (void)state;
    memset(bytes, 'x', sizeof bytes); /* one line without end: what fits of it */
    FILE *file = fopen(path, "w");
    fwrite(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(tail_read(&tail, path, 3));
    assert_int_equal(tail.length, TAIL_SIZE);
    assert_true(tail.is_cut);
}

/* The begin of the first line is not there: it is left out. */
static void cut_inside_a_line(void **state)
{
    static char bytes[TAIL_SIZE + 100];

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    bytes[TAIL_SIZE] = '\n';
    bytes[sizeof bytes - 1] = '\n';
    FILE *file = fopen(path, "w");
    fwrite(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(tail_read(&tail, path, 5));
    assert_int_equal(tail.length, sizeof bytes - TAIL_SIZE - 1);
    assert_true(tail.is_cut);
}

static void odd_files(void **state)
{
    (void)state;
    unlink(path);
    assert_false(tail_read(&tail, path, 5));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(tail_read(&tail, path, 5));
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_false(tail_read(&tail, path, 5));
}

static int remove_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(large),
        cmocka_unit_test(cut_inside_a_line),
        cmocka_unit_test(odd_files),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
