/* SPDX-License-Identifier: MIT */
/* Where the kernel refuses the simulator a process, a thread or memory: snapshots are processes too, and
 * count where their number is limited, or the memory that is promised. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_REFUSED_H
#define LIGHTSSS_PRELOAD_INTERPOSE_REFUSED_H

#include <stdbool.h>
#include <stddef.h>

/* Gives up the oldest snapshot. True: the call is to be made again. For any thread of the original. Errno is
 * kept. */
bool refused_make_room(int error);

/* After a call that has failed (errno) and wants so much memory, where snapshots may be to blame: is it to be
 * made again? A call that then succeeds leaves errno as it was. From inside malloc(). */
bool refused_again(size_t bytes, int saved_errno);

/* The simulator is about to make a child. What that one starts in its turn is refused where we see nothing of
 * it: where a limit is near, snapshots go before. */
void refused_before_child(bool is_program);

/* A forked child of the simulator becomes a program. */
void refused_note_program(void);

#endif
