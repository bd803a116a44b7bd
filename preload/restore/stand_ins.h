/* SPDX-License-Identifier: MIT */
/* Descriptors of a replay that stand for what it cannot have: /dev/null for terminals, pipes and sockets,
 * files in the run directory for stdout and stderr. They are known by their open file descriptions, so that
 * dup() and close() need not be followed. Async-signal-safe: no heap, raw system calls. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_STAND_INS_H
#define LIGHTSSS_PRELOAD_RESTORE_STAND_INS_H

#include "snapshot/descriptors.h"

/* At the wake: what is open under this number now stands for what was open at the snapshot. */
void stand_ins_add(const struct descriptor *descriptor);

/* What this descriptor stands for; NULL: it stands for itself. */
const struct descriptor *stand_ins_find(int fd);

#endif
