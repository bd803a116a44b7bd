/* SPDX-License-Identifier: MIT */
/* Names in a replay's sandbox: what is read is the user's, as it was at the snapshot; what is written, made
 * or removed is the replay's own. Handlers of those rows of the table. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_OVERLAY_H
#define LIGHTSSS_PRELOAD_SANDBOX_OVERLAY_H

#include "sandbox/trap.h"

/* Opening: overlay_open.c */
long overlay_open(struct trap *trap);
long overlay_creat(struct trap *trap);
long overlay_openat(struct trap *trap);
long overlay_openat2(struct trap *trap);

/* Looking: overlay_look.c */
long overlay_stat(struct trap *trap);
long overlay_lstat(struct trap *trap);
long overlay_newfstatat(struct trap *trap);
long overlay_statx(struct trap *trap);
long overlay_access(struct trap *trap);
long overlay_faccessat(struct trap *trap);
long overlay_readlink(struct trap *trap);
long overlay_readlinkat(struct trap *trap);
long overlay_chdir(struct trap *trap);

/* Making, removing and renaming: overlay_names.c */
long overlay_unlink(struct trap *trap);
long overlay_rmdir(struct trap *trap);
long overlay_unlinkat(struct trap *trap);
long overlay_rename(struct trap *trap);
long overlay_renameat(struct trap *trap);
long overlay_link(struct trap *trap);
long overlay_linkat(struct trap *trap);
long overlay_symlink(struct trap *trap);
long overlay_symlinkat(struct trap *trap);
long overlay_mkdir(struct trap *trap);
long overlay_mkdirat(struct trap *trap);
long overlay_mknod(struct trap *trap);
long overlay_mknodat(struct trap *trap);

/* Changing: overlay_change.c */
long overlay_truncate(struct trap *trap);
long overlay_chmod(struct trap *trap);
long overlay_fchmodat(struct trap *trap);
long overlay_chown(
    struct trap *trap); /* and others whose first argument is a name, without a result to look for */
long overlay_fchownat(struct trap *trap);
long overlay_utimensat(struct trap *trap);

#endif
