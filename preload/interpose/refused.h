/* SPDX-License-Identifier: MIT */
/* Where the kernel refuses the simulator a process or a thread: snapshots are processes too, and count where
 * their number is limited. */
#ifndef LIGHTSSS_INTERPOSE_REFUSED_H
#define LIGHTSSS_INTERPOSE_REFUSED_H

#include <stdbool.h>

/* Gives up the oldest snapshot. True: the call is to be made again. For any thread of the original. Errno is
 * kept. */
bool refused_make_room(int error);

#endif
