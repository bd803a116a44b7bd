/* SPDX-License-Identifier: MIT */
/* Opening a FIFO, a terminal or another device by name: it may block, and do something to whoever is at its
 * other end, so a replay does not open it. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_INPUT_OPEN_H
#define LIGHTSSS_PRELOAD_INTERPOSE_INPUT_OPEN_H

#include <stdbool.h>

#include "record/input_call.h"

struct input_open {
    struct input_call call;
    int fd; /* in: what libc's function gave, where the call is made */
    const char *path;
    int flags;
    bool concerned;
};

/* For the handlers of open() and openat(): is the call to be made? */
bool input_open_is_made(struct input_open *open, int directory, const char *path, int flags);

/* After it. Returns the handler's result. */
int input_open_done(struct input_open *open);

#endif
