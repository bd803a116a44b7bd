/* SPDX-License-Identifier: MIT */
/* Files that the kernel answers with: see fact_files.h. */
#define _GNU_SOURCE
#include "snapshot/limits/fact_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"
#include "base/text.h"

#define TEXT_SIZE 8192u /* memory.stat of the second release is the longest, with some 2 KB */

static char bytes[TEXT_SIZE];

static long open_file(const char *path)
{
    return raw_syscall4(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
}

static int read_file(const char *path)
{
    long fd = open_file(path), size = 0, r;

    if (fd < 0)
        return (int)fd;
    do {
        r = raw_syscall3(SYS_read, fd, (long)(bytes + size), (long)sizeof bytes - 1 - size);
        size += r > 0 ? r : 0;
    } while (r > 0);
    raw_syscall1(SYS_close, fd);
    bytes[size] = '\0';
    return (int)r;
}

const char *fact_files_text(const char *path)
{
    return read_file(path) < 0 ? NULL : bytes;
}

/* Of the simulator itself by its thread: where its main thread has ended before the others, the process's own
 * files are empty. */
const char *fact_files_text_of(int pid, const char *name, int *error)
{
    char path[48];
    struct text text;

    text_init(&text, path, sizeof path);
    if (pid == raw_syscall0(SYS_getpid))
        text_format(&text, "/proc/thread-self/%s", name);
    else
        text_format(&text, "/proc/%d/%s", pid, name);
    *error = read_file(path);
    return *error < 0 ? NULL : bytes;
}

void fact_files_each_line(const char *path, void (*take)(const char *line))
{
    long fd = open_file(path), r;
    size_t used = 0;
    bool too_long = false;

    if (fd < 0)
        return;
    while ((r = raw_syscall3(SYS_read, fd, (long)(bytes + used), (long)(sizeof bytes - 1 - used))) > 0) {
        char *line = bytes, *end;

        used += (size_t)r;
        bytes[used] = '\0';
        for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (!too_long)
                take(line);
            too_long = false;
        }
        used -= (size_t)(line - bytes);
        memmove(bytes, line, used);
        if (used == sizeof bytes - 1) {
            used = 0;
            too_long = true;
        }
    }
    raw_syscall1(SYS_close, fd);
}
