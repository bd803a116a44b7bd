/* SPDX-License-Identifier: MIT */
/* Children without snapshots: see family.h. Times of the kernel are finer than those it tells, so that a sum
 * of many is some microseconds off; where the simulator has reaped nobody since the start, the answer is
 * exactly the one of the start. */
#define _GNU_SOURCE
#include "snapshot/family.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#define SECOND_US 1000000

/* All members of struct rusage are long, or pairs of them; a time counts where its microseconds are. */
static_assert(sizeof(struct rusage) == FAMILY_COUNTERS * sizeof(long), "struct rusage is an array of long");
static const size_t times[] = {offsetof(struct rusage, ru_utime) / sizeof(long),
                               offsetof(struct rusage, ru_stime) / sizeof(long)};

static void to_counters(long counter[FAMILY_COUNTERS], const struct rusage *usage)
{
    memcpy(counter, usage, sizeof *usage);
    for (size_t i = 0; i < 2; i++) {
        counter[times[i] + 1] += counter[times[i]] * SECOND_US;
        counter[times[i]] = 0;
    }
}

static void from_counters(struct rusage *usage, long counter[FAMILY_COUNTERS])
{
    for (size_t i = 0; i < 2; i++) {
        counter[times[i]] = counter[times[i] + 1] / SECOND_US;
        counter[times[i] + 1] %= SECOND_US;
    }
    memcpy(usage, counter, sizeof *usage);
}

void family_begin(struct family *family, const struct rusage *at_start)
{
    memset(family, 0, sizeof *family);
    family->at_start = *at_start;
    atomic_store(&family->child_maxrss, at_start->ru_maxrss);
}

/* --- the account --- */

void family_bury(struct family *family, const struct rusage *usage)
{
    long counter[FAMILY_COUNTERS];

    to_counters(counter, usage);
    for (size_t i = 0; i < FAMILY_COUNTERS; i++)
        atomic_fetch_add(&family->used[i], counter[i]);
}

void family_see_child(struct family *family, const struct rusage *usage)
{
    long seen = atomic_load(&family->child_maxrss);

    atomic_store(&family->has_reaped, true);
    while (usage != NULL && usage->ru_maxrss > seen &&
           !atomic_compare_exchange_weak(&family->child_maxrss, &seen, usage->ru_maxrss))
        continue;
}

/* The largest size is no sum. */
void family_leave_out(const struct family *family, struct rusage *children)
{
    long counter[FAMILY_COUNTERS];

    if (!atomic_load(&family->has_reaped)) {
        *children = family->at_start;
        return;
    }
    to_counters(counter, children);
    for (size_t i = 0; i < FAMILY_COUNTERS; i++) {
        long used = atomic_load(&family->used[i]);
        counter[i] -= counter[i] > used ? used : counter[i];
    }
    from_counters(children, counter);
    children->ru_maxrss = atomic_load(&family->child_maxrss);
}

/* --- those that were killed --- */

bool family_add(struct family *family, pid_t pid)
{
    if (family->dying_count == SLOTS_MAX)
        return false;
    family->dying[family->dying_count++] = pid;
    return true;
}

void family_drop(struct family *family, unsigned place)
{
    if (place < family->lasting_count) {
        family->dying[place] = family->dying[--family->lasting_count];
        place = family->lasting_count;
    }
    family->dying[place] = family->dying[--family->dying_count];
    family->dying[family->dying_count] = 0;
}

bool family_has(const struct family *family, pid_t pid)
{
    for (unsigned i = 0; i < SLOTS_MAX; i++)
        if (family->dying[i] == pid)
            return true;
    return false;
}

/* --- waiting --- */

bool family_may_wait(pid_t pid, bool (*is_snapshot)(pid_t pid), int *options)
{
    const int kinds = *options & (int)(__WALL | __WCLONE);

    if (kinds == 0)
        return true;
    if (pid > 0)
        return !is_snapshot(pid);
    *options &= ~(int)__WALL;
    return kinds != (int)__WCLONE;
}
