/* SPDX-License-Identifier: MIT */
/* See procfs.h. No opendir: it needs the heap. */
#define _GNU_SOURCE
#include "base/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/text.h"

#define TEXT_SIZE       2048
#define OWN_DESCRIPTORS "/proc/thread-self/fd"

long procfs_read(const char *path, char *buffer, size_t size)
{
    int fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    long r = fd;

    while (fd >= 0 && (r = kernel_read(fd, buffer + length, size - 1 - length)) > 0)
        length += (size_t)r;
    kernel_close(fd);
    buffer[length] = '\0';
    return r < 0 ? r : (long)length;
}

const char *procfs_file(const char *path, char *buffer, size_t size)
{
    return procfs_read(path, buffer, size) < 0 ? NULL : buffer;
}

/* --- lists --- */

static int list_part(const char *bytes, long length, int hidden, int (*visit)(int number, void *context),
                     void *context)
{
    int r = 0;

    for (long at = 0; at < length && r == 0;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(bytes + at);
        bool is_number = *entry->d_name >= '0' && *entry->d_name <= '9';
        int number = is_number ? (int)strtol(entry->d_name, NULL, 10) : -1;

        at += entry->d_reclen;
        if (number >= 0 && number != hidden)
            r = visit(number, context);
    }
    return r;
}

static int list(const char *path, bool hides_itself, int (*visit)(int number, void *context), void *context)
{
    _Alignas(struct dirent64) char buffer[4096];
    int fd = kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    long length = fd;

    while (fd >= 0 && r == 0 && (length = raw_syscall3(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        r = list_part(buffer, length, hides_itself ? fd : -1, visit, context);
    kernel_close(fd);
    return r != 0 ? r : (int)length;
}

int procfs_each(const char *path, int (*visit)(int number, void *context), void *context)
{
    return list(path, false, visit, context);
}

int procfs_descriptors(int (*visit)(int fd, void *context), void *context)
{
    return list(OWN_DESCRIPTORS, true, visit, context);
}

uint64_t procfs_descriptors_count(void)
{
    struct stat found;

    return kernel_stat(OWN_DESCRIPTORS, &found) < 0 ? 0 : (uint64_t)found.st_size;
}

/* --- whose numbers: of a process the kernel tells it where it describes a pidfd, of a thread in its status
 * --- */

bool procfs_is_foreign(void)
{
    char target[16];
    long length = kernel_readlink("/proc/self", target, sizeof target);

    return length > 0 && strtol(target, NULL, 10) != kernel_getpid();
}

/* The line behind this name in the file whose path is in the buffer; NULL: there is none. */
static const char *read_field(const char *name, char buffer[TEXT_SIZE])
{
    const char *text = procfs_file(buffer, buffer, TEXT_SIZE);
    const char *line = text != NULL ? strstr(text, name) : NULL;

    return line != NULL ? line + strlen(name) : NULL;
}

pid_t procfs_number_of_process(pid_t pid)
{
    char buffer[TEXT_SIZE];
    int fd = kernel_pidfd_open(pid);

    if (fd < 0)
        return -1;
    text_print(buffer, sizeof buffer, "/proc/thread-self/fdinfo/%d", fd);
    const char *line = read_field("\nPid:", buffer);
    kernel_close(fd);
    return line == NULL ? -1 : (pid_t)strtol(line, NULL, 10);
}

/* The last of the numbers is that of the innermost namespace. */
pid_t procfs_number_of_thread(const char *tasks, int listed)
{
    char buffer[TEXT_SIZE];
    char *end = NULL;
    long number = -1;

    text_print(buffer, sizeof buffer, "%s/%d/status", tasks, listed);
    const char *line = read_field("\nNSpid:", buffer);
    while (line != NULL && *line == '\t') {
        number = strtol(line, &end, 10);
        line = end;
    }
    return (pid_t)number;
}

/* --- the line of a process: its name may hold anything, so the last parenthesis counts --- */

/* Reads the whole line. NULL: there is no such process. */
static const char *read_line(pid_t pid, char buffer[PROCFS_STAT_SIZE])
{
    struct text path = text_in(buffer, PROCFS_STAT_SIZE);
    bool is_foreign = procfs_is_foreign();
    bool is_own = is_foreign && pid == kernel_gettid();
    pid_t number = is_foreign && !is_own ? procfs_number_of_process(pid) : pid;

    if (number < 0)
        return NULL;
    if (is_own)
        text_format(&path, "/proc/thread-self/stat");
    else
        text_format(&path, "/proc/%d/stat", number);
    return procfs_file(buffer, buffer, PROCFS_STAT_SIZE);
}

static const char *behind_name(const char *line)
{
    const char *name_end = line != NULL ? strrchr(line, ')') : NULL;

    return name_end == NULL || name_end[1] == '\0' ? NULL : name_end + 2;
}

const char *procfs_stat(pid_t pid, char buffer[PROCFS_STAT_SIZE])
{
    return behind_name(read_line(pid, buffer));
}

char procfs_state(pid_t pid)
{
    char buffer[PROCFS_STAT_SIZE];
    const char *state = procfs_stat(pid, buffer);

    return state == NULL ? '\0' : *state;
}

const char *procfs_stat_listed(const char *tasks, int listed, char buffer[PROCFS_STAT_SIZE])
{
    text_print(buffer, PROCFS_STAT_SIZE, "%s/%d/stat", tasks, listed);
    return behind_name(procfs_file(buffer, buffer, PROCFS_STAT_SIZE));
}

const char *procfs_stat_field(const char *stat, unsigned index)
{
    for (; index > 0 && stat != NULL; index--)
        if ((stat = strchr(stat, ' ')) != NULL)
            stat++;
    return stat;
}

int procfs_name(pid_t pid, char name[PROCFS_NAME_SIZE])
{
    char buffer[PROCFS_STAT_SIZE];
    const char *line = read_line(pid, buffer);
    const char *start = line != NULL ? strchr(line, '(') : NULL,
               *end = start != NULL ? strrchr(start, ')') : NULL;

    if (end == NULL)
        return -ESRCH;
    size_t length = (size_t)(end - start - 1);
    length = length < PROCFS_NAME_SIZE - 1 ? length : PROCFS_NAME_SIZE - 1;
    memcpy(name, start + 1, length);
    text_hide_controls(name, length);
    name[length] = '\0';
    return 0;
}
