/* SPDX-License-Identifier: MIT */
/* This process's control groups: see groups.h. */
#define _GNU_SOURCE
#include "snapshot/limits/groups.h"

#include <stdint.h>

#include "snapshot/limits/fact_files.h"

static struct cgroup cgroups[CGROUP_RESOURCES][CGROUP_RELEASES];

static void take_line(const char *line, void (*visit)(struct cgroup *cgroup, const char *line))
{
    for (unsigned resource = 0; resource < CGROUP_RESOURCES; resource++)
        for (unsigned release = 0; release < CGROUP_RELEASES; release++)
            visit(&cgroups[resource][release], line);
}

static void take_group(const char *line)
{
    take_line(line, cgroup_read_group);
}

static void take_mount(const char *line)
{
    take_line(line, cgroup_read_mount);
}

void groups_find(void)
{
    for (unsigned resource = 0; resource < CGROUP_RESOURCES; resource++)
        for (unsigned release = 0; release < CGROUP_RELEASES; release++)
            cgroups[resource][release] =
                (struct cgroup){.resource = resource, .release = release, .read = fact_files_text};
    fact_files_each_line("/proc/thread-self/cgroup", take_group);
    fact_files_each_line("/proc/thread-self/mountinfo", take_mount);
}

struct cgroup_left groups_left(enum cgroup_resource resource)
{
    struct cgroup_left least = {UINT64_MAX, UINT64_MAX};

    for (unsigned release = 0; release < CGROUP_RELEASES; release++) {
        struct cgroup_left left = cgroup_left(&cgroups[resource][release]);

        if (left.left < least.left)
            least = left;
    }
    return least;
}

bool groups_are_merciless(void)
{
    for (unsigned release = 0; release < CGROUP_RELEASES; release++)
        if (cgroup_is_merciless(&cgroups[CGROUP_MEMORY][release]))
            return true;
    return false;
}

bool groups_limit_time(void)
{
    for (unsigned release = 0; release < CGROUP_RELEASES; release++)
        if (cgroup_is_limited(&cgroups[CGROUP_TIME][release]))
            return true;
    return false;
}
