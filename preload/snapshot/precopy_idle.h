/* SPDX-License-Identifier: MIT */
/* Does a processor idle, that a snapshot may use without taking time from anybody? Pure logic. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_PRECOPY_IDLE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_PRECOPY_IDLE_H

#include <stdbool.h>
#include <stdint.h>

/* By /proc/loadavg, where we run already and may use so many processors. */
bool precopy_idle_is_there(const char *load, unsigned processors);

/* Others have run in our place, where so much time has passed and we have used so much of it. */
bool precopy_idle_is_over(uint64_t passed_ns, uint64_t used_ns);

#endif
