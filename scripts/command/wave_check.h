/* SPDX-License-Identifier: MIT */
/* Is a file a whole waveform, closed as its format wants it? */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_WAVE_CHECK_H
#define LIGHTSSS_SCRIPTS_COMMAND_WAVE_CHECK_H

#include <stdint.h>

/* Returns NULL for a good one, and its size in bytes; else what is wrong with it. */
const char *wave_check(const char *path, uint64_t *bytes);

#endif
