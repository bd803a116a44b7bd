/* SPDX-License-Identifier: MIT */
/* The records of threads: see threads_state.h. */
#define _GNU_SOURCE
#include "snapshot/threads/threads_state.h"

struct threads_state threads_state;

struct record *threads_state_next_still(struct record *record)
{
    for (record = record == NULL ? threads_state.records : record + 1;
         record < threads_state.records + threads_state.count; record++) {
        int state = atomic_load(&record->state);
        if (state == RECORD_STOPPED || state == RECORD_ASLEEP)
            return record;
    }
    return NULL;
}

bool threads_state_move(struct record *record, enum record_state from, enum record_state to)
{
    int expected = (int)from;

    return atomic_compare_exchange_strong(&record->state, &expected, (int)to);
}

void threads_state_wake(_Atomic uint32_t *word, int count)
{
    for (unsigned tries = 0; tries < 3; tries++)
        if (kernel_futex_wake(word, count) >= 0)
            break;
}
