/* SPDX-License-Identifier: MIT */
/* The last lines of a file. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_TAIL_H
#define LIGHTSSS_SCRIPTS_COMMAND_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#define TAIL_SIZE 8192 /* bytes of them at most */

struct tail {
    char bytes[TAIL_SIZE];
    size_t length;
    bool is_cut; /* there is more in front of them */
};

/* At most so many lines. False: there is nothing to read. */
bool tail_read(struct tail *tail, const char *path, unsigned lines);

#endif
