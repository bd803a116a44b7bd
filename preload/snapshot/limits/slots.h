/* SPDX-License-Identifier: MIT */
/* The snapshots that are parked: a short list, oldest first. Which of them stay is ladder's to say. Pure
 * logic without system calls; the caller kills what slots_push() evicts. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_SLOTS_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_LIMITS_SLOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SLOTS_MAX    64
#define SLOTS_PLACES (SLOTS_MAX + 1) /* the next one has its place before another loses its own */

struct slot {
    pid_t pid;
    unsigned place;    /* below SLOTS_PLACES, its own as long as it is parked */
    uint64_t number;   /* of the snapshot, counted by the caller */
    uint64_t eval;     /* evals that were complete when it was taken ... */
    uint64_t taken_ns; /* ... and when that was */
    bool held;         /* it is needed for now */
    bool extra;        /* by ladder it need not stay: where it does, that is because it is held */
};

struct slots {
    unsigned limit; /* so many of the newest stay whatever their age is */
    unsigned count;
    struct slot slot[SLOTS_MAX]; /* [0] is the oldest */
};

/* limit is brought into 1..SLOTS_MAX. */
void slots_init(struct slots *slots, unsigned limit);

/* Adds the newest. Returns the pid that is to go because there is room for no more; 0: there was. */
pid_t slots_push(struct slots *slots, const struct slot *slot);

/* Those that are wanted are held from now on, and no others. */
void slots_hold(struct slots *slots, bool (*is_wanted)(uint64_t number));

/* The pid of one that is an extra and not held; 0: there is none. */
pid_t slots_excess(const struct slots *slots);

/* Is it there only because it is held? */
bool slots_is_extra(const struct slots *slots, uint64_t number);

/* NULL when none is parked; valid until the next change. */
const struct slot *slots_oldest(const struct slots *slots);
const struct slot *slots_newest(const struct slots *slots);

/* Takes a snapshot out, wherever it stands. False when it was not there. */
bool slots_remove(struct slots *slots, pid_t pid);

#endif
