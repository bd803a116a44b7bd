/* SPDX-License-Identifier: MIT */
/* What is parked: put there, and taken off, because it has no place any more (ladder.h), holds too much, or
 * the input since is lost. On the thread that evals or ends the process, under the keeper's lock. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_SHELF_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_SHELF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options/options.h"
#include "run/shared_page.h"
#include "snapshot/limits/slots.h"

/* What came from outside since the snapshot with this place was taken, and a replay of it would be told. */
enum shelf_input {
    SHELF_INPUT_WHOLE,
    SHELF_INPUT_LONG, /* it takes so much room that there may soon be none for more */
    SHELF_INPUT_LOST, /* there was none for some of it */
};

#define SHELF_NONE (-1)

/* In the original, before the first snapshot. */
void shelf_begin(struct shared_page *page, const struct options *options,
                 enum shelf_input (*input)(unsigned place));

const struct slots *shelf_slots(void);

/* Its number in the page. */
unsigned shelf_place(const struct shared_slot *slot);

/* The place of the oldest; SHELF_NONE: none is parked. */
int shelf_oldest_place(void);

/* A snapshot was taken. */
void shelf_put(const struct shared_slot *slot);

/* It is not wanted. */
void shelf_refuse(struct shared_slot *slot);

/* Those go that need not stay, at this time and eval, and are not held. */
void shelf_thin(uint64_t now_ns, uint64_t eval);

/* Those that are wanted are held from now on, and no others: they stay whatever their age is. Returns whether
 * any has gone. */
bool shelf_hold(bool (*is_wanted)(uint64_t number));

/* After one was taken: those go of which the input is lost, for a replay of theirs would not come to the
 * failure. Of a ladder the oldest go before that. */
void shelf_thin_by_input(void);

/* It is dead, or about to be. */
void shelf_forget(struct shared_slot *slot);
void shelf_forget_oldest(void);

/* The oldest that is still alive; NULL: none is left. */
struct shared_slot *shelf_oldest(void);

/* Was one killed since this was last asked? */
bool shelf_has_killed(void);

#endif
