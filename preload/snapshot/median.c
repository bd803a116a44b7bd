/* SPDX-License-Identifier: MIT */
/* Without a copy to sort: see median.h. */
#include "snapshot/median.h"

/* How many of the values come before this one when they are sorted; equal ones by their index. */
static uint64_t rank_of(const int64_t *values, uint64_t count, uint64_t index)
{
    uint64_t rank = 0;

    for (uint64_t i = 0; i < count; i++)
        if (values[i] < values[index] || (i < index && values[i] == values[index]))
            rank++;
    return rank;
}

int64_t median(const int64_t *values, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (rank_of(values, count, i) == (count - 1) / 2)
            return values[i];
    return 0;
}
