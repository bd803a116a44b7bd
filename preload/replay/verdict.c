/* SPDX-License-Identifier: MIT */
/* The rules of the verdict, the first that fits wins. */
#include "verdict.h"

#include <inttypes.h>
#include <stdbool.h>

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_REPRODUCED:
        return "reproduced";
    case VERDICT_DIVERGED:
        return "diverged";
    case VERDICT_INCOMPLETE:
        break;
    }
    return "incomplete";
}

static bool has_signal(enum end_kind kind)
{
    return kind == END_ABORT || kind == END_SIGNAL || kind == END_KILL;
}

/* "exit status 3", "SIGSEGV", "signal 40", "hang" */
static void append_end(struct text *text, const struct end *end)
{
    const char *name = end_signal_name(end->signal);

    if (end->kind == END_EXIT || end->kind == END_FINISH)
        text_format(text, "exit status %d", end->status);
    else if (has_signal(end->kind) && name != NULL)
        text_format(text, "%s", name);
    else if (has_signal(end->kind) && end->signal != 0)
        text_format(text, "signal %d", end->signal);
    else
        text_format(text, "%s", end_kind_name(end->kind));
}

static bool ends_alike(const struct end *original, const struct end *replay)
{
    if (original->kind != replay->kind)
        return false;
    if (original->kind == END_EXIT)
        return original->status == replay->status;
    if (original->kind == END_SIGNAL)
        return original->signal == replay->signal;
    return true;
}

enum verdict verdict_decide(const struct end *original, const struct end *replay, struct text *why)
{
    if (replay->eval > original->eval) {
        text_format(why, "the replay ran past eval %" PRIu64 ", where the original ended with ",
                    original->eval);
        append_end(why, original);
        return VERDICT_DIVERGED;
    }
    if (replay->kind == END_NONE) {
        text_format(why, "nobody saw how the replay ended");
        return VERDICT_INCOMPLETE;
    }
    if (replay->kind == END_KILL && (original->kind != END_KILL || replay->eval < original->eval)) {
        text_format(why, "the replay was killed at eval %" PRIu64 " of %" PRIu64, replay->eval,
                    original->eval);
        return VERDICT_INCOMPLETE;
    }
    if (ends_alike(original, replay) && replay->eval == original->eval)
        return VERDICT_REPRODUCED;
    text_format(why, "the replay ended with ");
    append_end(why, replay);
    text_format(why, " at eval %" PRIu64 ", the original with ", replay->eval);
    append_end(why, original);
    text_format(why, " at eval %" PRIu64, original->eval);
    return VERDICT_DIVERGED;
}
