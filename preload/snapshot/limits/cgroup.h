/* SPDX-License-Identifier: MIT */
/* The limits of control groups on memory and on processes: where the process's own group is in the file
 * system, by what /proc/self/cgroup and /proc/self/mountinfo say, and what the group and those above it
 * leave. Both releases of control groups may be there at once (hybrid). Pure logic, but for the reader that
 * the caller gives. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_CGROUP_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_PATH_SIZE 512u

enum cgroup_release {
    CGROUP_1,
    CGROUP_2,
    CGROUP_RELEASES,
};

enum cgroup_resource {
    CGROUP_MEMORY,    /* in bytes */
    CGROUP_PROCESSES, /* threads count as such */
    CGROUP_TIME,      /* of processors: is there a limit at all */
    CGROUP_RESOURCES,
};

/* One release's tree, as this process sees it. Begins as zeros but for the first three. */
struct cgroup {
    enum cgroup_resource resource;
    enum cgroup_release release;
    const char *(*read)(const char *path); /* text of a small file, or NULL; valid until its next call */
    bool has_group, has_mount;
    char group[CGROUP_PATH_SIZE];     /* as /proc/self/cgroup names it */
    char directory[CGROUP_PATH_SIZE]; /* its directory, once both files were read */
    size_t top;                       /* length of the mount point in front of it */
};

/* What a group leaves. */
struct cgroup_left {
    uint64_t left;  /* UINT64_MAX: it has no limit */
    uint64_t limit; /* of the group that leaves the least */
};

/* Takes in a line of /proc/self/cgroup, then all lines of /proc/self/mountinfo, without their newlines. */
void cgroup_read_group(struct cgroup *cgroup, const char *line);
void cgroup_read_mount(struct cgroup *cgroup, const char *line);

/* The least that the group and those above it leave. What can be taken back at once (files that nobody has
 * used for long) counts as left. Files that cannot be read limit nothing. */
struct cgroup_left cgroup_left(const struct cgroup *cgroup);

/* Has one of them a limit that the first word of its file tells? */
bool cgroup_is_limited(const struct cgroup *cgroup);

/* Does one of them have all its processes killed where memory runs out (memory.oom.group), or none
 * (oom_kill_disable)? */
bool cgroup_is_merciless(const struct cgroup *cgroup);

/* The number behind `key` at the beginning of a line ("MemAvailable:", "inactive_file"), times 1024 where the
 * line says kB. False: there is none. Numbers that do not fit are UINT64_MAX. */
bool cgroup_field(const char *text, const char *key, uint64_t *bytes);

/* The number that a text begins with. False: there is none ("max"), or no text. */
bool cgroup_number(const char *text, uint64_t *value);

#endif
