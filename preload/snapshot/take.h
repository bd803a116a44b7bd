/* SPDX-License-Identifier: MIT */
/* Takes one snapshot: stops the threads, clones the process without an exit signal (so that the
 * simulator's wait() and SIGCHLD never see it), lets the threads go on. The copy parks at once. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_TAKE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_TAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/shared_page.h"
#include "snapshot/park.h"

/* What happens around the clone, and to the copy. */
struct take_hooks {
    /* In the original with all threads stopped, before the clone and after it; raw system calls only. The
     * first one returns -errno where there is to be no copy: then the other is not called. */
    int (*before_copy)(void);
    void (*after_copy)(void);
    /* Runs in the copy before it parks; raw system calls only. A copy that would share with the original what
     * it must not returns -errno, and ends. */
    int (*in_copy)(void);
    /* Runs in each copy of a copy, before either goes on: nothing is left that both would move. */
    void (*in_copy_of_copy)(void);
    /* The original has died without a word: shall the copy go on all the same? */
    bool (*orphaned)(struct shared_slot *slot);
    /* In a copy of the copy, made while the original goes on, because that was asked for (or hangs). */
    bool (*asked)(struct shared_slot *slot, bool hangs);
    void (*asked_in_vain)(int error); /* in the copy itself, where that could not be made */
    /* In a copy that is about to go on as a replay: in whose page is a copy of it to park? NULL: there is to
     * be none. It has the number of the first, and a place of its own: SHARED_PAGE_SPARE. */
    struct shared_page *(*spare)(void);
    const struct take_kept *kept; /* NULL: none is ever kept */
};

/* A copy of one that is about to go on as a replay is kept (LIGHTSSS_PARK), and has copies of itself replay;
 * and so is one of each that is parked yet, where that is asked for (SLOT_KEEP).
 */
struct take_kept {
    bool (*is_wanted)(struct shared_slot *rung); /* rung: of what is parked; NULL: of what is woken */
    void (*cloned)(long pid);                    /* beside it: its number, or -errno */
    /* In the kept copy, of the snapshot with this place: begins to be one. Returns a page of its own. */
    struct shared_page *(*begins)(size_t place);
    void (*waits)(void); /* until a copy is wanted; ends the process when it is to go */
    /* On both sides, behind the clone: its number, 0 in the copy, -errno. True: go on as the replay. */
    bool (*copied)(long pid);
};

struct take {
    /* in */
    struct shared_page *page;
    struct shared_slot *slot; /* free; filled here */
    const struct take_hooks *hooks;
    struct park_patience patience;
    /* out */
    pid_t pid;         /* of the copy */
    uint64_t stall_ns; /* how long the simulator stood still */
    uint64_t stop_ns;  /* of that until its threads had stopped */
    uint64_t used_ns;  /* of the rest, without what other programs ran on its processor meanwhile */
    const char *why;   /* when threads could not be stopped: see threads_stop() */
    bool unlisted;     /* before_copy said no */
    uint64_t mask;     /* signals that were blocked before: for a woken copy whose threads are revived */
    bool is_spare;     /* of a replay: it leaves none itself, and is not copied */
};

enum take_side {
    TAKE_ORIGINAL,
    TAKE_COPY, /* woken: all signals are blocked, no other thread exists yet; see `mask` */
};

/* Returns the side, or -errno: -EAGAIN with why set when the threads would not stop. */
int take_snapshot(struct take *take);

/* In the original, before it closes anything or makes a child: waits until the last copy has let go of what
 * is open. Until then nothing that is closed is closed: pipes do not end, locks stay, epoll tells of what is
 * gone, and a program that was just written cannot be started. Any thread, signal handlers too. */
void take_settle(void);

/* In a forked child: the last copy is none of its own. */
void take_forget(void);

#endif
