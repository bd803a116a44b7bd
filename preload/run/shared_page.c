/* SPDX-License-Identifier: MIT */
/* Makes the page shared by the original and its snapshots, and finds slots in it. */
#define _GNU_SOURCE
#include "run/shared_page.h"

#include <errno.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/kernel.h"

/* A limit of file sizes holds for memory files too, and who passes it gets SIGXFSZ. */
static bool is_within_limit(void)
{
    struct rlimit limit;

    return kernel_getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= SHARED_PAGE_SIZE;
}

int shared_page_create(struct shared_page **result)
{
    if (!is_within_limit())
        return -EFBIG;
    int fd = kernel_memfd_create("lightsss", MFD_CLOEXEC);
    long r = fd < 0 ? fd : kernel_ftruncate(fd, SHARED_PAGE_SIZE);
    if (r == 0)
        r = kernel_mmap(*result, SHARED_PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_SHARED | (*result != NULL ? MAP_FIXED : 0), fd, 0);
    /* The mapping keeps the memory; a descriptor would shift the numbers that the simulator gets. */
    kernel_close(fd);
    if (r < 0)
        return (int)r;
    *result = (struct shared_page *)r;
    (*result)->original_pid = kernel_getpid();
    return 0;
}

bool shared_page_is_again(const struct shared_page *page)
{
    return page->stop_eval != 0 || page->wave_from_eval != 0;
}

void shared_page_forget_learnt(struct shared_page *page)
{
    page->stop_eval = 0;
    page->wave_from_eval = 0;
    page->wave_is_draft = 0;
    page->rates.count = 0;
    atomic_store(&page->slots[SHARED_PAGE_SPARE].pid, 0);
}

static void keep_wave(struct shared_replay *replay, const struct shared_replay *before)
{
    replay->wave_first_eval = before->wave_first_eval;
    replay->wave_last_eval = before->wave_last_eval;
    replay->wave_first_time = before->wave_first_time;
    replay->wave_last_time = before->wave_last_time;
    replay->wave_asked_eval = before->wave_asked_eval;
    replay->wave_begun = before->wave_begun;
    replay->wave_replays = before->wave_replays + 1;
    replay->wave_dumped = before->wave_dumped;
    replay->wave_testbench = before->wave_testbench;
    replay->wave_as_dumped = before->wave_as_dumped;
}

void shared_page_begin_replay(struct shared_page *page, uint64_t now_ns)
{
    const struct shared_replay before = page->replay;

    memset(&page->replay, 0, sizeof page->replay);
    page->replay.point_time = END_TIME_UNKNOWN;
    page->replay.start_ns = shared_page_is_again(page) ? before.start_ns : now_ns;
    if (page->wave_from_eval != 0)
        keep_wave(&page->replay, &before);
}

struct shared_slot *shared_page_free_slot(struct shared_page *page)
{
    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++)
        if (atomic_load(&page->slots[i].pid) == 0)
            return &page->slots[i];
    return NULL;
}

struct shared_slot *shared_page_spare(struct shared_page *page)
{
    struct shared_slot *slot = &page->slots[SHARED_PAGE_SPARE];

    return atomic_load(&slot->pid) != 0 ? slot : NULL;
}

struct shared_slot *shared_page_slot(struct shared_page *page, int32_t pid)
{
    for (unsigned i = 0; i < SHARED_PAGE_SLOTS; i++)
        if (atomic_load(&page->slots[i].pid) == pid)
            return &page->slots[i];
    return NULL;
}
