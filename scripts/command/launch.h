/* SPDX-License-Identifier: MIT */
/* Starts the program as the doctor wants it, in a process group of its own, and waits until there is nothing
 * more to learn. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LAUNCH_H
#define LIGHTSSS_SCRIPTS_COMMAND_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

/* Files for what the program prints, beside the directory: to its name this is added. */
#define LAUNCH_STDOUT ".stdout"
#define LAUNCH_STDERR ".stderr"

enum launch_end {
    LAUNCH_REFUSED,   /* it could not be started: see error */
    LAUNCH_ENDED,     /* by itself: see status */
    LAUNCH_REHEARSED, /* and killed */
    LAUNCH_TOO_SLOW,  /* and killed */
    LAUNCH_UNWANTED,  /* and killed: a signal asked the doctor to end: see status */
};

struct launch {
    /* in */
    const char *path;
    char **words;          /* its name and arguments */
    const char *directory; /* for its record */
    bool rehearse;
    uint64_t patience_ns;
    /* out */
    int error;  /* errno */
    int status; /* as of wait(), or the signal */
};

/* The program gets the environment of the command. All that is left of its process group is killed. */
enum launch_end launch_run(struct launch *launch);

#endif
