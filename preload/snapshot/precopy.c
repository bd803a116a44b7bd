/* SPDX-License-Identifier: MIT */
/* Copying ahead of the original: see precopy.h. The copy's scheduling class is left alone: without privilege
 * there is no way back from a lower one, and a copy that gets no time cannot be woken or buried. So it looks
 * before and after every few pages whether a processor is free, and stops for good where none is. */
#define _GNU_SOURCE
#include "snapshot/precopy.h"

#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/procfs.h"
#include "base/text.h"
#include "snapshot/page_map.h"
#include "snapshot/precopy_idle.h"
#include "snapshot/precopy_plan.h"

#define PAGE           4096u
#define BLOCK_BYTES    ((uint64_t)PRECOPY_BLOCK * PAGE)
#define LEAST_PAGES    4096u /* of 8 MB copying ahead gains nothing, and copies hold more */
#define MOST_NS        SECOND_NS
#define ROOM           4u /* times what is wanted must be left to snapshots, ... */
#define ROOM_PAGES     ((UINT64_C(512) << 20) / PAGE) /* ... and no less than that */
#define POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, of Linux 5.14; older headers do not have it */
#define PROCESSORS     1024u
#define MAPS_BYTES     4096u
#define RANGES         64u

/* The work of one copy. */
struct work {
    struct shared_page *page;
    const struct shared_slot *slot;
    int before, own; /* page maps */
    uint64_t copied_pages, most_pages;
    uint64_t start_ns, start_used_ns;
    bool is_over;
};

static bool is_limited;
static uint64_t faults, wanted_pages, most_pages;
static pid_t before_pid; /* of the snapshot before; 0: there is none */
static uint64_t seen_bytes;
static struct precopy_block block;
static char maps_bytes[MAPS_BYTES];

static uint64_t read_faults(void)
{
    struct rusage usage = {.ru_minflt = 0};

    kernel_getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt;
}

void precopy_begin(bool limited)
{
    is_limited = limited;
    faults = read_faults();
    seen_bytes = 0;
}

void precopy_allow(uint64_t most_bytes, pid_t before)
{
    uint64_t now = read_faults();

    wanted_pages = now - faults;
    most_pages = most_bytes / PAGE;
    faults = now;
    before_pid = before;
}

/* Where memory is scarce all goes as the limits on memory reckon: copies are made by the original, one that
 * has lost its place is dead at once. */
bool precopy_is_wanted(void)
{
    return !is_limited && before_pid != 0 && wanted_pages >= LEAST_PAGES && most_pages >= ROOM_PAGES &&
           wanted_pages <= most_pages / ROOM;
}

uint64_t precopy_taken_bytes(struct shared_page *page)
{
    uint64_t now = atomic_load(&page->precopied_bytes), bytes = now - seen_bytes;

    seen_bytes = now;
    return bytes;
}

/* --- may it go on --- */

static unsigned processors(void)
{
    unsigned long set[PROCESSORS / (8 * sizeof(unsigned long))] = {0};
    unsigned count = 0;

    raw_syscall3(SYS_sched_getaffinity, 0, sizeof set, set);
    for (unsigned i = 0; i < sizeof set / sizeof *set; i++)
        count += (unsigned)__builtin_popcountl(set[i]);
    return count;
}

static bool is_idle(void)
{
    char load[64];

    return procfs_read("/proc/loadavg", load, sizeof load) > 0 && precopy_idle_is_there(load, processors());
}

static bool may_go_on(struct work *work)
{
    uint64_t passed_ns = clock_ns() - work->start_ns, used_ns = clock_used_ns() - work->start_used_ns;

    work->is_over = work->is_over || work->copied_pages >= work->most_pages ||
                    atomic_load(&work->slot->command) != SLOT_SLEEP ||
                    kernel_getppid() != work->page->original_pid || passed_ns > MOST_NS ||
                    precopy_idle_is_over(passed_ns, used_ns);
    return !work->is_over;
}

/* --- pages --- */

static bool read_map(int fd, uint64_t *entries, uint64_t first_page, unsigned count)
{
    long size = (long)(count * sizeof *entries);

    return kernel_pread(fd, entries, (size_t)size, (off_t)(first_page * sizeof *entries)) == size;
}

