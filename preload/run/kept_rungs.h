/* SPDX-License-Identifier: MIT */
/* Rungs: the snapshots between the one that replays a failure and that failure, which are kept beside it
 * (LIGHTSSS_PARK), each in a copy of its own. What all of them hold together must fit, and where it does not
 * they go before the first, the oldest rung at first. Pure logic, on the page that all share. */
#ifndef LIGHTSSS_PRELOAD_RUN_KEPT_RUNGS_H
#define LIGHTSSS_PRELOAD_RUN_KEPT_RUNGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/shared_page.h"

/* Is there a rung in this slot that lives? */
bool kept_rungs_is_one(const struct shared_slot *slot, bool (*is_over)(int32_t pid));

/* The oldest of those that are younger than the one of this number; NULL: there is none. */
struct shared_slot *kept_rungs_next(struct shared_page *page, uint64_t number, bool (*is_over)(int32_t pid));

/* What the kept copies hold that live, but for that of the slot with this place. */
uint64_t kept_rungs_bytes(const struct shared_page *page, size_t place, bool (*is_over)(int32_t pid));

/* Is it for the kept copy of the slot with this place to go, if one must? */
bool kept_rungs_goes_first(struct shared_page *page, size_t place, bool (*is_over)(int32_t pid));

/* The youngest of those that are parked, are younger than the one of this number and older than the other
 * (UINT64_MAX: any); NULL: there is none. */
struct shared_slot *kept_rungs_parked(struct shared_page *page, uint64_t number, uint64_t below,
                                      bool (*is_over)(int32_t pid));

#endif
