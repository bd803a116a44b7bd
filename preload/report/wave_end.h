/* SPDX-License-Identifier: MIT */
/* Time behind the last values of a waveform that is closed, so that a viewer has room there. The values are
 * untouched. */
#ifndef LIGHTSSS_PRELOAD_REPORT_WAVE_END_H
#define LIGHTSSS_PRELOAD_REPORT_WAVE_END_H

#include <stdbool.h>
#include <stdint.h>

/* fd: the file, open for reading and writing. Does it only where the file's last time is `last`. Returns 0 or
 * -errno; -EINVAL: the file ends elsewhere, or is cut off. */
int wave_end_move(int fd, bool is_fst, uint64_t last, uint64_t end);

#endif