static void copy_block(struct work *work)
{
    uint64_t start = block.first_page * PAGE;
    unsigned at = 0, first = 0, count;

    if (!read_map(work->before, block.before, block.first_page, block.count) ||
        precopy_plan_alone(&block) == 0 || !read_map(work->own, block.own, block.first_page, block.count))
        return;
    while (may_go_on(work) && precopy_plan_run(&block, work->slot->number, &at, &first, &count)) {
        int r =
            kernel_madvise((void *)(start + (uint64_t)first * PAGE), (size_t)count * PAGE, POPULATE_WRITE);

        if (r < 0) {
            work->is_over = true; /* it cannot, or there is no memory left */
            return;
        }
        work->copied_pages += count;
        atomic_fetch_add(&work->page->precopied_bytes, (uint64_t)count * PAGE);
    }
}

static void copy_small(struct work *work, uint64_t start, uint64_t end)
{
    while (start < end && may_go_on(work)) {
        uint64_t next = (start / BLOCK_BYTES + 1) * BLOCK_BYTES;

        block.first_page = start / PAGE;
        block.count = (unsigned)(((next < end ? next : end) - start) / PAGE);
        copy_block(work);
        start = next;
    }
}

/* What is there, in small pages: a mapping may be nearly empty, and terabytes long. The original writes to
 * huge pages by pieces; copying them by pieces beside it helps nobody. */
static void copy_range(struct work *work, uint64_t start, uint64_t end)
{
    static struct page_map_range found[RANGES];
    int count = (int)RANGES;

    while (count == (int)RANGES && may_go_on(work)) {
        count = page_map_scan(work->own, &start, end, PAGE_MAP_SCAN_FILE | PAGE_MAP_SCAN_HUGE, found, RANGES);
        work->is_over = work->is_over || count < 0; /* an older kernel does not tell */
        for (int i = 0; i < count; i++)
            copy_small(work, found[i].start, found[i].end);
    }
}

static void copy_all(struct work *work)
{
    struct precopy_maps maps = {.field = 0};
    int fd = kernel_open("/proc/thread-self/maps", O_RDONLY | O_CLOEXEC);
    long size;

    while (fd >= 0 && !work->is_over && (size = kernel_read(fd, maps_bytes, sizeof maps_bytes)) > 0)
        for (long i = 0; i < size; i++)
            if (precopy_plan_read(&maps, maps_bytes[i]))
                copy_range(work, maps.number[0], maps.number[1]);
    kernel_close(fd);
}

/* --- */

static int open_map(pid_t pid)
{
    char path[40];

    text_print(path, sizeof path, "/proc/%d/pagemap",
               procfs_is_foreign() ? procfs_number_of_process(pid) : pid);
    return kernel_open(path, O_RDONLY | O_CLOEXEC);
}

static void copy_ahead(struct shared_page *page, const struct shared_slot *slot)
{
    struct work work = {
        .page = page,
        .slot = slot,
        .before = open_map(before_pid),
        .own = kernel_open("/proc/thread-self/pagemap", O_RDONLY | O_CLOEXEC),
        .most_pages = most_pages / ROOM,
        .start_ns = clock_ns(),
        .start_used_ns = clock_used_ns(),
    };

    if (work.before >= 0 && work.own >= 0)
        copy_all(&work);
    kernel_close(work.own);
    kernel_close(work.before);
}

/* Either we see that one is to end, or the original sees that we are done. */
void precopy_run(struct shared_page *page, const struct shared_slot *slot)
{
    if (!precopy_is_wanted())
        return;
    if (is_idle())
        copy_ahead(page, slot);
    atomic_store(&page->precopy_done, slot->number);
    for (unsigned i = 0; i < SHARED_PAGE_SLOTS; i++)
        if (atomic_load(&page->slots[i].command) == SLOT_QUIT)
            kernel_futex(&page->slots[i].command, FUTEX_WAKE, INT_MAX, 0);
}

bool precopy_leave(const struct shared_page *page, struct shared_slot *evicted, uint64_t newest)
{
    if (!precopy_is_wanted())
        return false;
    atomic_store(&evicted->command, SLOT_QUIT);
    return atomic_load(&page->precopy_done) != newest;
}
