/* SPDX-License-Identifier: MIT */
/* Which pages a fresh snapshot copies for itself before the original writes to them: those that the original
 * has written to since the snapshot before, which alone that one has now. Pure logic. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_PRECOPY_PLAN_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_PRECOPY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRECOPY_BLOCK 512u /* pages that are planned at once */
#define PRECOPY_RUN   64u  /* pages that are copied at once, at most */

/* Entries of the page maps (page_map.h) from first_page on, as the snapshot before and this one have them. */
struct precopy_block {
    uint64_t first_page;
    unsigned count;
    uint64_t before[PRECOPY_BLOCK], own[PRECOPY_BLOCK];
};

/* How many pages the snapshot before has alone. Where there is none, its own ones need not be read. */
unsigned precopy_plan_alone(const struct precopy_block *block);

/* The next run of pages to copy from *at on, which goes behind it. number: of this snapshot. False: there is
 * no more. What a snapshot has copied by itself looks as if the original had written to it; so a part of the
 * pages is left out each time, another one for each snapshot, and of these the next one learns the truth. */
bool precopy_plan_run(const struct precopy_block *block, uint64_t number, unsigned *at, unsigned *first,
                      unsigned *count);

/* A list of mappings, read piece by piece: begins as zeros. */
struct precopy_maps {
    uint64_t number[2];
    unsigned field, permission;
    bool is_readable, is_writable, is_private;
};

/* Takes in a byte of the list. True: it ends the line of private memory that may be read and written, from
 * number[0] to number[1]; these begin anew with the next byte. */
bool precopy_plan_read(struct precopy_maps *maps, char byte);

#endif
