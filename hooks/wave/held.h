/* SPDX-License-Identifier: MIT */
/* What is known of one tracer of the testbench and of its file, without asking Verilator: the fields that
 * its inline isOpen() reads, and what stands under a name. */
#ifndef LIGHTSSS_HOOKS_WAVE_HELD_H
#define LIGHTSSS_HOOKS_WAVE_HELD_H

#include "wave/tracer.h"

bool held_is_open(const struct tracer *tracer);
void held_set_open(const struct tracer *tracer, bool open);

/* False: it writes through an object that the testbench has handed in. */
bool held_has_own_file(const struct tracer *tracer);

/* The time of its last dump. */
uint64_t held_last_time(const struct tracer *tracer);

/* One file, whatever rollover the testbench asked for: together its files would be this one. */
void held_forget_rollover(const struct tracer *tracer);

/* Would a second open() end the simulator? So it does from some release behind 5.032 on, where an FST with
 * enumerations declares them once more. */
bool held_opens_once(const struct tracer *tracer);

/* Makes the name absolute: the simulator may go elsewhere. False: it has none. */
bool held_note_path(char *noted, size_t size, const char *path);

/* Is what stands under the name a regular file, or nothing? (With rollover the files have other names.) */
bool held_is_for_files(const char *path);

#endif
