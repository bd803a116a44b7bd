/* SPDX-License-Identifier: MIT */
/* Huge pages that were split: see huge.h. Nothing is put together that was not one huge page at the snapshot,
 * and is not wholly there: holes would be filled. */
#define _GNU_SOURCE
#include "snapshot/huge.h"

#include <fcntl.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/kernel.h"

#define MAP         "/proc/self/pagemap"
#define PAGE        UINT64_C(4096)
#define HUGE        UINT64_C(2097152)
#define RANGES_MAX  256u
#define LEAST_BYTES (16 * HUGE) /* less is left alone */
#define DENSE       32u         /* pages of each that was split */
#define SLICE_NS    20000000u   /* of a look, and to the next */
#define LOOK_NS     100000000u  /* as long as it is not known that there is something to do */
#define SKIPS_MAX   64u
#define COLLAPSE    25 /* MADV_COLLAPSE */

/* The kernel's, of Linux 6.7; older headers do not have them. */
#define SCAN          0xc0606610UL /* PAGEMAP_SCAN */
#define SCAN_FILE     (UINT64_C(1) << 2)
#define SCAN_PRESENT  (UINT64_C(1) << 3)
#define SCAN_HUGE     (UINT64_C(1) << 6)
#define ADDRESSES_END UINT64_C(0x7ffffffff000)

struct range {
    uint64_t start, end, categories;
};

struct scan {
    uint64_t size, flags, start, end, walk_end, ranges, ranges_count, most_pages;
    uint64_t inverted, mask, any_of, returned;
};

static struct range ranges[RANGES_MAX]; /* huge at the last snapshot */
static unsigned count;
static uint64_t huge_bytes;
static uint64_t asked_at; /* copied pages when it was last counted how many are split */
static unsigned at_range; /* putting together goes on there ... */
static uint64_t at_byte;
static bool is_dense, is_over;  /* ... if both are right */
static unsigned skips, skipped; /* snapshots that are not looked at, because there is nothing */

/* Returns how many ranges were found, or -errno. */
static long scan(int fd, uint64_t start, uint64_t end, uint64_t wanted, uint64_t unwanted,
                 struct range *found, unsigned most)
{
    struct scan question = {
        .size = sizeof question,
        .start = start,
        .end = end,
        .ranges = (uintptr_t)found,
        .ranges_count = most,
        .inverted = unwanted,
        .mask = wanted | unwanted,
        .returned = wanted,
    };

    return kernel_ioctl(fd, SCAN, &question);
}

static uint64_t sum_of(const struct range *range, unsigned number)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < number; i++)
        bytes += range[i].end - range[i].start;
    return bytes;
}

void huge_begin(void)
{
    count = skips = skipped = 0;
    is_over = true;
}

/* Small pages make the question slow: it is asked the more rarely, the more often it was in vain, and of a
 * small simulator never. */
void huge_before_snapshot(uint64_t peak_bytes)
{
    count = 0;
    is_over = true;
    if (peak_bytes < LEAST_BYTES || skipped < skips) {
        skipped++;
        return;
    }
    int fd = kernel_open(MAP, O_RDONLY | O_CLOEXEC);
    long r = fd < 0 ? fd : scan(fd, 0, ADDRESSES_END, SCAN_HUGE, SCAN_FILE, ranges, RANGES_MAX);
    kernel_close(fd);
    skipped = 0;
    huge_bytes = r > 0 ? sum_of(ranges, (unsigned)r) : 0;
    if (huge_bytes < LEAST_BYTES) {
        skips = r < 0 || skips >= SKIPS_MAX ? SKIPS_MAX : 2 * skips + 1;
        return;
    }
    count = (unsigned)r;
    skips = at_range = 0;
    at_byte = asked_at = 0;
    is_dense = is_over = false;
}

/* Each that was split has been written to at so many places. */
static bool has_many_copies(int fd, uint64_t copied)
{
    static struct range left[RANGES_MAX];
    uint64_t left_bytes = 0;

    for (unsigned i = 0; i < count; i++) {
        long r = scan(fd, ranges[i].start, ranges[i].end, SCAN_HUGE, 0, left, RANGES_MAX);

        if (r < 0)
            return false;
        left_bytes += sum_of(left, (unsigned)r);
    }
    uint64_t split = (huge_bytes - left_bytes) / HUGE;
    return split > 0 && copied >= split * DENSE;
}

/* All of it is there, in small pages. */
static bool is_split(int fd, uint64_t start)
{
    struct range found[2];

    return scan(fd, start, start + HUGE, SCAN_PRESENT, SCAN_HUGE, found, 2) == 1 && found[0].start == start &&
           found[0].end == start + HUGE;
}

/* Goes on where it has stopped. Returns the bytes that were copied. */
static uint64_t put_together(int fd)
{
    const uint64_t end_ns = clock_ns() + SLICE_NS;
    uint64_t bytes = 0;

    for (; at_range < count; at_range++, at_byte = 0)
        for (; ranges[at_range].start + at_byte < ranges[at_range].end; at_byte += HUGE) {
            uint64_t start = ranges[at_range].start + at_byte;

            if (clock_ns() > end_ns)
                return bytes;
            if (!is_split(fd, start))
                continue;
            if (kernel_madvise((void *)start, HUGE, COLLAPSE) < 0) {
                is_over = true; /* there is no huge page left, or it may not have one */
                return bytes;
            }
            bytes += HUGE;
        }
    is_over = true;
    return bytes;
}

uint64_t huge_look(uint64_t copied)
{
    uint64_t bytes = 0;

    if (is_over || (!is_dense && copied < 2 * asked_at + DENSE))
        return 0;
    int fd = kernel_open(MAP, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        is_over = true;
        return 0;
    }
    if (!is_dense) {
        is_dense = has_many_copies(fd, copied);
        asked_at = copied;
    }
    if (is_dense)
        bytes = put_together(fd);
    kernel_close(fd);
    return bytes;
}

uint64_t huge_wait_ns(void)
{
    if (is_over)
        return UINT64_MAX;
    return is_dense ? SLICE_NS : LOOK_NS;
}
