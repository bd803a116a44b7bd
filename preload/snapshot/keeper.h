/* SPDX-License-Identifier: MIT */
/* Keeps the parked snapshots of the original: takes one when the cadence says so, evicts others, reaps
 * what has died. All of it happens on the thread that evals, or on the one that ends the process. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_KEEPER_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"
#include "run/shared_page.h"
#include "snapshot/shelf.h"
#include "snapshot/stall.h"
#include "snapshot/take.h"

struct own_thread;

struct keeper_hooks {
    void (*due_in)(uint64_t evals); /* when to call keeper_look() again */
    uint64_t (*simtime)(void);      /* simulation time */
    struct take_hooks copy;
    uint64_t (*evals)(void);
    void (*begins)(
        unsigned place);      /* a snapshot is about to be taken, and has this place if it is (shelf.h) ... */
    void (*done)(int oldest); /* ... or was, or others went; place of the oldest, SHELF_NONE: none is left */
    enum shelf_input (*input)(unsigned place);
};

/* What the report says of it. */
struct keeper_figures {
    uint64_t taken;
    struct stall stall;
};

void keeper_init(struct shared_page *page, const struct options *options, const struct keeper_hooks *hooks);

/* Eval number `eval` is about to run. Mostly there is nothing to do: then this is true, and that was all; no
 * system call is made. Else keeper_look() is to be called. */
bool keeper_glance(uint64_t eval);

/* The clock is looked at, and perhaps a snapshot taken. Returns true
 * in a woken copy, with all signals blocked and no other thread alive: go on with keeper_revive(). */
bool keeper_look(uint64_t eval);

/* Was keeper_look() last called by this thread? */
bool keeper_is_evaluating_thread(void);
const struct own_thread *keeper_evaluating_thread(void); /* NULL: there was none yet */

/* In a woken copy: when it was taken, CLOCK_MONOTONIC. */
uint64_t keeper_taken_ns(void);

/* In a woken copy: makes the threads anew and unblocks signals. Returns 0 or -errno. */
int keeper_revive(void);

/* The oldest snapshot that is still alive; NULL: none is left. */
struct shared_slot *keeper_oldest(void);

/* Is that process a snapshot of ours that still exists, be it that it has been killed? For any thread. */
bool keeper_is_snapshot(pid_t pid);

/* Takes a snapshot off the list; it is dead or about to be. */
void keeper_forget(struct shared_slot *slot);

/* The simulator needs its place more: it was refused so much memory, or (0) a process or a thread. Kills and
 * reaps the oldest. False: there is none, or that would not help. For any thread, under keeper_lock() and
 * with signals blocked. */
bool keeper_give_up_oldest(uint64_t refused_bytes);

/* The simulator is about to start a child, which may start more: is there something to be looked at? For any
 * thread. Then, under the keeper's lock and with signals blocked, so many snapshots go that there is room. */
bool keeper_must_leave_processes(void);
void keeper_leave_processes(void);

/* Under keeper_lock() and with signals blocked: the snapshots of these numbers stay parked until this is
 * called again, beside those that have a place; memory may still run out. */
void keeper_hold(bool (*is_wanted)(uint64_t number));

/* Is it parked only because of that? */
bool keeper_is_extra(uint64_t number);

/* Kills and reaps all that are left. Async-signal-safe. */
void keeper_dismiss(void);

const struct keeper_figures *keeper_figures(void);

#endif
