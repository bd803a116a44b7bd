/* SPDX-License-Identifier: MIT */
/* See kept_rungs.h. */
#include "run/kept_rungs.h"

#include "base/u64.h"

static bool is_alive(int32_t pid, bool (*is_over)(int32_t pid))
{
    return pid > 0 && !is_over(pid);
}

bool kept_rungs_is_one(const struct shared_slot *slot, bool (*is_over)(int32_t pid))
{
    return atomic_load(&slot->kept) == KEPT_READY && is_alive(atomic_load(&slot->kept_pid), is_over);
}

struct shared_slot *kept_rungs_next(struct shared_page *page, uint64_t number, bool (*is_over)(int32_t pid))
{
    struct shared_slot *next = NULL;

    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++) {
        struct shared_slot *slot = &page->slots[i];
        if (slot->number > number && (next == NULL || slot->number < next->number) &&
            kept_rungs_is_one(slot, is_over))
            next = slot;
    }
    return next;
}

uint64_t kept_rungs_bytes(const struct shared_page *page, size_t place, bool (*is_over)(int32_t pid))
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++)
        if (i != place && is_alive(atomic_load(&page->slots[i].kept_pid), is_over))
            bytes = u64_sum(bytes, atomic_load(&page->slots[i].kept_bytes));
    return bytes;
}

bool kept_rungs_goes_first(struct shared_page *page, size_t place, bool (*is_over)(int32_t pid))
{
    const struct shared_slot *oldest = kept_rungs_next(page, 0, is_over);

    return oldest == NULL || oldest == &page->slots[place];
}

struct shared_slot *kept_rungs_parked(struct shared_page *page, uint64_t number, uint64_t below,
                                      bool (*is_over)(int32_t pid))
{
    struct shared_slot *found = NULL;

    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++) {
        struct shared_slot *slot = &page->slots[i];
        if (slot->number > number && slot->number < below &&
            (found == NULL || slot->number > found->number) && is_alive(atomic_load(&slot->pid), is_over))
            found = slot;
    }
    return found;
}
