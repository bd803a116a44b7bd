/* SPDX-License-Identifier: MIT */
/* How the simulator ended, in words: see failure_words.h. */
#include "report/failure_words.h"

#include <inttypes.h>

#include "base/procfs.h"
#include "run/run.h"

/* It may have ended since: then its number has to do. */
static void append_sender(struct text *line, pid_t sender)
{
    char name[PROCFS_NAME_SIZE];

    if (sender == 0)
        return;
    if (procfs_name(sender, name) == 0)
        text_format(line, ", sent by %s (pid %d)", name, sender);
    else
        text_format(line, ", sent by process %d", sender);
}

void failure_words_describe(struct text *line, const struct end *end)
{
    text_format(line, "%s (pid %d) ", run.program, run.page->original_pid);
    if (end->kind == END_HANG) {
        text_format(line, "hangs: eval %" PRIu64 " was the last that began", end->eval);
        return;
    }
    text_format(line, "ends with ");
    end_describe(line, end);
    text_format(line, " at eval %" PRIu64, end->eval);
    if (end->time != END_TIME_UNKNOWN)
        text_format(line, ", time %" PRIu64, end->time);
    append_sender(line, end->sender);
}
