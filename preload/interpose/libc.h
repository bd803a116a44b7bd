/* SPDX-License-Identifier: MIT */
/* Functions of libc that we stand in front of at their own entry, not by name: so that calls from inside libc
 * (fopen, readdir) come by too, and other preload libraries stay in front of us. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_LIBC_H
#define LIGHTSSS_PRELOAD_INTERPOSE_LIBC_H

/* Finds the functions and makes everything ready. Call before there are snapshots. */
void libc_prepare(void);

/* From here on the handlers are called. Stops all other threads for a moment; the caller has blocked all
 * signals. What cannot be replaced is left as it is. */
void libc_commit(void);

#endif
