/* SPDX-License-Identifier: MIT */
/* The original: takes snapshots at its evals, has its failure replayed and its snapshots dismissed when it
 * ends. */
#ifndef LIGHTSSS_PRELOAD_ORIGINAL_ORIGINAL_H
#define LIGHTSSS_PRELOAD_ORIGINAL_ORIGINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "run/role.h"
#include "snapshot/keeper.h"

extern const struct role original_role;

/* May this process still become one? */
bool original_may_come(void);

/* The first eval: the process that runs it becomes the original, which need not be the one that was started
 * (a testbench may fork and simulate in its children). `when_woken` is called in a woken copy. Returns false
 * where it cannot be: that was said. */
bool original_begin(const struct keeper_hooks *hooks, void (*when_woken)(uint64_t eval));

/* In a child that the simulator has forked. It has nothing of what its parent has begun, and begins to be an
 * original of its own with its first eval. */
void original_forked(void);

#endif
