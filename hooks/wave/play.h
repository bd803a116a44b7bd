/* SPDX-License-Identifier: MIT */
/* A replay lets the testbench's own tracers write: the first one open is the waveform of the run
 * directory, the others write beside it under the base names that the testbench gave. */
#ifndef LIGHTSSS_HOOKS_WAVE_PLAY_H
#define LIGHTSSS_HOOKS_WAVE_PLAY_H

#include "wave/tracer.h"

/* Who works a waveform, by these. */
struct play_listener {
    /* This tracer is the one that the report speaks of and that says last words; NULL: it was closed. */
    void (*adopt)(const struct tracer *tracer);
    /* That one has dumped. */
    void (*dumped)(uint64_t time);
    /* Calls a method. False: Verilator called it fatal; the tracer must not be called again. */
    bool (*call)(const struct tracer *tracer, enum verilator_symbol method, uintptr_t argument);
};

/* Opens what is held back, and what the testbench opens from now on. path: of the first one, absolute. */
void play_start(const char *path, const struct play_listener *listener);

/* Has any of them dumped since? Had any before, while it was held? */
bool play_has_dumped(void);
bool play_had_dumped(void);

/* Has one been opened whose second open() would end the simulator? Then they are not to be played again,
 * and a waveform that begins anew is one of ours, if it can be. */
bool play_was_for_once(void);
bool play_may_begin_anew(void);

/* After play_stop(): the files that it has made are no more. */
void play_forget(void);

/* Closes all of them; nothing more is opened. */
void play_stop(void);

#endif
