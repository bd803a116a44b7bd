/* SPDX-License-Identifier: MIT */
/* What every part of the preloaded library may know of the run: which process this is, the options, what
 * was found in the simulator. Written by the constructor, at the first eval and at a wake; read-only
 * for everybody else. */
#ifndef LIGHTSSS_PRELOAD_RUN_RUN_H
#define LIGHTSSS_PRELOAD_RUN_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../hooks/hooks.h"
#include "options/options.h"
#include "run/shared_page.h"

enum run_role {
    RUN_INERT,    /* no model here, switched off, or nothing can work: pass everything on */
    RUN_ORIGINAL, /* the process that the user started, or a forked child of it, from its first eval on */
    RUN_REPLAY,   /* a woken copy */
};

struct run {
    enum run_role role;
    void (*forked)(void); /* to be called in a child that fork() made */
    pid_t pid;            /* of this process; a child of vfork(), or of a raw system call, has another one */
    struct options options;
    const struct hooks *hooks;
    struct hooks_found found;
    struct shared_page *page;
    char program[64];              /* base name of the executable */
    char base_directory[PATH_MAX]; /* LIGHTSSS_DIR, absolute */
    uint64_t start_ns;             /* the first eval */
    pid_t group;                   /* the simulator's process group at the last snapshot */
};

extern struct run run;

/* Is this process the one that run.role speaks of? See run.pid. */
bool run_is_self(void);

/* Is this the simulator's process group? Its copies are each in one of their own. */
bool run_is_group(pid_t group);

/* Simulation time now, in the simulator's units. */
uint64_t run_time(void);

#endif
