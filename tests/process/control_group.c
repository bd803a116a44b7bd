/* SPDX-License-Identifier: MIT */
/* Control groups of tests: see control_group.h. */
#define _GNU_SOURCE
#include "control_group.h"

#include "process.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void path_of(const struct control_group *group, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", group->directory, name);
}

bool control_group_write(const struct control_group *group, const char *name, long value)
{
    char path[PATH_MAX];

    path_of(group, name, path);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    fprintf(file, "%ld", value);
    return fclose(file) == 0;
}

long control_group_read(const struct control_group *group, const char *name, const char *key)
{
    char path[PATH_MAX], line[256];
    long value = -1;

    path_of(group, name, path);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    while (value < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtol(line + strlen(key), NULL, 10);
    fclose(file);
    return value;
}

void control_group_remove(struct control_group *group)
{
    while (*group->directory != '\0' && rmdir(group->directory) != 0 && errno == EBUSY)
        usleep(1000); /* its last process is not gone yet */
    *group->directory = '\0';
}

void control_group_make(struct control_group *group, enum control_group_kind kind)
{
    static const struct {
        const char *place, *file;
    } releases[][2] = {
        [CONTROL_GROUP_MEMORY] = {{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
                                  {"/sys/fs/cgroup", "memory.max"}},
        [CONTROL_GROUP_PIDS] = {{"/sys/fs/cgroup/pids", "pids.max"}, {"/sys/fs/cgroup", "pids.max"}},
    };

    for (size_t i = 0; i < 2; i++) {
        char path[PATH_MAX];

        *group = (struct control_group){.is_first_release = i == 0};
        snprintf(group->directory, sizeof group->directory, "%s/lightsss-test.%d", releases[kind][i].place,
                 getpid());
        snprintf(group->procs, sizeof group->procs, "%s/cgroup.procs", group->directory);
        if (mkdir(group->directory, 0755) != 0)
            continue;
        path_of(group, releases[kind][i].file, path);
        if (access(path, W_OK) == 0 && access(group->procs, W_OK) == 0)
            return;
        control_group_remove(group);
    }
    *group->directory = '\0';
    print_message("no control group with this limit can be made here (root is needed)\n");
    skip();
}
