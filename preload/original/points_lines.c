/* SPDX-License-Identifier: MIT */
/* See points_lines.h. The words that the report has as well are in report/point_words.c. */
#define _GNU_SOURCE
#include "original/points_lines.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "report/point_words.h"

void points_lines_lost(const struct point *point)
{
    log_line(LOG_INFO, "no waveform up to eval %" PRIu64 ": there is no snapshot before it any more",
             point->last_eval);
}

void points_lines_in_vain(enum request_state state)
{
    log_line(LOG_INFO, "no waveform: it was asked for, and the snapshot %s",
             state == REQUEST_IN_VAIN ? "was given up before it could answer" : "does not answer");
}

/* --- requests --- */

void points_lines_waits(uint64_t eval, uint64_t after_evals, bool for_others)
{
    if (for_others)
        log_line(LOG_INFO,
                 "a waveform up to eval %" PRIu64
                 " is asked for: it is made at an eval, when those that were "
                 "wanted before are done",
                 eval);
    else
        log_line(LOG_INFO,
                 "a waveform up to eval %" PRIu64 " is asked for: it is made when the %" PRIu64
                 " eval%s after it (LIGHTSSS_AFTER) came",
                 eval, after_evals, after_evals == 1 ? "" : "s");
}

void points_lines_asked_before(void)
{
    log_line(LOG_INFO, "a waveform was asked for before, and is not ready yet");
}

void points_lines_still(uint64_t still_ns)
{
    log_line(LOG_INFO,
             "no eval has begun for %" PRIu64
             " s: the waveform that is asked for waits no longer, and ends with "
             "the last one",
             still_ns / SECOND_NS);
}

/* --- what is not made --- */

static void say_first(unsigned number, const struct point *point, const char *what)
{
    log_line(LOG_INFO, "LIGHTSSS_AT=%" PRIu64 "%s%s: %s", point->goal, point->is_time ? "t" : "evals",
             number > 1 ? " and others" : "", what);
}

static void say_not_made(unsigned count, const char *why, const char *ending)
{
    char bytes[SHARED_NOTE_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    point_words_not_made(&line, count);
    log_line(LOG_INFO, "%s: %s%s", bytes, why, ending);
}

static void say_left_out(const struct points_lines_missed *missed)
{
    char bytes[SHARED_NOTE_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    point_words_left_out(&line, missed->left_out, missed->left_out_more);
    log_line(LOG_INFO, "%s", bytes);
}

void points_lines_missed(const struct points_plan *plan, const struct points_lines_missed *missed)
{
    const struct point *first = points_plan_first(plan, POINT_COMES);
    const unsigned waiting = points_plan_count(plan, POINT_PASSED);

    if (first != NULL)
        say_first(points_plan_count(plan, POINT_COMES), first,
                  missed->untold && first->is_time
                      ? "the testbench does not tell the time, so there is no waveform up to there"
                      : "the run has ended before, so there is no waveform up to there");
    if (missed->lost > 1)
        say_not_made(missed->lost - 1, "no snapshot before that was left", "");
    if (waiting > 0)
        say_not_made(waiting, end_signal_name(missed->impatience), " ended the waiting");
    if (missed->left_out > 0)
        say_left_out(missed);
}

void points_lines_given_up(const struct points_plan *plan)
{
    const struct point *passed = points_plan_first(plan, POINT_PASSED);
    const struct point *missed = points_plan_first(plan, POINT_COMES);

    if (passed != NULL)
        log_line(LOG_INFO,
                 "no waveform up to eval %" PRIu64 "%s: another program takes the simulator's place",
                 passed->last_eval, points_plan_count(plan, POINT_PASSED) > 1 ? " and further points" : "");
    if (missed != NULL)
        say_first(points_plan_count(plan, POINT_COMES), missed,
                  "another program takes the simulator's place before, so there is no waveform up to there");
}
