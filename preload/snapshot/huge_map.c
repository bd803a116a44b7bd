/* SPDX-License-Identifier: MIT */
/* Pages as /proc/self/pagemap tells of them: see huge_map.h. */
#define _GNU_SOURCE
#include "snapshot/huge_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/kernel.h"
#include "snapshot/limits/fact_files.h"

#define PAGE     UINT64_C(4096)
#define COLLAPSE 25   /* MADV_COLLAPSE */
#define SCANNED  256u /* ranges at a time, ... */
#define SCANS    64u  /* ... and so many times: memory with more holes is not dense */

/* The kernel's, of Linux 6.7; older headers do not have them. */
#define SCAN          0xc0606610UL /* PAGEMAP_SCAN */
#define SCAN_FILE     (UINT64_C(1) << 2)
#define SCAN_PRESENT  (UINT64_C(1) << 3)
#define SCAN_ZERO     (UINT64_C(1) << 5)
#define SCAN_HUGE     (UINT64_C(1) << 6)
#define ADDRESSES_END UINT64_C(0x7ffffffff000)

/* Of an entry. */
#define ENTRY_ALONE   (UINT64_C(1) << 56)
#define ENTRY_FILE    (UINT64_C(1) << 61)
#define ENTRY_PRESENT (UINT64_C(1) << 63)

struct scanned {
    uint64_t start, end, categories;
};

struct scan {
    uint64_t size, flags, start, end, walk_end, ranges, ranges_count, most_pages;
    uint64_t inverted, mask, any_of, returned;
};

static struct scanned scanned[SCANNED];

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

/* From start on, which becomes where to go on. Returns how many ranges of that kind were found, or -errno. */
static int scan(int fd, uint64_t *start, uint64_t end, uint64_t unwanted)
{
    struct scan question = {
        .size = sizeof question,
        .start = *start,
        .end = end,
        .ranges = (uintptr_t)scanned,
        .ranges_count = SCANNED,
        .inverted = unwanted,
        .mask = SCAN_PRESENT | unwanted,
        .returned = SCAN_PRESENT,
    };
    int r = kernel_ioctl(fd, SCAN, &question);

    *start = question.walk_end;
    return r;
}

unsigned huge_map_find(int fd, struct huge_map_range *found, unsigned most)
{
    uint64_t at = 0;
    unsigned count = 0;
    int r = (int)SCANNED;

    for (unsigned scans = 0; r == (int)SCANNED && scans < SCANS; scans++) {
        r = scan(fd, &at, ADDRESSES_END, SCAN_FILE | SCAN_ZERO);
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
        r = scan(fd, &at, range->end, SCAN_HUGE | SCAN_FILE | SCAN_ZERO);
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
        bool is_present = (entries[i] & ENTRY_PRESENT) != 0 && (entries[i] & ENTRY_FILE) == 0;

        piece.present += is_present;
        piece.alone += is_present && (entries[i] & ENTRY_ALONE) != 0;
    }
    return piece;
}

int huge_map_collapse(uint64_t start)
{
    return kernel_madvise((void *)start, HUGE_MAP_BYTES, COLLAPSE);
}
