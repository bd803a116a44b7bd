/* SPDX-License-Identifier: MIT */
/* What the doctor makes of what the library wrote down: rows, notes, and problems with their remedy. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_DIAGNOSIS_H
#define LIGHTSSS_SCRIPTS_COMMAND_DIAGNOSIS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "findings.h"
#include "launch.h"
#include "options/options.h"
#include "program.h"
#include "record.h"

struct diagnosis {
    const char *name; /* of the program, as it was typed */
    const char *library;
    struct program program;
    struct options options;
    struct findings findings;
    bool wants_rehearsal;
    bool no_model;      /* at the program's start: a rehearsal may find one */
    struct record look; /* empty where there was none */
    struct record rehearsal;
    char wave_directory[PATH_MAX + 32]; /* where the rehearsal's run directory is */
    uint64_t wave_bytes;                /* 0: there is no good one */
};

/* Looks at the file and at the variables. */
void diagnosis_begin(struct diagnosis *diagnosis, const char *name, bool wants_rehearsal);

/* After the program was started for it. */
void diagnosis_look(struct diagnosis *diagnosis, const struct launch *launch, enum launch_end end);
void diagnosis_rehearsal(struct diagnosis *diagnosis, const struct launch *launch, enum launch_end end);

/* Is there nothing known yet that makes a rehearsal useless? */
bool diagnosis_can_rehearse(const struct diagnosis *diagnosis);

/* Prints everything; returns the exit status. */
int diagnosis_print(struct diagnosis *diagnosis);

#endif
