/* SPDX-License-Identifier: MIT */
/* Which snapshots stay parked: a short queue, oldest first. Pure logic without system calls; the caller
 * kills what slots_push() evicts. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_SLOTS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_SLOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SLOTS_MAX 64

struct slot {
    pid_t pid;
    uint64_t number; /* of the snapshot, counted by the caller */
};

struct slots {
    unsigned limit;
    unsigned count;
    struct slot slot[SLOTS_MAX]; /* [0] is the oldest */
};

/* limit is brought into 1..SLOTS_MAX. */
void slots_init(struct slots *slots, unsigned limit);

/* Adds the newest. Returns the pid that lost its place, 0 when there was room. */
pid_t slots_push(struct slots *slots, pid_t pid, uint64_t number);

/* NULL when none is parked; valid until the next change. */
const struct slot *slots_oldest(const struct slots *slots);

/* 0 when none is parked. */
pid_t slots_newest_pid(const struct slots *slots);

/* Takes a snapshot out, wherever it stands. False when it was not there. */
bool slots_remove(struct slots *slots, pid_t pid);

#endif
