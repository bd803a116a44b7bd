/* SPDX-License-Identifier: MIT */
/* See signal_log.h. */
#include "record/signal_log.h"

#include <string.h>

#include "record/tape.h"

void signal_log_record(const struct signal_record *record)
{
    const struct iovec part = {(void *)(uintptr_t)record, sizeof *record};

    tape_record(TAPE_SIGNAL, 0, 0, &part, 1);
}

bool signal_log_next(struct signal_record *record)
{
    struct tape_answer answer;

    if (!tape_feed(TAPE_SIGNAL, 0, &answer) || answer.size != sizeof *record)
        return false;
    memcpy(record, answer.payload, sizeof *record);
    return true;
}
