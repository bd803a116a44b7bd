/* SPDX-License-Identifier: MIT */
/* The rules of the verdict, the first that fits wins. */
#include "run/verdict.h"

#include <inttypes.h>
#include <stdbool.h>

#include "run/shared_page.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"reproduced", "diverged", "incomplete"};

    return names[verdict < VERDICT_INCOMPLETE ? verdict : VERDICT_INCOMPLETE];
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

static enum verdict compare(const struct end *original, const struct end *replay, struct text *why)
{
    if (replay->eval > original->eval) {
        text_format(why, "the replay ran past eval %" PRIu64 ", where the original ended with ",
                    original->eval);
        end_describe(why, original);
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
    end_describe(why, replay);
    text_format(why, " at eval %" PRIu64 ", the original with ", replay->eval);
    end_describe(why, original);
    text_format(why, " at eval %" PRIu64, original->eval);
    return VERDICT_DIVERGED;
}

enum verdict verdict_decide(const struct end *original, const struct end *replay, const char *output,
                            struct text *why)
{
    enum verdict verdict = compare(original, replay, why);

    if (verdict == VERDICT_INCOMPLETE || *output == '\0')
        return verdict;
    text_format(why, "%s%s", verdict == VERDICT_DIVERGED ? "; " : "", output);
    return VERDICT_DIVERGED;
}

void verdict_explain_asked(uint32_t asked, const struct end *original, const struct end *end,
                           struct text *why)
{
    if (asked == REPLAY_ASKED_SLOW)
        text_format(why,
                    "the replay took far longer than the run did; it waits for something that is not there");
    else if (asked == REPLAY_ASKED_MEMORY)
        text_format(
            why,
            "the replay was stopped at eval %" PRIu64 " of %" PRIu64
            ": the control group is nearly full, and the kernel would have ended the simulator as well",
            end->eval, original->eval);
    else if (asked == REPLAY_ASKED_LIMIT)
        text_format(why, "the replay was stopped at eval %" PRIu64 " of %" PRIu64 ", at LIGHTSSS_LIMIT",
                    end->eval, original->eval);
    else
        text_format(why, "%s ended the waiting for the replay", end_signal_name((int)asked));
}
