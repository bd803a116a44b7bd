/* SPDX-License-Identifier: MIT */
/* The state of a process: see proc_stat.h. The name may hold anything, so the last parenthesis counts. */
#define _GNU_SOURCE
#include "base/proc_stat.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/kernel.h"
#include "base/proc_file.h"
#include "base/proc_number.h"
#include "base/text.h"

/* Reads the whole line. NULL: there is no such process. */
static const char *read_line(pid_t pid, char buffer[PROC_STAT_SIZE])
{
    struct text path = text_in(buffer, PROC_STAT_SIZE);
    bool is_foreign = proc_number_is_foreign();
    bool is_own = is_foreign && pid == kernel_gettid();
    pid_t number = is_foreign && !is_own ? proc_number_of_process(pid) : pid;
    if (number < 0)
        return NULL;
    if (is_own)
        text_format(&path, "/proc/thread-self/stat");
    else
        text_format(&path, "/proc/%d/stat", number);
    return proc_file(buffer, buffer, PROC_STAT_SIZE);
}

static const char *behind_name(const char *line)
{
    const char *name_end = line != NULL ? strrchr(line, ')') : NULL;

    return name_end == NULL || name_end[1] == '\0' ? NULL : name_end + 2;
}

const char *proc_stat(pid_t pid, char buffer[PROC_STAT_SIZE])
{
    return behind_name(read_line(pid, buffer));
}

char proc_stat_state(pid_t pid)
{
    char buffer[PROC_STAT_SIZE];
    const char *state = proc_stat(pid, buffer);

    return state == NULL ? '\0' : *state;
}

const char *proc_stat_listed(const char *tasks, int listed, char buffer[PROC_STAT_SIZE])
{

    text_print(buffer, PROC_STAT_SIZE, "%s/%d/stat", tasks, listed);
    return behind_name(proc_file(buffer, buffer, PROC_STAT_SIZE));
}

const char *proc_stat_field(const char *stat, unsigned index)
{
    for (; index > 0 && stat != NULL; index--)
        if ((stat = strchr(stat, ' ')) != NULL)
            stat++;
    return stat;
}

int proc_stat_name(pid_t pid, char name[PROC_STAT_NAME_SIZE])
{
    char buffer[PROC_STAT_SIZE];
    const char *line = read_line(pid, buffer);
    const char *start = line != NULL ? strchr(line, '(') : NULL,
               *end = start != NULL ? strrchr(start, ')') : NULL;

    if (end == NULL)
        return -ESRCH;
    size_t length = (size_t)(end - start - 1);
    length = length < PROC_STAT_NAME_SIZE - 1 ? length : PROC_STAT_NAME_SIZE - 1;
    memcpy(name, start + 1, length);
    text_hide_controls(name, length);
    name[length] = '\0';
    return 0;
}
