/* SPDX-License-Identifier: MIT */
/* See progress_words.h. The time that is left is reckoned by the pace of late. */
#include "report/progress_words.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/u64.h"

#define MANY       UINT64_C(10000)
#define MILLION    UINT64_C(1000000)
#define MINUTE_S   UINT64_C(60)
#define HOUR_S     (60 * MINUTE_S)
#define SHOWN_MOST 2u /* minutes are shown from two of them on, and so on */

/* So that all fits on a line of 80 columns. */
static void append_count(struct text *line, uint64_t evals)
{
    if (evals >= MILLION) {
        text_fixed(line, evals, 6, 1);
        text_format(line, "M");
    } else if (evals >= MANY) {
        text_fixed(line, evals, 3, 1);
        text_format(line, "k");
    } else {
        text_format(line, "%" PRIu64, evals);
    }
}

static void append_left(struct text *line, uint64_t left_ns, bool is_least)
{
    const uint64_t left_s = u64_max(u64_sum(left_ns, SECOND_NS - 1) / SECOND_NS, 1);

    text_format(line, ", %s", is_least ? "at least " : "");
    if (left_s < SHOWN_MOST * MINUTE_S)
        text_format(line, "%" PRIu64 " s left", left_s);
    else if (left_s < SHOWN_MOST * HOUR_S)
        text_format(line, "%" PRIu64 " min left", left_s / MINUTE_S);
    else
        text_format(line, "%" PRIu64 " h left", left_s / HOUR_S);
}

void progress_words_describe(struct text *line, const struct progress_words *progress)
{
    const uint64_t all = u64_difference(progress->last_eval, progress->first_eval);
    uint64_t done = u64_difference(progress->eval, progress->first_eval);

    done = all == 0 ? done : u64_min(done, all);
    if (all == 0)
        text_format(line, "replay: ");
    else
        text_format(line, "replay %" PRIu64 "%%: ", u64_scaled(done, 100, all));
    append_count(line, done);
    if (all != 0) {
        text_format(line, " of ");
        append_count(line, all);
    }
    text_format(line, " evals");
    if (progress->recent_evals == 0 || progress->recent_ns == 0)
        return;
    text_format(line, ", ");
    append_count(line, u64_scaled(progress->recent_evals, SECOND_NS, progress->recent_ns));
    text_format(line, " evals/s");
    if (all > done)
        append_left(line, u64_scaled(all - done, progress->recent_ns, progress->recent_evals),
                    !progress->is_dumping);
}
