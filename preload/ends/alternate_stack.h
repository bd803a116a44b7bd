/* SPDX-License-Identifier: MIT */
/* An alternate signal stack for threads that have none, so that the handler of a stack overflow has a place
 * to run. The simulator does not see it: asked for its alternate stack, it is told that there is none. */
#ifndef LIGHTSSS_PRELOAD_ENDS_ALTERNATE_STACK_H
#define LIGHTSSS_PRELOAD_ENDS_ALTERNATE_STACK_H

/* Gives the calling thread one, unless it has one. Where no memory is left it has none: an overflow then
 * ends the process unseen. */
void alternate_stack_give(void);

/* The same for a thread that has just begun. */
void alternate_stack_begin(void);

/* Before the calling thread ends: takes it back; a later thread may have it. */
void alternate_stack_drop(void);

#endif
