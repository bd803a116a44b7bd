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

int run_directory_make(void)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct text path;

    long r = raw_syscall3(SYS_mkdirat, AT_FDCWD, (long)run.base_directory, 0777);
    if (r < 0 && r != -EEXIST)
        return (int)r;
    for (run.page->run_suffix = 0; run.page->run_suffix < SUFFIX_MAX; run.page->run_suffix++) {
        text_init(&path, buffer, sizeof buffer);
        format_directory(&path);
        if (path.cut)
            return -ENAMETOOLONG;
        r = raw_syscall3(SYS_mkdirat, AT_FDCWD, (long)buffer, 0700);
        if (r != -EEXIST)
            return (int)r;
    }
    return -EEXIST;
}

int run_directory_create(const char *name)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct text path;

    text_init(&path, buffer, sizeof buffer);
    run_directory_path(&path, name);
    if (path.cut)
        return -ENAMETOOLONG;
    return (int)raw_syscall4(SYS_openat, AT_FDCWD, (long)buffer,
                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
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

int run_directory_write(const char *name, const struct text *contents)
{
    int fd = run_directory_create(name);

    if (fd < 0)
        return fd;
    long r = raw_syscall3(SYS_write, fd, (long)contents->bytes, (long)contents->length);
    raw_syscall1(SYS_close, fd);
    return r < 0 ? (int)r : (size_t)r < contents->length ? -ENOSPC : 0;
}
