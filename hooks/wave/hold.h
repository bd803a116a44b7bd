/* SPDX-License-Identifier: MIT */
/* The testbench's own tracers. One that is held back has made its file, and believes it open while no
 * value is written; a replay plays it: it gets a file of ours, and from then on the testbench's own dumps
 * fill it. */
#ifndef LIGHTSSS_HOOKS_WAVE_HOLD_H
#define LIGHTSSS_HOOKS_WAVE_HOLD_H

#include "hooks.h"
#include "wave/tracer.h"

#include <limits.h>

enum hold_state {
    HOLD_CLOSED,
    HOLD_OPENING, /* a thread is in open() */
    HOLD_HELD,    /* the testbench believes it open */
    HOLD_PASSED,  /* open, as the testbench wished */
    HOLD_PLAYED,  /* open, in a file of ours */
};

struct hold_tracer {
    struct tracer tracer;
    enum hold_state state;
    bool foreign;        /* writes through an object of the testbench: never played */
    bool wished;         /* somebody has switched it on: left alone in the original, never played */
    bool opening;        /* the real open() is at work */
    bool broken;         /* gave up in a replay: never called again */
    bool stale;          /* a model was deleted since its last dump, perhaps the one that it traces */
    bool dumped;         /* since it was held: the shortcut past on_dump() may be taken */
    uint64_t order;      /* of the opens */
    char path[PATH_MAX]; /* absolute */
};

/* What a replay does with the testbench's calls. open() finds the tracer closed; false from open() or dump():
 * the tracer is broken and nothing more is asked of it. */
struct hold_player {
    bool (*open)(struct hold_tracer *tracer);
    bool (*dump)(struct hold_tracer *tracer, uint64_t time);
    void (*flush)(struct hold_tracer *tracer);
    void (*close)(struct hold_tracer *tracer);
};

/* From the testbench's traceEverOn() on, its opens are seen: those of tracers of the run time library that
 * the first model found has. */
void hold_install(const struct hooks_events *events);

/* Are its tracers those of the primary model's library? Only they can show it. */
bool hold_is_of_primary(void);

/* In a child that the simulator forked: no other thread is at work here. */
void hold_forked(void);

/* See hooks.h. The mark also is another one after each open and close. */
uint64_t hold_mark(void);
unsigned hold_release(void);
void hold_mute(void);

/* In a replay: plays what is held, in the order in which it was opened, and what is opened later on. */
void hold_play(const struct hold_player *player);

/* Closes what is played, through the player. The testbench goes on believing it open, and what it opens later
 * is held for good. */
void hold_stop(void);

/* One that was played has been left in the middle, whoever had called it: nothing more is asked of it. */
void hold_break(const void *tracer);

/* This tracer is ours: its calls pass. */
void hold_except(const void *tracer);

#endif
