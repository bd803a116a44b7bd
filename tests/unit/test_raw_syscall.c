/* SPDX-License-Identifier: MIT */
/* Raw system calls against libc's: every argument arrives in its place, errors come back as -errno. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/raw_syscall.h"

static void results(void **state)
{
    int fds[2] = {-1, -1};
    char bytes[4] = "";

    (void)state;
    assert_int_equal(raw_syscall0(SYS_getpid), getpid());
    assert_int_equal(raw_syscall1(SYS_getpgid, 0), getpgrp());
    assert_int_equal(raw_syscall2(SYS_pipe2, (long)fds, O_CLOEXEC), 0);
    assert_int_equal(raw_syscall3(SYS_write, fds[1], (long)"abc", 3), 3);
    assert_int_equal(read(fds[0], bytes, sizeof(bytes)), 3);
    assert_string_equal(bytes, "abc");
    close(fds[0]);
    close(fds[1]);
}

static void four_and_five_arguments(void **state)
{
    int fd = memfd_create("raw_syscall", 0);
    char bytes[4] = "";

    (void)state;
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(raw_syscall4(SYS_pwrite64, fd, (long)"xyz", 3, 50), 3);
    assert_int_equal(pread(fd, bytes, 3, 50), 3);
    assert_string_equal(bytes, "xyz");
    assert_int_equal(raw_syscall5(SYS_statx, fd, (long)"", AT_EMPTY_PATH, 0, 0), -EFAULT);
    close(fd);
}

/* mmap takes six: the offset, the last one, decides which page is seen. */
static void six_arguments(void **state)
{
    int fd = memfd_create("raw_syscall", 0);
    long page = sysconf(_SC_PAGESIZE);
    long address;

    (void)state;
    assert_int_equal(ftruncate(fd, 2 * page), 0);
    assert_int_equal(pwrite(fd, "second", 6, page), 6);
    address = raw_syscall6(SYS_mmap, 0, page, PROT_READ, MAP_SHARED, fd, page);
    assert_true(address > 0);
    assert_memory_equal((const char *)address, "second", 6);
    munmap((void *)address, (size_t)page);
    close(fd);
}

static void errors_leave_errno_alone(void **state)
{
    (void)state;
    errno = ENOTTY;
    assert_int_equal(raw_syscall1(SYS_close, -1), -EBADF);
    assert_int_equal(errno, ENOTTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results),
        cmocka_unit_test(four_and_five_arguments),
        cmocka_unit_test(six_arguments),
        cmocka_unit_test(errors_leave_errno_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
