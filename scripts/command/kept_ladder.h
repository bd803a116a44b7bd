/* SPDX-License-Identifier: MIT */
/* All kept snapshots of a run: the one that has replayed its failure, and those that are kept beside it
 * (run/kept_rungs.h). */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_LADDER_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_LADDER_MAX 66u

struct kept_ladder {
    size_t count;
    struct kept_step {
        uint64_t rung;        /* 0: the first */
        uint64_t eval;        /* of the snapshot */
    } steps[KEPT_LADDER_MAX]; /* oldest first */
    uint64_t last_eval;       /* of the run */
    bool has_races;           /* its evals have no numbers */
};

/* Asks each where it stands. Those that are gone are left out, and that is said. False: so is the first. */
bool kept_ladder_find(struct kept_ladder *ladder, const char *run);

/* The numbers of those that have a socket beside that of the first, in no order. Returns how many. */
size_t kept_ladder_rungs(uint64_t rungs[KEPT_LADDER_MAX], const char *run);

#endif
