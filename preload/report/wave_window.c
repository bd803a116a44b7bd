/* SPDX-License-Identifier: MIT */
/* The window in words and in the report: see wave_window.h. */
#include "report/wave_window.h"

#include <inttypes.h>

#include "base/u64.h"
#include "run/rates.h"
#include "run/run.h"

#define KIB (UINT64_C(1) << 10)

static void append_size(struct text *text, uint64_t bytes)
{
    static const char units[] = {'K', 'M', 'G'};
    unsigned unit = 0;

    for (bytes /= KIB; bytes >= KIB && bytes % KIB == 0 && unit + 1 < sizeof units; bytes /= KIB)
        unit++;
    text_format(text, "%" PRIu64 "%c", bytes, units[unit]);
}

/* By what was measured on the way. One that was begun anew a moment before the replay was ended is no
 * measure: its names alone take more than its few evals. */
static uint64_t eval_bytes(uint64_t bytes, uint64_t evals)
{
    const struct shared_rates *rates = &run.page->rates;

    return rates->count > 0 ? rates_mean_bytes(rates, 1) : bytes / evals;
}

void wave_window_describe(struct text *line, uint64_t bytes)
{
    const struct shared_replay *replay = &run.page->replay;
    uint64_t evals = u64_sum(u64_difference(replay->wave_last_eval, replay->wave_first_eval), 1);

    if (replay->wave_begun == 0 && replay->wave_replays == 0)
        return;
    if (replay->wave_first_eval > replay->wave_asked_eval) {
        text_format(line,
                    "the waveform begins at eval %" PRIu64 " and not at %" PRIu64 ": an eval takes %" PRIu64
                    " bytes of LIGHTSSS_SIZE=",
                    replay->wave_first_eval, replay->wave_asked_eval, eval_bytes(bytes, evals));
        append_size(line, run.options.size_bytes);
    } else if (replay->wave_begun != 0)
        text_format(line,
                    "the waveform ends with eval %" PRIu64 ", where LIGHTSSS_SIZE was near: the replay did "
                    "not come to where it was to begin anew",
                    replay->wave_last_eval);
}

void wave_window_append(struct text *json)
{
    const struct shared_replay *replay = &run.page->replay;

    text_format(json,
                ", \"window\": { \"asked_eval\": %" PRIu64 ", \"given_eval\": %" PRIu64
                ", \"replays\": %" PRIu64 " }",
                replay->wave_asked_eval, replay->wave_first_eval, replay->wave_replays + 1);
}
