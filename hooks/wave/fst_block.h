/* SPDX-License-Identifier: MIT */
/* The values that an FST's writer has in memory, to become the next block of the file. */
#ifndef LIGHTSSS_HOOKS_WAVE_FST_BLOCK_H
#define LIGHTSSS_HOOKS_WAVE_FST_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Is there a change of a value in it? Up to 5.048 a writer that is to flush a block without any does not, but
 * begins a new one in its table of times: all times behind that are wrong. writer: such a one, or NULL;
 * last_time: that of the last dump. True too where that cannot be told. */
bool fst_block_has_changes(const void *writer, uint64_t last_time);

#endif
