/* SPDX-License-Identifier: MIT */
/* Where the machine promises no more memory than it has (vm.overcommit_memory=2), a snapshot counts as much
 * as the original could write to, whatever it really holds; and the simulator is refused memory once all is
 * promised. Pure logic, but for the reader that the caller gives. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_COMMIT_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

struct commit {
    bool is_strict;        /* else the rest is not known */
    uint64_t left_bytes;   /* what may be promised to this process yet ... */
    uint64_t of_bytes;     /* ... of all that may be (CommitLimit) */
    uint64_t charge_bytes; /* what a snapshot of it would count */
    uint64_t doubt_bytes;  /* so far may the kernel's own sum be from the true one */
};

/* read() gives the text of a small file, or NULL; valid until its next call. */
void commit_read(struct commit *commit, const char *(*read)(const char *path));

/* What must be left for the original and its children. */
uint64_t commit_reserve_bytes(const struct commit *commit);

/* May another snapshot be taken? */
bool commit_has_room(const struct commit *commit);

/* The simulator was refused so much. Can that be because of what snapshots count (charged_bytes), and would
 * it help to give them up? */
bool commit_is_to_blame(const struct commit *commit, uint64_t charged_bytes, uint64_t refused_bytes);

#endif
