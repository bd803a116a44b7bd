/* SPDX-License-Identifier: MIT */
/* The library's side of `lightsss doctor`. The command starts the program with DOCTOR_VARIABLE set; the
 * library then does what it always does, writes what it found and what it would have said into a file, and
 * ends the process: before main, or after a rehearsal. Without the variable nothing here does anything. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_DOCTOR_H
#define LIGHTSSS_PRELOAD_ATTACH_DOCTOR_H

#include <stdbool.h>

#include "attach/attach.h"

/* From the time that a model may be in the process, lines go to the file. */
extern const struct attach_observer doctor_observer;

/* At the end of the constructor. Does not return where the doctor only wants to look. */
void doctor_end(void);

/* Does a doctor look? It has a problem said that the library would only mention. */
bool doctor_is_here(void);

#endif
