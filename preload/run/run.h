/* SPDX-License-Identifier: MIT */
/* What every part of the preloaded library may know of the run: the options, what was found in the simulator,
 * what the original and its copies share. */
#ifndef LIGHTSSS_PRELOAD_RUN_RUN_H
#define LIGHTSSS_PRELOAD_RUN_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../hooks/hooks.h"
#include "options/options.h"
#include "run/shared_page.h"

struct run {
    void (*forked)(void); /* to be called in a child that fork() made */
    pid_t pid;            /* of the process that has a role (role.h); a child of it has another one */
    struct options options;
    const struct hooks *hooks;
    struct hooks_found found;
    struct shared_page *page;
    char program[64];              /* base name of the executable */
    char base_directory[PATH_MAX]; /* LIGHTSSS_DIR, absolute */
    char directory[PATH_MAX];      /* where the simulator was started; "": not known */
    char object[PATH_MAX];         /* that holds the model; "": the program does ... */
    uintptr_t object_base;         /* ... and where it lies */
    uint64_t start_ns;             /* the first eval ... */
    uint64_t start_used_ns;        /* ... and what time of processors was used then */
    pid_t group;                   /* the simulator's process group at the last snapshot */
};

extern struct run run;

/* Simulation time now, in the simulator's units. */
uint64_t run_time(void);

/* Is it one format, and another one than the simulator was built to write? */
bool run_is_other_format(enum options_wave wave);

/* How it stands with the waveform of a replay. */
struct hooks_wave_state run_wave(void);

#endif
