/* SPDX-License-Identifier: MIT */
/* The files of a replay's waveform: the one that is open and those beside it. How large they are, and their
 * end where the waveform begins anew. */
#ifndef LIGHTSSS_HOOKS_WAVE_WAVE_FILES_H
#define LIGHTSSS_HOOKS_WAVE_WAVE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Verilator says nothing when it cannot create a file: so it is done before. flags: of open(), beside those
 * that are always given. 0 or -errno. */
int wave_files_create(const char *path, int flags);

/* Makes the name absolute: the simulator may go elsewhere. False: it has none. */
bool wave_files_absolute(char *noted, size_t size, const char *path);

/* Is what stands under the name a regular file, or nothing? (With rollover the files have other names.) */
bool wave_files_is_regular(const char *path);

/* A waveform of this name: what was known of another one is forgotten. The name must stay, and may change.
 * later_path: what it is going to be called; those that end before it are called by that. */
void wave_files_begin(const char *path, const char *later_path);

/* The next one begins, with the name of this one. "wave.vcd" becomes "wave-1.vcd": the name without a number
 * is that of the last. */
void wave_files_next(void);

/* This file is beside it. writer: who still writes to it, until wave_files_closed(); NULL: nobody. */
void wave_files_add(const char *path, const void *writer);
void wave_files_closed(const void *writer);

/* See hooks.h. */
uint64_t wave_files_bytes(void);
void wave_files_remove(void);
void wave_files_remove_others(void);

/* The calling thread begins to make, or has made, what stands where a waveform of the testbench is held back.
 */
void wave_files_stand_in(bool begins);

/* In a replay: is the calling thread at that, or inside a tracer? */
bool wave_files_makes_file(void);

#endif
