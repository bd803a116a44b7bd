/* SPDX-License-Identifier: MIT */
/* Descriptors of a copy. What the original has open is shared with every copy, offsets included: a parked
 * copy must not keep a pipe from reaching its end, and a replay must write nothing of the user's. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_FILES_H
#define LIGHTSSS_PRELOAD_RESTORE_FILES_H

/* In a copy, before it parks, with the list of snapshot/descriptors.h: nothing stays that the original could
 * miss or that shares an offset or a counter with it. Files that are only read, directories and kernel
 * objects are opened anew; what is open for writing is kept for reading; pipes, sockets and terminals become
 * /dev/null. Numbers and access modes stay. Raw system calls only. Returns 0, or -errno where something stays
 * all the same. */
int files_let_go(void);

/* In a copy of a copy, before either goes on: the same of files that are only read, directories and kernel
 * objects. Raw system calls only. */
void files_part(void);

/* In a woken copy: every descriptor is as it was at the snapshot. What was open for writing is a private
 * file; stdout and stderr are replay.stdout and replay.stderr of the run directory. Returns 0 or -errno:
 * output cannot be redirected. */
int files_set_back(void);

/* When nothing more is to be put into private files: those that were sealed memory files are sealed again. */
void files_seal(void);

#endif
