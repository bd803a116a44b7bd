/* SPDX-License-Identifier: MIT */
/* A control group of a test's own, of either release. */
#ifndef LIGHTSSS_TESTS_PROCESS_CONTROL_GROUP_H
#define LIGHTSSS_TESTS_PROCESS_CONTROL_GROUP_H

#include <stdbool.h>

enum control_group_kind {
    CONTROL_GROUP_MEMORY,
    CONTROL_GROUP_PIDS,
};

struct control_group {
    bool is_first_release;
    char directory[64], procs[96]; /* procs: the file to join it by */
};

/* Skips the test where there can be none (no root). */
void control_group_make(struct control_group *group, enum control_group_kind kind);

/* Does nothing where there is none. */
void control_group_remove(struct control_group *group);

bool control_group_write(const struct control_group *group, const char *name, long value);

/* The number behind a key; key "": at the beginning; -1: there is none. */
long control_group_read(const struct control_group *group, const char *name, const char *key);

#endif
