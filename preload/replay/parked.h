/* SPDX-License-Identifier: MIT */
/* What a parked copy keeps of its original, and where it stands when memory runs out. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_PARKED_H
#define LIGHTSSS_PRELOAD_REPLAY_PARKED_H

/* In the original, before and after a copy is made; in the copy, before it lets go of the original's
 * descriptors: keeps what that will need. */
void parked_before_copy(void);
void parked_after_copy(void);
void parked_in_copy(void);

/* In a replay that begins: where memory runs out the kernel is to kill it and not the original beside it. */
void parked_yield(void);

/* Lets go of both, and of the terminal: others may wait for the end of what is there. */
void parked_leave(void);

/* The original's pidfd; -1: there is none. */
int parked_original(void);

/* From now on our lines go where the original's stderr goes; in a copy of a kept copy, to who has asked for
 * it, as ever. */
void parked_say_to_user(void);

#endif
