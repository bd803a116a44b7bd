/* SPDX-License-Identifier: MIT */
/* GTKWave's save file, as the library writes it or the user has saved it since: which waveform it shows, and
 * the same view as commands of Surfer. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SAVE_FILE_H
#define LIGHTSSS_SCRIPTS_COMMAND_SAVE_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* Does this save file show a waveform of that base name? */
bool save_file_shows(const char *path, const char *name);

/* Writes a command file of Surfer (0.4 or newer) that shows the signals, sets the cursor on the marker and
 * has about the same stretch in view. Returns false where one of the files cannot be read or written; errno
 * says why. */
bool save_file_to_surfer(const char *path, FILE *commands);

#endif
