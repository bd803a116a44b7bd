/* SPDX-License-Identifier: MIT */
/* A batch system gives a job little time, and then kills all of it. So the replay writes its waveform out in
 * steps, and report.json is there from the beginning: what such an end leaves can be read, and is honest. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_PROGRESS_H
#define LIGHTSSS_PRELOAD_REPLAY_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* In the shared page: how far the waveform has come. Returns whether anything was dumped. */
bool progress_of_wave(void);

/* The eval of the point or of the failure has been dumped, by whomever: its time is that of the last dump. */
void progress_of_point(void);

/* How long to wait behind a step that took so long, in something that is so old. */
uint64_t progress_pause_ns(uint64_t cost_ns, uint64_t age_ns);

/* In a replay, behind each eval: is it time for the next step? */
void progress_look(void);

#endif
