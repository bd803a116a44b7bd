/* SPDX-License-Identifier: MIT */
/* What the kernel tells of this process's memory in pieces of the size of a huge page: where private memory
 * without a file is densely there, how much of a piece it has alone; and one huge page in the place of small
 * ones. Nothing that can be seen through the memory changes, nor do its mappings. Needs Linux 6.7. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_MAP_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define HUGE_MAP_BYTES UINT64_C(2097152)
#define HUGE_MAP_PAGES 512u

/* Whole pieces. */
struct huge_map_range {
    uint64_t start, end;
};

/* Does whoever owns the machine, and this process's account of merged pages, leave it to us? */
bool huge_map_is_allowed(void);

/* A descriptor to ask with, to be closed at once: the simulator would see it. Or -errno. */
int huge_map_open(void);

/* Where memory is wholly there: pieces that are, in order. They may lie across borders of mappings. Returns
 * how many ranges were found. */
unsigned huge_map_find(int fd, struct huge_map_range *found, unsigned most);

/* What of that is there in small pages. */
uint64_t huge_map_small_bytes(int fd, const struct huge_map_range *range);

/* Pages of a piece: all that are there, and those of them that no snapshot has too. */
struct huge_map_piece {
    unsigned present, alone;
};
struct huge_map_piece huge_map_look(int fd, uint64_t start);

/* Makes it one huge page, if it is not. 0 or -errno: -ENOMEM, -EBUSY there is none left; -EAGAIN its pages
 * are in use; -EINVAL it may not have one. */
int huge_map_collapse(uint64_t start);

#endif
