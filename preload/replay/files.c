/* SPDX-License-Identifier: MIT */
/* What a copy does with the descriptors it inherits: see files.h. */
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../proc_list.h"
#include "../raw_syscall.h"
#include "run_directory.h"

/* Devices of major number 1 that keep no state: null, zero, full, random, urandom. */
static bool is_harmless_device(const struct stat *file)
{
    return major(file->st_rdev) == 1 && minor(file->st_rdev) >= 3 && minor(file->st_rdev) <= 9;
}

/* May the copy keep this descriptor as it is? Descriptors without a file type of their own (eventfd, epoll,
 * timerfd) stay: nobody waits for their end. */
static bool may_stay(int fd, long flags)
{
    struct stat file;

    if (raw_syscall2(SYS_fstat, fd, (long)&file) < 0)
        return true;
    switch (file.st_mode & S_IFMT) {
    case S_IFREG:
    case S_IFBLK:
        return (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0;
    case S_IFCHR:
        return is_harmless_device(&file);
    case S_IFIFO:
    case S_IFSOCK:
        return (flags & O_PATH) != 0;
    default:
        return true;
    }
}

/* A file that is only read gets an open file description of its own: the replay must not move the offset that
 * the original shares with its parent (`while read line; do ./emu; done <list`), nor hold its locks. */
static void detach_reader(int fd, long flags)
{
    char path[32];
    struct stat file;
    struct text text;

    if (raw_syscall2(SYS_fstat, fd, (long)&file) < 0 || !S_ISREG(file.st_mode) || (flags & O_PATH) != 0)
        return;
    text_init(&text, path, sizeof path);
    text_format(&text, "/proc/self/fd/%d", fd);
    long offset = raw_syscall3(SYS_lseek, fd, 0, SEEK_CUR);
    long own = raw_syscall4(SYS_openat, AT_FDCWD, (long)path, (flags & O_NONBLOCK) | O_RDONLY | O_CLOEXEC, 0);
    if (own < 0)
        return;
    long descriptor_flags = raw_syscall2(SYS_fcntl, fd, F_GETFD);
    if (offset >= 0)
        raw_syscall3(SYS_lseek, own, offset, SEEK_SET);
    raw_syscall3(SYS_dup3, own, fd, (descriptor_flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    raw_syscall1(SYS_close, own);
}

static void let_go(int fd, int *null_fd)
{
    long flags = raw_syscall2(SYS_fcntl, fd, F_GETFL);

    if (flags < 0)
        return;
    if (may_stay(fd, flags)) {
        detach_reader(fd, flags);
        return;
    }
    if (*null_fd < 0)
        *null_fd = (int)raw_syscall4(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDWR | O_CLOEXEC, 0);
    long descriptor_flags = raw_syscall2(SYS_fcntl, fd, F_GETFD);
    /* Without /dev/null (a bare chroot, no descriptor left) closing still keeps the user's files safe. */
    if (*null_fd < 0 ||
        raw_syscall3(SYS_dup3, *null_fd, fd, (descriptor_flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0) < 0)
        raw_syscall1(SYS_close, fd);
}

struct letting_go {
    int list_fd;
    int null_fd;
};

static int visit(int fd, void *context)
{
    struct letting_go *state = context;

    if (fd != state->list_fd && fd != state->null_fd && fd < 1000)
        let_go(fd, &state->null_fd);
    return 0;
}

void files_let_go(void)
{
    struct letting_go state = {proc_list_open("/proc/self/fd"), -1};

    if (state.list_fd < 0)
        return;
    proc_list_each(state.list_fd, visit, &state);
    raw_syscall1(SYS_close, state.list_fd);
    if (state.null_fd >= 0)
        raw_syscall1(SYS_close, state.null_fd);
}

static int redirect(int fd, const char *name)
{
    if (raw_syscall2(SYS_fcntl, fd, F_GETFD) < 0)
        return 0; /* the simulator has closed it */
    long file = run_directory_create(name);
    if (file < 0)
        return (int)file;
    long r = raw_syscall3(SYS_dup3, file, fd, 0);
    raw_syscall1(SYS_close, file);
    return r < 0 ? (int)r : 0;
}

int files_redirect_output(void)
{
    int r = redirect(1, "replay.stdout");

    return r < 0 ? r : redirect(2, "replay.stderr");
}
