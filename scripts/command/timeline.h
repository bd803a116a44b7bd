/* SPDX-License-Identifier: MIT */
/* A failed run as a line: its snapshots, the stretch that the waveform shows, and the end, drawn in SVG. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_TIMELINE_H
#define LIGHTSSS_SCRIPTS_COMMAND_TIMELINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TIMELINE_SNAPSHOTS 64

struct timeline {
    uint64_t first, last; /* evals at the ends of the line */
    uint64_t end;         /* the failure, or the point */
    struct {
        uint64_t number, eval;
    } snapshots[TIMELINE_SNAPSHOTS];
    unsigned count;
    uint64_t used; /* number of the one that replayed; UINT64_MAX: unknown */
    bool has_wave;
    uint64_t wave_first, wave_last;
};

/* False: the report knows no eval at which the run ended. */
bool timeline_read(struct timeline *timeline, const json_t *report);

/* How far an eval is from the left end, in hundredths of a percent of the width: 100 to 9900. */
unsigned timeline_place(const struct timeline *timeline, uint64_t eval);

void timeline_write(FILE *file, const struct timeline *timeline);

#endif
