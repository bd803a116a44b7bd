/* SPDX-License-Identifier: MIT */
/* The median of a few values, which stay as they are. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_MEDIAN_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_MEDIAN_H

#include <stdint.h>

/* 0 when there are none; the lower one of two middles. */
int64_t median(const int64_t *values, uint64_t count);

#endif
