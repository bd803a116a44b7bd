/* SPDX-License-Identifier: MIT */
/* See beyond.h. At the end of the design's $stop all is printed, and nothing but the end of the process is to
 * come: so the replay's end is known there, without its happening. What a testbench's own abort() or exit()
 * ends cannot be gone on with. */
#include "replay/beyond.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/u64.h"
#include "record/output.h"
#include "replay/progress.h"
#include "run/notes.h"
#include "run/run.h"

static struct {
    bool is_taken;
    enum verdict verdict;
    char why[SHARED_PAGE_WHY];
} beyond;

static bool is_wanted(void)
{
    const struct end *end = &run.page->end;

    return run.options.after_evals > 0 && (end->kind == END_ABORT || end->kind == END_EXIT) &&
           !end->outside && !run.page->races;
}

static void take_verdict(void)
{
    const struct end *end = &run.page->end;
    char output_bytes[SHARED_PAGE_WHY];
    struct text output = text_in(output_bytes, sizeof output_bytes);
    struct text why = text_in(beyond.why, sizeof beyond.why);

    output_end();
    output_is_same(end->kind == END_EXIT ? PRINTED_EARLY : PRINTED_AT_END, &output); /* exit() may print */
    beyond.verdict = verdict_decide(end, end, output.bytes, &why);
    beyond.is_taken = true;
}

/* Asked by the design's $stop. */
static bool goes_on(void)
{
    if (run.hooks->evals() == run.page->end.eval) {
        take_verdict();
        return true;
    }
    run.hooks->wave_last_words();
    run.hooks->wave_flush();
    return false;
}

void beyond_prepare(void)
{
    if (is_wanted())
        run.hooks->stop_watch(goes_on);
}

/* The testbench has made all dumps of the eval before. */
bool beyond_includes(uint64_t eval)
{
    if (beyond.is_taken && eval == run.page->end.eval + 1)
        progress_of_point();
    return beyond.is_taken && eval - run.page->end.eval <= run.options.after_evals;
}

uint64_t beyond_most_evals(void)
{
    return is_wanted() ? run.options.after_evals : 0;
}

bool beyond_has_verdict(void)
{
    return beyond.is_taken;
}

enum verdict beyond_verdict(struct text *why)
{
    text_format(why, "%s", beyond.why);
    return beyond.verdict;
}

void beyond_ends(void)
{
    struct shared_replay *replay = &run.page->replay;

    if (!is_wanted())
        return;
    replay->after_evals =
        beyond.is_taken ? u64_difference(atomic_load(&replay->eval), run.page->end.eval) : 0;
    if (!beyond.is_taken)
        notes_add(
            "LIGHTSSS_AFTER: no eval came after the failure: it was not the design's $stop that ended it");
    else if (replay->after_evals < run.options.after_evals)
        notes_add("LIGHTSSS_AFTER: %" PRIu64 " of %" PRIu64 " evals came after the failure: then %s",
                  replay->after_evals, run.options.after_evals,
                  atomic_load(&replay->asked) != REPLAY_ASKED_NOTHING
                      ? "the replay was asked to finish"
                      : "the testbench ended, or wanted more input");
}
