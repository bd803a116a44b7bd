/* SPDX-License-Identifier: MIT */
/* What `lightsss doctor` and the library's side of it (doctor.c) tell each other. */
#ifndef LIGHTSSS_PRELOAD_ATTACH_DOCTOR_FILE_H
#define LIGHTSSS_PRELOAD_ATTACH_DOCTOR_FILE_H

/* "look:DIRECTORY", "rehearse:DIRECTORY" or "scopes:DIRECTORY": the directory gets the file found.PID. A look
 * ends every process before its main; a rehearsal leaves those alone that hold no model. With scopes it is a
 * rehearsal whose run directory gets the names of all scopes, one a line, some more than once. */
#define DOCTOR_VARIABLE "_LIGHTSSS_DOCTOR"
#define DOCTOR_LOOK     "look:"
#define DOCTOR_REHEARSE "rehearse:"
#define DOCTOR_SCOPES   "scopes:"
#define DOCTOR_LIST     "scopes"
#define DOCTOR_FILE     "found."

/* clang-format off */
/* Lines of the file are our usual ones, "lightsss: ...", or a word and its value:
 *   program NAME                     base name of the executable
 *   hook NAME ADDRESS BYTES OBJECT   a model, where its eval_step() is hooked: address as in the file, hexadecimal
 *   verilator RELEASE
 *   format vcd|fst|none
 *   time evals|context|stamp
 *   directory ok|WHY                 can a run directory be made?
 *   snapshot ok|WHY                  can a snapshot be taken?
 *   looked                           the above is complete
 * and after a rehearsal
 *   rehearsal                        the lines after this one are of the replay
 *   threads N                        besides the one that evaluates the model
 *   stall NS                         of the snapshot
 *   wake NS                          from the wake to the first dump, 0: none was made
 *   wave FIRST LAST                  the evals dumped
 *   verdict WORD                     of the replay
 *   rehearsed                        all is complete */
/* clang-format on */

#endif
