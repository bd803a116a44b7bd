/* SPDX-License-Identifier: MIT */
/* Who is this process? One word tells, in memory that a child finds zero, whichever way it was made: by
 * fork(), by a system call, as a snapshot. Only a child that has our memory (of vfork(), of clone() with
 * CLONE_VM) reads our word, and is told from us by its number. */
#ifndef LIGHTSSS_PRELOAD_RUN_ROLE_H
#define LIGHTSSS_PRELOAD_RUN_ROLE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options/end.h"
#include "run/verdict.h"

enum role_kind {
    ROLE_BYSTANDER, /* no model here, switched off, a child of the original, a snapshot that is parked */
    ROLE_AWAITED,   /* no eval yet: a call that begins now may come back in the original, or in a replay */
    ROLE_ORIGINAL,  /* the process that the user started, or a forked child of it, from its first eval on */
    ROLE_REPLAY,    /* a woken copy */
};

/* What such a process does where the simulator meets the world. */
struct role {
    void (*eval_due)(uint64_t eval);  /* it is about to run ... */
    void (*eval_done)(uint64_t eval); /* ... has returned; NULL: nothing */
    bool (*may_hold)(void);           /* a waveform that the testbench opens */

    /* A signal has come that ends the process; outside: somebody sent it. Returns true where it is dealt
     * with: the handler returns. */
    bool (*hears)(int signal, bool outside, siginfo_t *info, void *ucontext);

    /* exit() comes to libc's last flush. is_abrupt: it is _exit() or the like, with no flush, and this may be
     * in a signal handler. Returns whether other threads are to wait in that flush until ends() is done. */
    bool (*exits)(bool is_abrupt);

    /* Under the keeper's lock. Returns false where the process goes on, and has let go of that. */
    bool (*ends)(struct end *end);

    /* Another program is about to take its place (exec): asked of the original alone. */
    void (*becomes_other)(void);

    /* A replay cannot go on. */
    __attribute__((noreturn)) void (*stop)(enum verdict verdict, const char *why);
};

/* Of this process. */
const struct role *role(void);

/* The word is such a kind, and: there is a tape, to be written or to be fed from; the kernel cannot
 * make such memory, and a child finds the word of its parent. */
#define ROLE_KINDS  UINT32_C(3)
#define ROLE_TAPE   UINT32_C(4)
#define ROLE_UNSURE UINT32_C(8)

extern volatile uint32_t *role_word;

/* Where the word is unsure: the number of the process decides. */
enum role_kind role_look(void);

/* One load, because every read() asks. */
static inline enum role_kind role_kind(void)
{
    uint32_t word = *role_word;

    return word < ROLE_UNSURE ? (enum role_kind)(word & ROLE_KINDS) : role_look();
}

/* Is this the original, with a tape that its replay will be fed from? Is it a replay with such a tape? */
static inline bool role_records(void)
{
    return *role_word == (ROLE_ORIGINAL | ROLE_TAPE);
}

static inline bool role_is_fed(void)
{
    return *role_word == (ROLE_REPLAY | ROLE_TAPE);
}

/* One of both, or a process that may become one: a call that begins now may come back in it. */
static inline bool role_may_be_told(void)
{
    uint32_t word = *role_word;

    return word == ROLE_AWAITED || (word & ROLE_TAPE) != 0;
}

/* Is this the original, or the replay, and no child in its memory? */
bool role_is_self(void);

/* Is this the original, in the same way? */
bool role_is_original(void);

/* The same as role_is_self(), mostly without a system call: of children in our memory it knows those alone
 * that come from vfork() or posix_spawn() and have not called exec yet. */
bool role_is_likely_self(void);

/* Has this process become an original, or the one whose memory it was made with? */
bool role_was_taken(void);

/* In a replay: is there nobody who waits for its findings? */
bool role_is_alone(void);

/* Is this the simulator's process group? Its copies are each in one of their own. */
bool role_is_group(pid_t group);

/* --- for those who know --- */

/* In the constructor: what each of them does. */
void role_introduce(enum role_kind kind, const struct role *does);

/* Before anything is replaced: a model may eval here. */
void role_await(void);

/* In a child that the simulator has forked: it may become an original too. */
void role_forked(void);

/* From now on: the number of the process is taken down. */
void role_become(enum role_kind kind);

/* May there be a tape? Not where a child finds its parent's word. There is one. */
bool role_may_have_tape(void);
void role_note_tape(void);

#endif
