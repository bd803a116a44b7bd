/* SPDX-License-Identifier: MIT */
/* What /proc/PID/pagemap tells of pages: entries, one for each page, and the kernel's own search in them
 * (PAGEMAP_SCAN of Linux 6.7, which older headers do not have). */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_PAGE_MAP_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_PAGE_MAP_H

#include <stdint.h>

#include "base/kernel.h"

/* Of an entry. */
#define PAGE_MAP_ALONE   (UINT64_C(1) << 56) /* no other process maps the page */
#define PAGE_MAP_FILE    (UINT64_C(1) << 61) /* of a file, or shared */
#define PAGE_MAP_PRESENT (UINT64_C(1) << 63)

#define PAGE_MAP_SCAN 0xc0606610UL

/* What a search knows of a page. */
#define PAGE_MAP_SCAN_FILE    (UINT64_C(1) << 2)
#define PAGE_MAP_SCAN_PRESENT (UINT64_C(1) << 3)
#define PAGE_MAP_SCAN_ZERO    (UINT64_C(1) << 5)
#define PAGE_MAP_SCAN_HUGE    (UINT64_C(1) << 6)

struct page_map_range {
    uint64_t start, end, categories;
};

struct page_map_question {
    uint64_t size, flags, start, end, walk_end, ranges, ranges_count, most_pages;
    uint64_t inverted, mask, any_of, returned;
};

/* Ranges of pages that are there and nothing of what is unwanted, from *start on, which becomes where to go
 * on. Returns how many were found, or -errno. */
static inline int page_map_scan(int fd, uint64_t *start, uint64_t end, uint64_t unwanted,
                                struct page_map_range *found, unsigned most)
{
    struct page_map_question question = {
        .size = sizeof question,
        .start = *start,
        .end = end,
        .ranges = (uintptr_t)found,
        .ranges_count = most,
        .inverted = unwanted,
        .mask = PAGE_MAP_SCAN_PRESENT | unwanted,
        .returned = PAGE_MAP_SCAN_PRESENT,
    };
    int r = (int)kernel_ioctl(fd, PAGE_MAP_SCAN, &question);

    *start = question.walk_end;
    return r;
}

#endif
