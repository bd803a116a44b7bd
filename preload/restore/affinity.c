/* SPDX-License-Identifier: MIT */
/* Threads that are not pinned, and believe that they are: see affinity.h. What the kernel makes of a mask
 * only the kernel knows: it is set, asked for, and set back. */
#define _GNU_SOURCE
#include "restore/affinity.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/user_memory.h"
#include "run/run.h"
#include "snapshot/threads/threads_revive.h"
#include "snapshot/threads/threads_signal.h"

#define TOLD_MAX (2 * THREADS_MAX)

/* As the kernel gives it: so many bytes; < 0: not known. */
struct mask {
    long size;
    unsigned long bits[CPU_SETSIZE / (8 * sizeof(unsigned long))];
};

static struct {
    _Atomic pid_t tid; /* 0: free */
    struct mask mask;
} told[TOLD_MAX];

static struct mask of_process = {.size = -1};
static bool is_apart; /* this is such a replay */

static void read_mask(pid_t tid, struct mask *mask)
{
    mask->size = raw_syscall3(SYS_sched_getaffinity, tid, sizeof mask->bits, mask->bits);
}

void affinity_note(void)
{
    if (of_process.size < 0)
        read_mask(0, &of_process);
}

/* The place of a thread, 0 is the calling one; NULL: it has none, and there is none left. */
static struct mask *find(pid_t tid, bool make)
{
    if (tid == 0)
        tid = kernel_gettid();
    for (unsigned i = 0; i < TOLD_MAX; i++) {
        pid_t free_place = 0;

        if (atomic_load(&told[i].tid) == tid ||
            (make && atomic_compare_exchange_strong(&told[i].tid, &free_place, tid)))
            return &told[i].mask;
    }
    return NULL;
}

static void set_free(pid_t tid)
{
    raw_syscall3(SYS_sched_setaffinity, tid, of_process.size, of_process.bits);
}

/* The calling thread was pinned like that. */
static void tell(const unsigned long *bits, long size)
{
    struct mask *mask = size > 0 ? find(0, true) : NULL;

    if (mask != NULL) {
        memcpy(mask->bits, bits, (size_t)size);
        mask->size = size;
    }
    set_free(0);
}

void affinity_begin(void)
{
    struct mask own;

    if ((!end_is_point(run.page->end.kind) && run.page->end.kind != END_HANG) || of_process.size <= 0)
        return;
    read_mask(0, &own);
    tell(own.bits, own.size);
    threads_revive_set_unpinned(tell);
    is_apart = true;
}

pid_t affinity_maker(void)
{
    return is_apart ? kernel_gettid() : 0;
}

/* Unless it was made with a mask of its own. */
void affinity_inherit(pid_t maker)
{
    const struct mask *of_maker = is_apart ? find(maker, false) : NULL;

    if (of_maker != NULL && find(0, false) == NULL)
        tell(of_maker->bits, of_maker->size);
}

long affinity_get(pid_t tid, long size, long mask)
{
    long r = raw_syscall3(SYS_sched_getaffinity, tid, size, mask);
    const struct mask *kept = is_apart && r > 0 ? find(tid, false) : NULL;

    if (kept == NULL)
        return r;
    return user_memory_write(mask, kept->bits, (size_t)(r < kept->size ? r : kept->size)) < 0 ? -EFAULT : r;
}

long affinity_set(pid_t tid, long size, long mask)
{
    struct mask now, *kept;
    long r = raw_syscall3(SYS_sched_setaffinity, tid, size, mask);

    if (!is_apart || r < 0)
        return r;
    read_mask(tid, &now);
    set_free(tid);
    kept = now.size > 0 ? find(tid, true) : NULL;
    if (kept != NULL)
        *kept = now;
    return r;
}
