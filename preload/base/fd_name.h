/* SPDX-License-Identifier: MIT */
/* What a descriptor leads to, by its own name in /proc: opened once more, looked at, asked for its name. */
#ifndef LIGHTSSS_PRELOAD_BASE_FD_NAME_H
#define LIGHTSSS_PRELOAD_BASE_FD_NAME_H

#include <stddef.h>

struct fd_name {
    char path[40];
};

/* The first thread may have ended: so it is that of the calling one. */
struct fd_name fd_name(int fd);

/* Where that leads, with a NUL, and cut where it does not fit. Returns its length or -errno. */
long fd_name_read(int fd, char *name, size_t size);

#endif
