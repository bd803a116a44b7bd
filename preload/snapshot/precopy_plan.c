/* SPDX-License-Identifier: MIT */
/* What is copied ahead: see precopy_plan.h. Nothing is kept from snapshot to snapshot: what the kernel says
 * of the one before is all that is known. */
#include "snapshot/precopy_plan.h"

#include <string.h>

#include "snapshot/page_map.h"

#define LEFT_OUT 8u  /* one of so many pieces is ... */
#define PIECE    16u /* ... of so many pages */

static bool is_written(uint64_t entry)
{
    return (entry & (PAGE_MAP_ALONE | PAGE_MAP_FILE | PAGE_MAP_PRESENT)) ==
           (PAGE_MAP_ALONE | PAGE_MAP_PRESENT);
}

/* The original has not written to it since, or it would be ours alone. */
static bool is_shared(uint64_t entry)
{
    return (entry & (PAGE_MAP_ALONE | PAGE_MAP_FILE | PAGE_MAP_PRESENT)) == PAGE_MAP_PRESENT;
}

static bool is_left_out(uint64_t page, uint64_t number)
{
    return (page / PIECE + number) % LEFT_OUT == 0;
}

unsigned precopy_plan_alone(const struct precopy_block *block)
{
    unsigned alone = 0;

    for (unsigned i = 0; i < block->count; i++)
        alone += is_written(block->before[i]);
    return alone;
}

bool precopy_plan_run(const struct precopy_block *block, uint64_t number, unsigned *at, unsigned *first,
                      unsigned *count)
{
    *count = 0;
    for (; *at < block->count && *count < PRECOPY_RUN; (*at)++) {
        bool is_wanted = is_written(block->before[*at]) && is_shared(block->own[*at]) &&
                         !is_left_out(block->first_page + *at, number);

        if (is_wanted && (*count)++ == 0)
            *first = *at;
        if (!is_wanted && *count > 0)
            break;
    }
    return *count > 0;
}

/* --- the list of mappings: "start-end perms ..." --- */

static uint64_t digit_of(char byte)
{
    return (uint64_t)(byte >= 'a' ? byte - 'a' + 10 : byte - '0');
}

static void read_permission(struct precopy_maps *maps, char byte)
{
    switch (maps->permission++) {
    case 0:
        maps->is_readable = byte == 'r';
        break;
    case 1:
        maps->is_writable = byte == 'w';
        break;
    case 3:
        maps->is_private = byte == 'p';
        break;
    default:
        break;
    }
}

bool precopy_plan_read(struct precopy_maps *maps, char byte)
{
    if (byte == '\n') {
        bool is_wanted = maps->is_readable && maps->is_writable && maps->is_private;

        maps->field = maps->permission = 0;
        return is_wanted;
    }
    if (maps->field == 0 && maps->permission == 0 && byte != '-') {
        maps->permission = 1; /* the line has begun */
        memset(maps->number, 0, sizeof maps->number);
    }
    if (byte == '-' && maps->field == 0)
        maps->field = 1;
    else if (byte == ' ' && maps->field < 3) {
        maps->field++;
        maps->permission = 0;
    } else if (maps->field < 2)
        maps->number[maps->field] = maps->number[maps->field] << 4 | digit_of(byte);
    else if (maps->field == 2)
        read_permission(maps, byte);
    return false;
}
