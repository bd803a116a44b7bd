/* SPDX-License-Identifier: MIT */
/* The waveform of a replay: opened where the window begins, closed at its end. One that would become larger
 * than LIGHTSSS_SIZE is begun anew, later, so that its end is kept. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_DUMPING_H
#define LIGHTSSS_PRELOAD_REPLAY_DUMPING_H

#include <stdbool.h>
#include <stdint.h>

/* The replay begins with this eval. */
void dumping_begin(uint64_t eval);

/* This eval is about to run: opens the waveform where it is time. Returns in how many evals this is to be
 * called again. */
uint64_t dumping_due(uint64_t eval);

/* This eval was dumped. */
void dumping_look(uint64_t eval);

/* Is it up to now what it is to be? No: the window has not begun, or has moved on and not begun again. */
bool dumping_has_come(void);

/* Does it begin later than it was to? */
bool dumping_is_cut(void);

/* Was it opened, or is there a reason why it cannot be? */
bool dumping_is_on(void);

/* On whatever thread ends the process, and more than once. */
void dumping_close(void);

/* It is closed, and the replay is through: with which eval would another replay begin a better one? 0: there
 * is none. */
uint64_t dumping_again(void);

/* The waveform of a replay in the place of another is closed: it takes the place of that one's where it shows
 * as much of the end. */
void dumping_settle(void);

#endif
