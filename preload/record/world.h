/* SPDX-License-Identifier: MIT */
/* What the hooks of time, random numbers, ids and children have in common: the world answers a call, and the
 * answer is kept, or in a replay the original's is put in its place. Calls that change the world (fork) ask
 * for the answer first. */
#ifndef LIGHTSSS_PRELOAD_RECORD_WORLD_H
#define LIGHTSSS_PRELOAD_RECORD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/input.h"

/* Each call has streams of its own, so that no answer is ever taken for that of another call. */
enum world_call {
    WORLD_CLOCK_GETTIME = 1,
    WORLD_TIME,
    WORLD_GETTIMEOFDAY,
    WORLD_TIMES,
    WORLD_GETRUSAGE,
    WORLD_GETRANDOM,
    WORLD_GETENTROPY,
    WORLD_ARC4RANDOM,
    WORLD_ARC4RANDOM_BUF,
    WORLD_RANDOM_DEVICE,
    WORLD_GETPPID,
    WORLD_GETPGRP,
    WORLD_GETPGID,
    WORLD_GETSID,
    WORLD_THREAD_ID,
    WORLD_KILL,
    WORLD_FORK,
    WORLD_SPAWN,
    WORLD_WAIT,
    WORLD_WAITID,
    WORLD_SHMGET,
    WORLD_SHMAT,
    WORLD_SHMDT,
    WORLD_SHMCTL,
    WORLD_SEMGET,
    WORLD_SEMOP,
    WORLD_SEMCTL,
    WORLD_MSGGET,
    WORLD_MSGSND,
    WORLD_MSGRCV,
    WORLD_MSGCTL,
};

/* The stream of the calling thread for this call; detail: what else tells streams apart. */
uint64_t world_key(enum world_call call, uint64_t detail);

/* Bytes that a call fills in for its caller. */
struct world_bytes {
    void *address; /* NULL: the caller does not want them */
    size_t size;
};

/* Keeps the answer. A thread that was woken on its way to here passes over the one that the original kept. */
void world_record(enum input_kind kind, uint64_t key, int64_t result, const struct world_bytes *parts,
                  int count);

/* The next answer, errno and bytes too. False: there is none. */
bool world_feed(enum input_kind kind, uint64_t key, int64_t *result, const struct world_bytes *parts,
                int count);

/* After a call that changed nothing: keeps its answer, or puts the original's in its place, where there is
 * one. Returns the result. Errno is the call's. */
int64_t world_answer(enum input_kind kind, uint64_t key, int64_t result, struct world_bytes bytes);

#endif
