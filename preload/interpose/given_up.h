/* SPDX-License-Identifier: MIT */
/* Calls that change the rights of the process, where they come by libc's syscall(). */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_GIVEN_UP_H
#define LIGHTSSS_PRELOAD_INTERPOSE_GIVEN_UP_H

/* The function that answers this call in the place of the kernel; NULL: it is none of these. */
void *given_up_answer(long number);

#endif
