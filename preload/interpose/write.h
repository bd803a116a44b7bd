/* SPDX-License-Identifier: MIT */
/* Whether writing is seen. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_WRITE_H
#define LIGHTSSS_PRELOAD_INTERPOSE_WRITE_H

#include <stdbool.h>

/* Do we stand in front of write() and writev()? Once libc was prepared. */
bool write_is_met(void);

#endif
