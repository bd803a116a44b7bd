/* SPDX-License-Identifier: MIT */
/* `lightsss replay RUN --all`: each kept snapshot replays up to the next one, and the last up to the end, as
 * many at once as processors are idle. Their waveforms are one directory's, and meet without a gap. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SEGMENTS_H
#define LIGHTSSS_SCRIPTS_COMMAND_SEGMENTS_H

#include "kept.h"

/* request: a replay, with settings for each segment. What is found is said. Returns the status to end with.
 */
int segments_replay(const char *run, const struct kept_packet *request);

#endif
