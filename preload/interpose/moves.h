/* SPDX-License-Identifier: MIT */
/* Calls that change names, for whoever makes them past libc's functions: see moves.c. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_MOVES_H
#define LIGHTSSS_PRELOAD_INTERPOSE_MOVES_H

/* What answers this system call in libc's syscall(), with the arguments behind the number; NULL: it is none
 * of them. */
void *moves_answer(long number);

#endif
