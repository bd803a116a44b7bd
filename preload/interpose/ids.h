/* SPDX-License-Identifier: MIT */
/* What is told of threads, for the calls of libc's syscall(): before glibc 2.30 libc had no function for
 * them. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_IDS_H
#define LIGHTSSS_PRELOAD_INTERPOSE_IDS_H

#include <sys/types.h>

pid_t ids_gettid(void);
int ids_tgkill(pid_t pid, pid_t tid, int signal);

#endif
