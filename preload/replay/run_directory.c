/* SPDX-License-Identifier: MIT */
/* Makes and names the run directory: see run_directory.h. */
#define _GNU_SOURCE
#include "run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../raw_syscall.h"
#include "../run.h"

#define SUFFIX_MAX 1000u
#define NOBODY     65534
#define NEW_NAME   ".new"

static void format_directory(struct text *path)
{
    text_format(path, "%s/%s.%d", run.base_directory, run.program, run.page->original_pid);
    if (run.page->run_suffix != 0)
        text_format(path, ".%u", run.page->run_suffix);
}

void run_directory_path(struct text *path, const char *name)
{
    format_directory(path);
    if (*name != '\0')
        text_format(path, "/%s", name);
}

/* Opens it by its name, following no link there. Returns a descriptor that only finds its files, or -errno.
 */
static int open_directory(struct stat *status)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct text path;

    text_init(&path, buffer, sizeof buffer);
    format_directory(&path);
    long fd =
        raw_syscall4(SYS_openat, AT_FDCWD, (long)buffer, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return (int)fd;
    long r = raw_syscall4(SYS_newfstatat, fd, (long)"", (long)status, AT_EMPTY_PATH);
    if (r < 0) {
        raw_syscall1(SYS_close, fd);
        return (int)r;
    }
    return (int)fd;
}

/* Who may write to DIR may put another directory in the place of ours: what was just made is taken down, so
 * that nothing else is written to later. Some shared file systems show root as the owner of everything, and
 * NFS shows nobody as that of what root makes. */
static int note_made(void)
{
    uid_t self = (uid_t)raw_syscall0(SYS_geteuid);
    struct stat status;

    int fd = open_directory(&status);
    if (fd < 0)
        return fd;
    raw_syscall1(SYS_close, fd);
    if (status.st_uid != self && status.st_uid != 0 && !(self == 0 && status.st_uid == NOBODY))
        return -EPERM;
    run.page->run_device = status.st_dev;
    run.page->run_inode = status.st_ino;
    return 0;
}

/* Opens the one that was made. */
static int open_made(void)
{
    struct stat status;

    int fd = open_directory(&status);
    if (fd < 0 || (status.st_dev == run.page->run_device && status.st_ino == run.page->run_inode))
        return fd;
    raw_syscall1(SYS_close, fd);
    return -ESTALE;
}

static int make_own(void)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct text path;

    for (run.page->run_suffix = 0; run.page->run_suffix < SUFFIX_MAX; run.page->run_suffix++) {
        text_init(&path, buffer, sizeof buffer);
        format_directory(&path);
        if (path.cut)
            return -ENAMETOOLONG;
        long r = raw_syscall3(SYS_mkdirat, AT_FDCWD, (long)buffer, 0700);
        if (r == -EEXIST)
            continue;
        int error = r < 0 ? (int)r : note_made();
        if (r == 0 && (error == -EMFILE || error == -ENFILE)) /* it is ours, and stays empty */
            raw_syscall3(SYS_unlinkat, AT_FDCWD, (long)buffer, AT_REMOVEDIR);
        return error;
    }
    return -EEXIST;
}

int run_directory_make(void)
{
    long made = raw_syscall3(SYS_mkdirat, AT_FDCWD, (long)run.base_directory, 0777);

    if (made < 0 && made != -EEXIST)
        return (int)made;
    int r = make_own();
    if (r < 0 && made == 0)
        raw_syscall3(SYS_unlinkat, AT_FDCWD, (long)run.base_directory, AT_REMOVEDIR);
    return r;
}

int run_directory_reserve(size_t size)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct text path;

    text_init(&path, buffer, sizeof buffer);
    run_directory_path(&path, "");
    int fd = (int)raw_syscall4(SYS_openat, AT_FDCWD, (long)buffer, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd >= 0)
        raw_syscall4(SYS_fallocate, fd, 0, 0, (long)size);
    return fd;
}

static int create_in(int directory, const char *name)
{
    return (int)raw_syscall4(SYS_openat, directory, (long)name,
                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int run_directory_create(const char *name)
{
    int directory = open_made();

    if (directory < 0)
        return directory;
    int fd = create_in(directory, name);
    raw_syscall1(SYS_close, directory);
    return fd;
}

static int write_whole(int fd, const struct text *contents)
{
    long r = raw_syscall3(SYS_write, fd, (long)contents->bytes, (long)contents->length);

    return r < 0 ? (int)r : (size_t)r < contents->length ? -ENOSPC : 0;
}

int run_directory_write(const char *name, const struct text *contents)
{
    int directory = open_made();

    if (directory < 0)
        return directory;
    int fd = create_in(directory, NEW_NAME);
    int r = fd < 0 ? fd : write_whole(fd, contents);
    if (fd >= 0)
        raw_syscall1(SYS_close, fd);
    if (r == 0)
        r = (int)raw_syscall4(SYS_renameat, directory, (long)NEW_NAME, directory, (long)name);
    if (r < 0 && fd >= 0)
        raw_syscall3(SYS_unlinkat, directory, (long)NEW_NAME, 0);
    raw_syscall1(SYS_close, directory);
    return r;
}
