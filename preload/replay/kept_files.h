/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_FILES: what the replay writes to files of its own is kept in `files/` of the run directory, in
 * steps: the replay may be killed at any moment. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_KEPT_FILES_H
#define LIGHTSSS_PRELOAD_REPLAY_KEPT_FILES_H

#include <stdint.h>

/* Behind an eval that was announced: is it time for the next step? */
void kept_files_look(void);

/* exit() writes out what streams hold, which the replay does not come to. */
void kept_files_note_exit(void);

/* The last steps of a replay: what streams hold is written out, if that is to be; and all is kept. */
void kept_files_flush(void);
void kept_files_end(void);

#endif
