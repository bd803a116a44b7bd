/* SPDX-License-Identifier: MIT */
/* What is open is taken down as it is, whatever was closed and opened since the last time. */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot/descriptors.h"

#define NUMBERS 64

/* Each number that is open, and no other, with its file. */
static void expect_truth(void)
{
    size_t open_count = 0;

    assert_int_equal(descriptors_take(), 0);
    for (int fd = 0; fd < NUMBERS; fd++) {
        struct stat file;
        const struct descriptor *found = descriptors_find(fd);

        if (fstat(fd, &file) != 0) {
            assert_null(found);
            continue;
        }
        open_count++;
        assert_non_null(found);
        assert_int_equal(found->file.st_ino, file.st_ino);
        assert_int_equal(found->file.st_dev, file.st_dev);
        if (S_ISREG(file.st_mode))
            assert_int_equal(found->offset, lseek(fd, 0, SEEK_CUR));
    }
    assert_int_equal(descriptors_count(), open_count);
}

static void open_at(int number, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_return_code(fd, errno);
    assert_int_equal(dup2(fd, number), number);
    close(fd);
}

static void test_changes(void **state)
{
    (void)state;
    open_at(20, "/proc/self/exe");
    open_at(21, "/dev/null");
    expect_truth();
    lseek(20, 77, SEEK_SET);
    expect_truth(); /* the same numbers */
    open_at(21, "/proc/self/exe");
    expect_truth(); /* another file */
    close(20);
    open_at(22, "/dev/null");
    expect_truth(); /* as many */
    open_at(20, "/dev/zero");
    expect_truth(); /* more */
    close(20);
    close(21);
    expect_truth(); /* fewer */
    close(22);
    expect_truth();
    expect_truth();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
