/* SPDX-License-Identifier: MIT */
/* Pages as /proc/self/pagemap tells of them: see huge_map.h. */
#define _GNU_SOURCE
#include "snapshot/huge_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/kernel.h"
#include "snapshot/limits/fact_files.h"
#include "snapshot/page_map.h"

#define PAGE     UINT64_C(4096)
#define COLLAPSE 25   /* MADV_COLLAPSE */
#define SCANNED  256u /* ranges at a time, ... */
#define SCANS    64u  /* ... and so many times: memory with more holes is not dense */

#define ADDRESSES_END UINT64_C(0x7ffffffff000)

static struct page_map_range scanned[SCANNED];

bool huge_map_is_allowed(void)
{
    const char *text = fact_files_text("/sys/kernel/mm/transparent_hugepage/enabled");

    if (text == NULL || strstr(text, "[never]") != NULL)
        return false;
    text = fact_files_text("/proc/self/ksm_merging_pages"); /* that would be undone */
    return text == NULL || *text == '0';
}

int huge_map_open(void)
{
    return kernel_open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

unsigned huge_map_find(int fd, struct huge_map_range *found, unsigned most)
{
    uint64_t at = 0;
    unsigned count = 0;
    int r = (int)SCANNED;

    for (unsigned scans = 0; r == (int)SCANNED && scans < SCANS; scans++) {
        r = page_map_scan(fd, &at, ADDRESSES_END, PAGE_MAP_SCAN_FILE | PAGE_MAP_SCAN_ZERO, scanned, SCANNED);
        for (int i = 0; i < r && count < most; i++) {
            uint64_t start = (scanned[i].start + HUGE_MAP_BYTES - 1) & ~(HUGE_MAP_BYTES - 1);
            uint64_t end = scanned[i].end & ~(HUGE_MAP_BYTES - 1);

            if (start < end)
                found[count++] = (struct huge_map_range){start, end};
        }
    }
    return count;
}

uint64_t huge_map_small_bytes(int fd, const struct huge_map_range *range)
{
    uint64_t at = range->start, bytes = 0;
    int r = (int)SCANNED;

    for (unsigned scans = 0; r == (int)SCANNED && scans < SCANS; scans++) {
        r = page_map_scan(fd, &at, range->end, PAGE_MAP_SCAN_HUGE | PAGE_MAP_SCAN_FILE | PAGE_MAP_SCAN_ZERO,
                          scanned, SCANNED);
        for (int i = 0; i < r; i++)
            bytes += scanned[i].end - scanned[i].start;
    }
    return bytes;
}

struct huge_map_piece huge_map_look(int fd, uint64_t start)
{
    static uint64_t entries[HUGE_MAP_PAGES];
    struct huge_map_piece piece = {0};

    if (kernel_pread(fd, entries, sizeof entries, (off_t)(start / PAGE * sizeof *entries)) !=
        (long)sizeof entries)
        return piece;
    for (unsigned i = 0; i < HUGE_MAP_PAGES; i++) {
        bool is_present = (entries[i] & PAGE_MAP_PRESENT) != 0 && (entries[i] & PAGE_MAP_FILE) == 0;

        piece.present += is_present;
        piece.alone += is_present && (entries[i] & PAGE_MAP_ALONE) != 0;
    }
    return piece;
}

int huge_map_collapse(uint64_t start)
{
    return kernel_madvise((void *)start, HUGE_MAP_BYTES, COLLAPSE);
}
