/* SPDX-License-Identifier: MIT */
/* The run directory DIR/PROGRAM.PID that a failure leaves. Made by the original when it fails, found by
 * the replay from the same facts. Raw system calls, no heap: it is used while the simulator dies. */
#ifndef LIGHTSSS_PRELOAD_RUN_RUN_DIRECTORY_H
#define LIGHTSSS_PRELOAD_RUN_RUN_DIRECTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define RUN_DIRECTORY_PATH_SIZE 4096
#define RUN_DIRECTORY_ROOM      (64u << 10) /* for report.json and wave.gtkw; the waveform may fill the disk */

/* Makes DIR where it is missing, what leads to it too, and DIR/PROGRAM.PID with mode 0700, or
 * DIR/PROGRAM.PID-2 and so on where it exists (an earlier waveform of this run, or an earlier process of that
 * number). Notes the number, and which directory it is, in the shared page. Returns 0 or -errno; -EPERM:
 * somebody has put another in its place; -EACCES: DIR may not be written to, or is a link of another user's
 * in a place like /tmp. */
int run_directory_make(void);

/* In a copy of a kept copy: makes replay-2, or replay-3 and so on, in the run directory, which is pinned; for
 * a segment of several, segment-1 and so on in the directory that these have (struct shared_segment). From
 * here on that is the run directory. Returns 0 or -errno. */
int run_directory_make_below(void);

/* Removes what run_directory_make() has just made. */
void run_directory_unmake(void);

/* Would it fail as things are now? Returns 0 or -errno; -ENOSPC: nothing more can be written there. */
int run_directory_check(void);

/* Keeps the directory that was made open, so that what is done below goes there even where
 * somebody has moved it away. Returns 0 or -errno; -ESTALE: another directory has that name now. */
int run_directory_pin(void);

/* A descriptor to find files of the directory with, or -errno. Give it to run_directory_leave(). */
int run_directory_take(void);
void run_directory_leave(int fd);

/* Appends the absolute path of a file in the run directory; name "" for the directory. Where it was when it
 * was first held, without links: by this name the sandbox knows it. */
void run_directory_held_path(struct text *path, const char *name);

/* Appends the last part of its name. */
void run_directory_name(struct text *name);

/* The same, but where it is now if somebody has moved it. At the end of all. */
void run_directory_present_path(struct text *path, const char *name);

/* In a replay: a name that leads into the held directory wherever it is. */
void run_directory_link_path(struct text *path, const char *name);

/* Size of a file in the directory, or -errno. */
int64_t run_directory_size(const char *name);

void run_directory_remove(const char *name);

/* Puts it in the place of what has the other name. Returns 0 or -errno. */
int run_directory_rename(const char *name, const char *to);

/* Opens, or creates with mode 0600, a file of the directory that was made; flags: O_CLOEXEC is added. Returns
 * a descriptor or -errno. */
int run_directory_open(const char *name, int flags);

/* Creates the file anew in the directory that was made, mode 0600, following no link. Returns a descriptor
 * (O_CLOEXEC) or -errno; -ESTALE: another directory has that name now. */
int run_directory_create(const char *name);

/* Takes room on the disk for what is written later, by a file without a name. Returns its descriptor: close
 * it to give the room back; or -errno. The caller has blocked SIGXFSZ. */
int run_directory_reserve(size_t size);

/* Puts a file with this text in the place of what has that name. Returns 0 or -errno, and then all is as
 * before; -ENOSPC where not all of it could be written. */
int run_directory_write(const char *name, const struct text *contents);

#endif
