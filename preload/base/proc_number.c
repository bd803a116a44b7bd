/* SPDX-License-Identifier: MIT */
/* See proc_number.h. Of a process the kernel tells it where it describes a pidfd, of a thread in its status.
 */
#define _GNU_SOURCE
#include "base/proc_number.h"

#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/proc_file.h"
#include "base/text.h"

#define PATH_SIZE 64
#define TEXT_SIZE 2048

bool proc_number_is_foreign(void)
{
    char target[16];
    long length = kernel_readlink("/proc/self", target, sizeof target - 1);

    if (length <= 0)
        return false;
    target[length] = '\0';
    return strtol(target, NULL, 10) != kernel_getpid();
}

/* The line behind this name; NULL: there is none. */
static const char *read_line(const char *path, const char *name, char buffer[TEXT_SIZE])
{
    const char *text = proc_file(path, buffer, TEXT_SIZE);
    const char *line = text != NULL ? strstr(text, name) : NULL;

    return line != NULL ? line + strlen(name) : NULL;
}

pid_t proc_number_of_process(pid_t pid)
{
    char buffer[TEXT_SIZE], path_bytes[PATH_SIZE];
    int fd = kernel_pidfd_open(pid);

    if (fd < 0)
        return -1;
    text_print(path_bytes, sizeof path_bytes, "/proc/thread-self/fdinfo/%d", fd);
    const char *line = read_line(path_bytes, "\nPid:", buffer);
    kernel_close(fd);
    return line == NULL ? -1 : (pid_t)strtol(line, NULL, 10);
}

/* The last of the numbers is that of the innermost namespace. */
pid_t proc_number_of_thread(const char *tasks, int listed)
{
    char buffer[TEXT_SIZE], path_bytes[PATH_SIZE];
    char *end = NULL;
    long number = -1;

    text_print(path_bytes, sizeof path_bytes, "%s/%d/status", tasks, listed);
    const char *line = read_line(path_bytes, "\nNSpid:", buffer);
    while (line != NULL && *line == '\t') {
        number = strtol(line, &end, 10);
        line = end;
    }
    return (pid_t)number;
}
