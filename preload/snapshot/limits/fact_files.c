/* SPDX-License-Identifier: MIT */
/* Files that the kernel answers with: see fact_files.h. */
#define _GNU_SOURCE
#include "snapshot/limits/fact_files.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/kernel.h"
#include "base/procfs.h"
#include "base/text.h"

#define TEXT_SIZE 8192u /* memory.stat of the second release is the longest, with some 2 KB */

static char bytes[TEXT_SIZE];

const char *fact_files_text(const char *path)
{
    return procfs_read(path, bytes, sizeof bytes) < 0 ? NULL : bytes;
}

/* Of the simulator itself by its thread: where its main thread has ended before the others, the process's own
 * files are empty. */
const char *fact_files_text_of(int pid, const char *name, int *error)
{
    char path[48];
    struct text text = text_in(path, sizeof path);

    if (pid == kernel_getpid())
        text_format(&text, "/proc/thread-self/%s", name);
    else
        text_format(&text, "/proc/%d/%s", pid, name);
    *error = (int)procfs_read(path, bytes, sizeof bytes);
    return *error < 0 ? NULL : bytes;
}

void fact_files_each_line(const char *path, void (*visit)(const char *line))
{
    int fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
    long r;
    size_t used = 0;
    bool too_long = false;

    if (fd < 0)
        return;
    while ((r = kernel_read(fd, bytes + used, sizeof bytes - 1 - used)) > 0) {
        char *line = bytes, *end;

        used += (size_t)r;
        bytes[used] = '\0';
        for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (!too_long)
                visit(line);
            too_long = false;
        }
        used -= (size_t)(line - bytes);
        memmove(bytes, line, used);
        if (used == sizeof bytes - 1) {
            used = 0;
            too_long = true;
        }
    }
    kernel_close(fd);
}
