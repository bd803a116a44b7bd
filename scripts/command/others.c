/* SPDX-License-Identifier: MIT */
/* See others.h. */
#include "others.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIELD_PARENT 1u /* in /proc/PID/stat, behind the name; the state is 0 */
#define FIELD_START  19u
#define LINE_SIZE    1024

bool others_each(bool (*visit)(int pid, void *context), void *context)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;
    bool goes_on = true;

    while (all != NULL && goes_on && (entry = readdir(all)) != NULL) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && pid > 0 && pid <= INT32_MAX)
            goes_on = visit((int)pid, context);
    }
    if (all != NULL)
        closedir(all);
    return goes_on;
}

static ssize_t read_number(int number, const char *name, char *bytes, size_t size)
{
    char path[64];
    size_t length = 0;
    ssize_t r;

    snprintf(path, sizeof path, "/proc/%d/%s", number, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    while (length < size - 1 && (r = read(fd, bytes + length, size - 1 - length)) > 0)
        length += (size_t)r;
    close(fd);
    bytes[length] = '\0';
    return (ssize_t)length;
}

int others_thread(int pid)
{
    char path[32], line[LINE_SIZE];
    const struct dirent *entry;
    int found = 0;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    while (threads != NULL && found == 0 && (entry = readdir(threads)) != NULL) {
        int thread = (int)strtol(entry->d_name, NULL, 10);
        const char *end =
            thread > 0 && read_number(thread, "stat", line, sizeof line) > 0 ? strrchr(line, ')') : NULL;
        if (end != NULL && end[1] == ' ' && end[2] != 'Z' && end[2] != 'X')
            found = thread;
    }
    if (threads != NULL)
        closedir(threads);
    return found != 0 ? found : pid;
}

ssize_t others_read(int pid, const char *name, char *bytes, size_t size)
{
    return read_number(others_thread(pid), name, bytes, size);
}

ssize_t others_link(int pid, const char *name, char *bytes, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", others_thread(pid), name);
    ssize_t length = readlink(path, bytes, size - 1);
    bytes[length < 0 ? 0 : length] = '\0';
    return length;
}

/* The fields behind its name, which may hold anything, so the last parenthesis counts. NULL: it is gone. */
static const char *read_fields(int pid, char line[LINE_SIZE])
{
    const char *end = read_number(pid, "stat", line, LINE_SIZE) > 0 ? strrchr(line, ')') : NULL;

    return end != NULL && end[1] == ' ' ? end + 2 : NULL;
}

static bool read_field(int pid, unsigned field, uint64_t *value)
{
    char line[LINE_SIZE];
    const char *at = read_fields(pid, line);

    for (unsigned i = 0; at != NULL && i < field; i++)
        if ((at = strchr(at, ' ')) != NULL)
            at++;
    if (at == NULL)
        return false;
    *value = strtoull(at, NULL, 10);
    return true;
}

bool others_is_stopped(int pid)
{
    char line[LINE_SIZE];
    const char *state = read_fields(others_thread(pid), line);

    return state != NULL && (*state == 'T' || *state == 't');
}

int others_parent(int pid)
{
    uint64_t parent;

    return read_field(pid, FIELD_PARENT, &parent) ? (int)parent : -1;
}

/* The last of the numbers is that of the innermost namespace. */
int others_own_number(int pid)
{
    char status[4096], *end;
    int number = 0;

    if (read_number(pid, "status", status, sizeof status) <= 0)
        return 0;
    const char *line = strstr(status, "\nNSpid:");
    if (line == NULL) /* before Linux 4.1 */
        return pid;
    for (const char *at = line + strlen("\nNSpid:"); *at == '\t'; at = end)
        number = (int)strtol(at, &end, 10);
    return number;
}

int64_t others_started_s(int pid)
{
    struct timespec since_boot, now;
    uint64_t ticks;

    if (!read_field(pid, FIELD_START, &ticks) || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0 ||
        clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return now.tv_sec - since_boot.tv_sec + (int64_t)(ticks / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t others_mapped(int pid, const char *name)
{
    char path[64], *line = NULL;
    uint64_t number = 0;
    size_t size = 0;

    snprintf(path, sizeof path, "/proc/%d/maps", others_thread(pid));
    FILE *maps = fopen(path, "re");
    if (maps == NULL)
        return 0;
    while (number == 0 && getline(&line, &size, maps) > 0)
        if (strstr(line, name) != NULL &&
            sscanf(line, "%*s %*s %*s %*s %" SCNu64, &number) != 1) /* NOLINT(cert-err34-c) */
            number = 0;
    free(line);
    fclose(maps);
    return number;
}
