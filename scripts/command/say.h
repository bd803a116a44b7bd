/* SPDX-License-Identifier: MIT */
/* Lines of the command on stderr, in the form that the library's have, and the statuses that it ends with
 * itself: those of env(1) and timeout(1), and 2 for what was typed wrong. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_SAY_H
#define LIGHTSSS_SCRIPTS_COMMAND_SAY_H

#define SAY_FAILED         1 /* what was asked for could not be done */
#define SAY_USAGE          2
#define SAY_BROKEN         125 /* the command itself cannot work */
#define SAY_NOT_EXECUTABLE 126
#define SAY_NOT_FOUND      127

/* One line; controls in it become '?', so that a name cannot change the terminal. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The status with which a command ends that would end with this one: SAY_BROKEN, and a line, where its stdout
 * could not be written. */
int say_end(int status);

#endif
