/* SPDX-License-Identifier: MIT */
/* See fst_block.h. What is looked for stands together in the writer, in every release from 4.038 to 5.048:
 * counts of times, the present time, the block's first one, bytes of changes, and the room for these. */
#include "wave/fst_block.h"

#include <stddef.h>
#include <string.h>

#define BLOCK_FROM  64u                  /* where it may stand in the writer, ... */
#define BLOCK_TO    224u                 /* ... which is larger than this */
#define BLOCK_ROOM  (UINT32_C(16) << 20) /* it is made with more */
#define BLOCK_EMPTY 1u                   /* the first byte is none of a change */

struct block {
    uint64_t time, first_time;
    uint32_t bytes, room;
};

static bool is_block(const struct block *block, uint64_t last_time)
{
    return block->time == last_time && block->first_time <= last_time && block->room >= BLOCK_ROOM &&
           block->bytes <= block->room;
}

bool fst_block_has_changes(const void *writer, uint64_t last_time)
{
    struct block block, found = {0, 0, 0, 0};
    unsigned count = 0;
    for (size_t at = BLOCK_FROM; writer != NULL && at + sizeof block <= BLOCK_TO; at += sizeof(uint64_t)) {
        memcpy(&block, (const uint8_t *)writer + at, sizeof block);
        if (!is_block(&block, last_time))
            continue;
        found = block;
        count++;
    }
    return count != 1 || found.bytes > BLOCK_EMPTY;
}
