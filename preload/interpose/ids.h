/* SPDX-License-Identifier: MIT */
/* Ids of processes, as a replay is told them: see ids.c. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_IDS_H
#define LIGHTSSS_PRELOAD_INTERPOSE_IDS_H

/* Before the hooks are in place: finds out where libc's code is. */
void ids_prepare(void);

#endif
