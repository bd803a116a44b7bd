/* SPDX-License-Identifier: MIT */
/* Counts are packed into one shared mapping; stubs, which reach no further than 2 GiB, have second views of
 * its pages: see counts.h. */
#include "model/counts.h"
#include "elf/stock.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNTS_SIZE sizeof(struct counts)

/* As it is shared. */
struct counts {
    _Alignas(64) struct counts_facts facts;
    size_t used;
    struct count list[COUNTS_LIMIT];
};

static struct counts *counts; /* never moves */
static struct counts *frozen; /* by counts_freeze() */
static const struct counts *to_come;
static void *views[COUNTS_LIMIT];

static void *share(void *place)
{
    /* cppcheck-suppress invalidFunctionArg ; it has not heard of MAP_ANONYMOUS here */
    void *start = mmap(place, COUNTS_SIZE, PROT_READ | PROT_WRITE,
                       MAP_ANONYMOUS | (place != NULL ? MAP_FIXED : 0) | MAP_SHARED, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}

struct count *count_take(void)
{
    if (counts == NULL)
        counts = share(NULL);
    if (frozen == NULL)
        frozen = stock_map(COUNTS_SIZE);
    if (counts == NULL || frozen == NULL || counts->used == COUNTS_LIMIT)
        return NULL;
    struct count *count = &counts->list[counts->used];
    *count = (struct count){.left = 1, .last = 1};
    return count;
}

/* Copies may read meanwhile: only now it is there for them. */
void count_view(const struct count *count, volatile uint64_t *view)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    views[count - counts->list] = (void *)((uintptr_t)view & ~(page - 1));
    __atomic_store_n(&counts->used, counts->used + 1, __ATOMIC_RELEASE);
}

uint64_t count_evals(const struct count *count)
{
    if (count->arming)
        return count->evals;
    return count->last - count->left;
}

/* A signal handler may come in anywhere here and arm it itself. Then its count stays, and `last` gets both
 * differences; a count asked for meanwhile is the one noted at the start. */
void count_arm(struct count *count, uint64_t evals)
{
    if (evals > COUNTS_NEVER)
        evals = COUNTS_NEVER;
    count->evals = count_evals(count);
    count->arming++;
    uint64_t before = __atomic_exchange_n(&count->left, evals, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&count->last, evals - before, __ATOMIC_SEQ_CST);
    count->arming--;
}

uint64_t counts_sum(void)
{
    uint64_t sum = 0;
    size_t used = counts != NULL ? __atomic_load_n(&counts->used, __ATOMIC_ACQUIRE) : 0;
    for (size_t i = 0; i < used; i++)
        if (__atomic_load_n(&counts->list[i].joined, __ATOMIC_ACQUIRE))
            sum += count_evals(&counts->list[i]) - counts->list[i].skipped;
    return sum;
}

struct counts_facts *counts_facts(void)
{
    return &counts->facts;
}

bool counts_are_woken(void)
{
    return to_come != NULL;
}

/* As much as is in use. */
static void copy(struct counts *to, const struct counts *from)
{
    memcpy(to, from, offsetof(struct counts, list) + from->used * sizeof *from->list);
}

void counts_freeze(void)
{
    copy(frozen, counts);
}

/* From here on it is not shared with the other process any more. Everything is 0. */
static int separate(size_t used)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (share(counts) == NULL)
        return -errno;
    counts->used = used;
    for (size_t i = 0; i < used; i++) {
        uintptr_t source = (uintptr_t)&counts->list[i] & ~(page - 1);
        if (mremap((void *)source, 0, page, MREMAP_MAYMOVE | MREMAP_FIXED, views[i]) == MAP_FAILED)
            return -errno;
    }
    return 0;
}

int counts_thaw(void)
{
    struct counts *future = stock_map(COUNTS_SIZE);
    if (future == NULL)
        return -errno;
    copy(future, counts);
    int error = separate(frozen->used);
    if (error)
        return error;
    copy(counts, frozen);
    counts->facts = future->facts;
    to_come = future;
    return 0;
}

void counts_forked(void)
{
    to_come = NULL;
    if (counts == NULL || frozen == NULL)
        return;
    struct counts_facts facts = counts->facts;
    if (separate(counts->used) != 0)
        return;
    counts->facts = facts;
    for (size_t i = 0; i < counts->used; i++)
        counts->list[i] = (struct count){.left = 1, .last = 1};
}

const struct count *count_to_come(const struct count *count)
{
    size_t index = (size_t)(count - counts->list);
    return to_come != NULL && index < to_come->used ? &to_come->list[index] : NULL;
}

const void *counts_memory(size_t index)
{
    if (counts == NULL || index > counts->used)
        return NULL;
    return index == 0 ? (const void *)counts : views[index - 1];
}
