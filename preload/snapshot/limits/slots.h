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
    bool held;       /* it is needed for now */
    bool extra;      /* it has lost its place, and is there only because it is held */
};

struct slots {
    unsigned limit;
    unsigned count;
    struct slot slot[SLOTS_MAX]; /* [0] is the oldest */
};

/* limit is brought into 1..SLOTS_MAX. */
void slots_init(struct slots *slots, unsigned limit);

/* Adds the newest. Returns the pid that is to go, 0: none. One that loses its place and is held stays beside
 * the others, as long as there is room for it. */
pid_t slots_push(struct slots *slots, pid_t pid, uint64_t number);

/* Those that are wanted are held from now on, and no others. */
void slots_hold(struct slots *slots, bool (*is_wanted)(uint64_t number));

/* The pid of one that has no place and is held no longer; 0: there is none. */
pid_t slots_excess(const struct slots *slots);

/* Is it there only because it is held? */
bool slots_is_extra(const struct slots *slots, uint64_t number);

/* NULL when none is parked; valid until the next change. */
const struct slot *slots_oldest(const struct slots *slots);

/* 0 when none is parked. */
pid_t slots_newest_pid(const struct slots *slots);

/* Takes a snapshot out, wherever it stands. False when it was not there. */
bool slots_remove(struct slots *slots, pid_t pid);

#endif
