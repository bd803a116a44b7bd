/* SPDX-License-Identifier: MIT */
/* What a copy tells to who asks what runs here (`lightsss list`): a page without a name (memfd) behind a
 * descriptor of the copy's own, which the same user opens by /proc/PID/fd and only reads. The original, whose
 * descriptors are the simulator's, has none. It goes with the copy. */
#ifndef LIGHTSSS_PRELOAD_RUN_CARD_H
#define LIGHTSSS_PRELOAD_RUN_CARD_H

#include <stddef.h>
#include <stdint.h>

#include "run/shared_page.h"

#define CARD_NAME         "lightsss-card"
#define CARD_MAGIC        "lightsss"
#define CARD_LAYOUT       1u /* of what follows `release`; another one is not to be read */
#define CARD_RELEASE_SIZE 20u
#define CARD_PROGRAM_SIZE 64u
#define CARD_SAMPLES      2u

enum card_state {
    CARD_PARKED,
    CARD_REPLAYS, /* woken: it runs again in the place of the original */
    CARD_BESIDE,  /* the same, while the original goes on */
    CARD_SPARE,   /* parked in the place of one that replays, should that have to begin anew */
    CARD_KEPT,    /* behind the run (LIGHTSSS_PARK) */
};

/* How many evals the original had begun at a time. Written now and then while the copy sleeps. */
struct card_sample {
    uint64_t evals, ns; /* CLOCK_MONOTONIC; 0: there is none yet */
    uint64_t check;     /* of both: they may be read while they are written */
};

struct card {
    char magic[8];
    uint32_t layout;
    char release[CARD_RELEASE_SIZE];       /* of the library; up to here it is the same in every layout */
    uint32_t state;                        /* enum card_state */
    int32_t original_pid;                  /* as the original itself has it, in its namespace */
    uint64_t run_start_ns;                 /* its first eval, CLOCK_MONOTONIC */
    uint64_t number, eval, time, taken_ns; /* of the snapshot, as in struct shared_slot */
    char program[CARD_PROGRAM_SIZE];
    struct card_sample samples[CARD_SAMPLES]; /* the later one last */
    uint32_t
        directory_length; /* of LIGHTSSS_DIR, which follows without a NUL; CARD_KEPT: of that of the run */
};

/* Follows behind that of a kept copy, where the directory is that of the run. */
struct card_kept {
    uint64_t until_ns; /* it goes then; CLOCK_MONOTONIC */
};

static inline uint64_t card_check(uint64_t evals, uint64_t ns)
{
    return ~(evals ^ ns);
}

/* In a copy of a process of which this is the slot: makes its card, in the place of one that it has
 * inherited. Where that cannot be, nobody sees it. Raw system calls only. */
void card_make(const struct shared_slot *slot, int32_t original_pid, enum card_state state);

/* The same in a kept copy, whose run directory is that. */
void card_make_kept(const struct shared_slot *slot, int32_t original_pid, const char *directory,
                    uint64_t until_ns);

/* Puts down how many evals the original has begun by now. */
void card_tell(uint64_t evals);

/* The copy is about to run the simulator again: the last that is written, as that may close the number and
 * get it for a file of its own. */
void card_replays(void);

#endif
