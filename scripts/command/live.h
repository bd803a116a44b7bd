/* SPDX-License-Identifier: MIT */
/* The runs that are alive, as far as this user may see: their snapshots have cards (run/card.h), which /proc
 * leads to. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_LIVE_H
#define LIGHTSSS_SCRIPTS_COMMAND_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/card.h"

struct live_snapshot {
    int pid;
    enum card_state state;
    uint64_t number, eval, taken_ns;
    uint64_t until_ns; /* CARD_KEPT: it goes then */
    char *directory;   /* CARD_KEPT: of the run; else NULL */
    struct card_sample samples[CARD_SAMPLES];
    uint64_t memory_bytes; /* that would be free without it */
};

struct live_run {
    int pid;          /* the simulator's; 0: it has ended */
    int original_pid; /* the same as it has it itself: in a container that is another number */
    uid_t user;
    uint64_t start_ns; /* CLOCK_MONOTONIC; 0: not known */
    char program[CARD_PROGRAM_SIZE];
    char *directory;                 /* LIGHTSSS_DIR; NULL: not known */
    struct live_snapshot *snapshots; /* oldest first; none: there was no room for any */
    size_t count;
    bool is_measured; /* their memory is known */
    bool is_stopped;  /* the simulator: by SIGSTOP, Ctrl-Z or a debugger */
};

/* Begins as zeros. */
struct live {
    struct live_run *runs; /* by process id */
    size_t count;
    int other_pid;                         /* a process whose card is of another release; 0: there is none */
    char other_release[CARD_RELEASE_SIZE]; /* and that */
};

/* One more, of which nothing is known yet. NULL: no memory. */
struct live_run *live_add(struct live *live);

void live_free(struct live *live);

/* What one of its runs holds. */
void live_clear(struct live_run *run);

/* Is nothing left of the run but snapshots that are kept, and their replays? */
bool live_is_kept(const struct live_run *run);

/* Is the simulator waiting for its replay? (One beside it does not count.) */
bool live_replays(const struct live_run *run);

#endif
