/* SPDX-License-Identifier: MIT */
/* The program's file, where the library itself cannot tell: it never gets into a static program. Whether a
 * model is in the program is none of this file's business. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_PROGRAM_H
#define LIGHTSSS_SCRIPTS_COMMAND_PROGRAM_H

#include <limits.h>

enum program_kind {
    PROGRAM_OPEN,   /* the loader will preload the library */
    PROGRAM_SCRIPT, /* its interpreter will be started */
    PROGRAM_CLOSED, /* a program that the library does not get into */
    PROGRAM_NONE,   /* not there, or no program */
};

#define PROGRAM_INTERPRETER_SIZE 256
#define PROGRAM_WHY_SIZE         (2 * PATH_MAX)

struct program {
    char path[PATH_MAX]; /* empty: it is not there */
    enum program_kind kind;
    char interpreter[PROGRAM_INTERPRETER_SIZE]; /* of a script */
    char why[PROGRAM_WHY_SIZE];                 /* of CLOSED and NONE: cause and remedy in one line */
};

/* Finds the program as a shell does, in PATH where the name has no slash, and looks at its file. */
void program_look(struct program *program, const char *name);

#endif
