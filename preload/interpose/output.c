/* SPDX-License-Identifier: MIT */
/* What the original writes to stdout and stderr, for LIGHTSSS_MATCH. stdio and C++ streams end in these two
 * functions of libc; the text is noted after it was written, and nothing of it is changed or delayed. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../match.h"
#include "../run.h"
#include "../snapshot/keeper.h"
#include "libc.h"

static ssize_t (*libc_write)(int fd, const void *bytes, size_t size);
static ssize_t (*libc_writev)(int fd, const struct iovec *parts, int count);

static bool is_output_of_original(int fd)
{
    return (fd == STDOUT_FILENO || fd == STDERR_FILENO) && run.role == RUN_ORIGINAL && run_is_self();
}

/* Where much is waiting, the next eval is not too early to search it. */
static void note(int fd, const void *bytes, size_t size)
{
    if (!match_note(fd, bytes, size) && keeper_is_evaluating_thread())
        run.hooks->due_in(1);
}

static ssize_t on_write(int fd, const void *bytes, size_t size)
{
    ssize_t written = libc_write(fd, bytes, size);

    if (written > 0 && is_output_of_original(fd))
        note(fd, bytes, (size_t)written);
    return written;
}

static ssize_t on_writev(int fd, const struct iovec *parts, int count)
{
    ssize_t written = libc_writev(fd, parts, count);

    if (written <= 0 || !is_output_of_original(fd))
        return written;
    for (size_t left = (size_t)written; left > 0; parts++) {
        size_t part = parts->iov_len < left ? parts->iov_len : left;

        note(fd, parts->iov_base, part);
        left -= part;
    }
    return written;
}

const struct libc_hook output_hooks[] = {
    {"write", (void *)on_write, (void **)&libc_write},
    {"writev", (void *)on_writev, (void **)&libc_writev},
};
const size_t output_hooks_count = sizeof output_hooks / sizeof *output_hooks;
