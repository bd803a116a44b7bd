/* SPDX-License-Identifier: MIT */
/* Raw system calls against libc's, and those with types: every argument arrives in its place, errors come
 * back as -errno. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"

static void results(void **state)
{
    int fds[2] = {-1, -1};
    char bytes[4] = "";

    (void)state;
    assert_int_equal(raw_syscall0(SYS_getpid), getpid());
    assert_int_equal(raw_syscall1(SYS_getpgid, 0), getpgrp());
    assert_int_equal(raw_syscall2(SYS_pipe2, fds, O_CLOEXEC), 0);
    assert_int_equal(raw_syscall3(SYS_write, fds[1], "abc", 3), 3);
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
    assert_int_equal(raw_syscall4(SYS_pwrite64, fd, "xyz", 3, 50), 3);
    assert_int_equal(pread(fd, bytes, 3, 50), 3);
    assert_string_equal(bytes, "xyz");
    assert_int_equal(raw_syscall5(SYS_statx, fd, "", AT_EMPTY_PATH, 0, 0), -EFAULT);
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

/* What a typed one leaves out or adds is in its place too. */
static void typed(void **state)
{
    int fd = kernel_memfd_create("kernel", MFD_CLOEXEC);
    char bytes[4] = "", path[32];
    struct stat status;

    (void)state;
    assert_int_equal(kernel_ftruncate(fd, 100), 0);
    assert_int_equal(kernel_pwrite(fd, "xyz", 3, 50), 3);
    assert_int_equal(kernel_lseek(fd, 51, SEEK_SET), 51);
    assert_int_equal(kernel_read(fd, bytes, 2), 2);
    assert_string_equal(bytes, "yz");
    assert_int_equal(kernel_fstat(fd, &status), 0);
    assert_int_equal(status.st_size, 100);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_int_equal(kernel_stat(path, &status), 0);
    assert_int_equal(status.st_size, 100);
    assert_int_equal(kernel_fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(kernel_close(fd), 0);
    assert_int_equal(kernel_open("/dev/null/x", O_RDONLY), -ENOTDIR);
}

static void typed_signals(void **state)
{
    const uint64_t usr1 = UINT64_C(1) << (SIGUSR1 - 1);
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE, .si_value.sival_int = 7};
    struct kernel_action action = {.handler = (void *)SIG_IGN}, now;
    uint64_t before;

    (void)state;
    assert_int_equal(kernel_sigprocmask(SIG_BLOCK, &usr1, &before), 0);
    assert_int_equal(kernel_queue(SIGUSR1, &info), 0);
    assert_true((kernel_sigpending() & usr1) != 0);
    assert_int_equal(kernel_sigtake(&usr1, &info), SIGUSR1);
    assert_int_equal(info.si_value.sival_int, 7);
    assert_int_equal(kernel_sigtake(&usr1, NULL), -EAGAIN);
    assert_int_equal(kernel_sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(kernel_sigprocmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(kernel_tgkill(kernel_getpid(), kernel_gettid(), SIGUSR1), 0);
    assert_int_equal(kernel_sigaction(SIGUSR1, NULL, &now), 0);
    assert_ptr_equal(now.handler, (void *)SIG_IGN);
}

static void typed_waits(void **state)
{
    uint32_t word = 1;
    struct pollfd none = {.fd = -1};
    const struct timespec now = {0, 0};

    (void)state;
    assert_int_equal(kernel_futex_wait(&word, 0, 0), -EAGAIN);
    assert_int_equal(kernel_futex_wait(&word, 1, 1000), -ETIMEDOUT);
    assert_int_equal(kernel_futex(&word, FUTEX_WAIT, 1, 1000), -ETIMEDOUT);
    assert_int_equal(kernel_futex_wake(&word, 1), 0);
    assert_int_equal(kernel_sleep(1000), 0);
    assert_int_equal(kernel_ppoll(&none, 1, &now), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results),       cmocka_unit_test(four_and_five_arguments),
        cmocka_unit_test(six_arguments), cmocka_unit_test(errors_leave_errno_alone),
        cmocka_unit_test(typed),         cmocka_unit_test(typed_signals),
        cmocka_unit_test(typed_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
