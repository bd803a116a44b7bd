/* SPDX-License-Identifier: MIT */
/* Names in a replay's sandbox: what is read is the user's, as it was at the snapshot; what is written, made
 * or removed is the replay's own. Answers of those rows of the table: for the calls that take a directory
 * beside the name; the older ones are told in their terms. The caller holds the lock (place.h). */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_OVERLAY_H
#define LIGHTSSS_PRELOAD_SANDBOX_OVERLAY_H

#include "sandbox/trap.h"

/* Opening: overlay_open.c */
long overlay_openat(struct trap *trap);
long overlay_openat2(struct trap *trap);

/* Looking: overlay_look.c */
long overlay_newfstatat(struct trap *trap);
long overlay_statx(struct trap *trap);
long overlay_faccessat2(struct trap *trap);
long overlay_readlinkat(struct trap *trap);
long overlay_chdir(struct trap *trap);

/* Making, removing and renaming: overlay_names.c */
long overlay_unlinkat(struct trap *trap);
long overlay_renameat2(struct trap *trap);
long overlay_linkat(struct trap *trap);
long overlay_symlinkat(struct trap *trap);
long overlay_mkdirat(struct trap *trap);
long overlay_mknodat(struct trap *trap);

/* Changing: overlay_change.c */
long overlay_truncate(struct trap *trap);
long overlay_fchmodat(struct trap *trap);
long overlay_fchownat(struct trap *trap);
long overlay_utimensat(struct trap *trap);

#endif
