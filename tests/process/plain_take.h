/* SPDX-License-Identifier: MIT */
/* A snapshot of the test itself, around which nothing else happens. */
#ifndef LIGHTSSS_TESTS_PROCESS_PLAIN_TAKE_H
#define LIGHTSSS_TESTS_PROCESS_PLAIN_TAKE_H

#include "snapshot/take.h"

static int plain_take_copies(void)
{
    return 0;
}

static void plain_take_goes_on(void)
{
}

static bool plain_take_is_orphaned(struct shared_slot *slot)
{
    (void)slot;
    return false;
}

static struct shared_page *plain_take_has_no_spare(void)
{
    return NULL;
}

static uint64_t plain_take_evals(void)
{
    return 0;
}

/* Nobody asks for a copy of the copy. */
static const struct take_hooks plain_take_hooks = {
    .before_copy = plain_take_copies,
    .after_copy = plain_take_goes_on,
    .in_copy = plain_take_copies,
    .in_copy_of_copy = plain_take_goes_on,
    .orphaned = plain_take_is_orphaned,
    .spare = plain_take_has_no_spare,
};

static inline struct take plain_take(struct shared_page *page)
{
    return (struct take){
        .page = page,
        .slot = shared_page_free_slot(page),
        .hooks = &plain_take_hooks,
        .patience = {.evals = plain_take_evals},
    };
}

#endif
