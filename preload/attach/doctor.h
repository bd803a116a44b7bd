/* SPDX-License-Identifier: MIT */
/* The library's side of `lightsss doctor`. The command starts the program with DOCTOR_VARIABLE set; the
 * library then does what it always does, writes what it found and what it would have said into a file, and
 * ends the process: before main, or after a rehearsal. Without the variable nothing here does anything. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_DOCTOR_H
#define LIGHTSSS_PRELOAD_ATTACH_DOCTOR_H

#include <stdbool.h>

#include "../hooks/hooks.h"

/* "look:DIRECTORY" or "rehearse:DIRECTORY": the directory gets the file found.PID. A look ends every process
 * before its main; a rehearsal leaves those alone that hold no model. */
#define DOCTOR_VARIABLE "_LIGHTSSS_DOCTOR"
#define DOCTOR_LOOK     "look:"
#define DOCTOR_REHEARSE "rehearse:"
#define DOCTOR_FILE     "found."

/* Lines of the file are our usual ones, "lightsss: ...", or a word and its value:
 *   program NAME      base name of the executable
 *   hook NAME ADDRESS BYTES OBJECT   a model, where its eval_step() is hooked: address as in the file,
 * hexadecimal verilator RELEASE format vcd|fst|none time evals|context|stamp directory ok|WHY  can a run
 * directory be made? snapshot ok|WHY   can a snapshot be taken? looked            the above is complete and
 * after a rehearsal rehearsal         the lines after this one are of the replay threads N         besides
 * the one that evaluates the model stall NS          of the snapshot wake NS           from the wake to the
 * first dump, 0: none was made wave FIRST LAST   the evals dumped verdict WORD      of the replay rehearsed
 * all is complete */

/* Once it is known that a model may be in the process: from here on lines go to the file. */
void doctor_begin(void);

/* The events to install in the place of these. */
const struct hooks_events *doctor_events(const struct hooks_events *events);

/* At the end of the constructor. Does not return where the doctor only wants to look. */
void doctor_end(void);

/* Does a doctor look? It has a problem said that the library would only mention. */
bool doctor_is_here(void);

#endif
