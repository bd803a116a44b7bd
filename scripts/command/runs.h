/* SPDX-License-Identifier: MIT */
/* The failed runs below some folders: each is a directory with a report.json. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_RUNS_H
#define LIGHTSSS_SCRIPTS_COMMAND_RUNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct run {
    char *directory; /* by the name that the user has given what is above it */
    time_t when;     /* the end, as the report has it; else when the report was written */
    struct timespec written;
    ino_t file; /* of the report */
    json_t *report;
    char *wave; /* path of the waveform; NULL: the report tells of none */
    bool has_wave;
    uint64_t wave_bytes;
};

struct runs {
    struct run *list;
    size_t count, room;
    size_t unread; /* what could not be read, and has been told of */
};

/* Adds those below a folder, and the folder itself where it is one. Says what cannot be read, one line each.
 */
void runs_find(struct runs *runs, const char *folder);

/* Adds the run whose report lies beside this waveform, where that tells of it. Says nothing. */
void runs_find_of(struct runs *runs, const char *wave);

/* The newest last; one that was found twice is there once. */
void runs_sort(struct runs *runs);

void runs_free(struct runs *runs);

#endif
