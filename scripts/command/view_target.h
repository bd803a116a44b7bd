/* SPDX-License-Identifier: MIT */
/* What `lightsss view` is to show: the waveform of a run, and the save file beside it. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_VIEW_TARGET_H
#define LIGHTSSS_SCRIPTS_COMMAND_VIEW_TARGET_H

#include <limits.h>
#include <stdbool.h>

struct view_target {
    char wave[PATH_MAX];
    char save[PATH_MAX]; /* "": there is none */
};

/* name: a run directory, a directory of such (the newest counts), the name of one in LIGHTSSS_DIR, a
 * waveform; NULL: the newest run in LIGHTSSS_DIR. Where there is nothing to show that is said, and false
 * returned. */
bool view_target_find(struct view_target *target, const char *name);

#endif
