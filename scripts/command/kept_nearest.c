/* SPDX-License-Identifier: MIT */
/* See kept_nearest.h. */
#include "kept_nearest.h"

#include <fcntl.h>

#include "base/clock.h"
#include "base/u64.h"
#include "fields.h"
#include "kept.h"
#include "options/options.h"
#include "report_file.h"

/* Behind the end there is nothing, and the first says so. */
static uint64_t find(const json_t *report, const char *run, uint64_t eval)
{
    const json_t *later = fields_find(report, "kept.later"), *one;
    uint64_t found = 0, found_eval = 0, number, own_eval, last;
    size_t i;

    if (!fields_number(report, "end.eval", &last) || eval > last)
        return 0;
    json_array_foreach((json_t *)later, i, one)
    {
        if (!fields_number(one, "number", &number) || !fields_number(one, "eval", &own_eval))
            continue;
        if (own_eval >= eval || own_eval <= found_eval || !kept_is_awake(run, number))
            continue;
        found = number;
        found_eval = own_eval;
    }
    return found;
}

uint64_t kept_nearest(const char *run, uint64_t eval)
{
    json_t *report = report_file_load(AT_FDCWD, run);
    const uint64_t found = find(report, run, eval);

    json_decref(report);
    return found;
}

uint64_t kept_nearest_before_end(const char *run, uint64_t evals)
{
    json_t *report = report_file_load(AT_FDCWD, run);
    uint64_t last = 0;

    fields_number(report, "end.eval", &last);
    const uint64_t found = find(report, run, evals == 0 ? last : u64_difference(last + 1, evals));
    json_decref(report);
    return found;
}

/* --- as LIGHTSSS_BACK says --- */

static void ignore(const char *line)
{
    (void)line;
}

/* Of the values it is known that they are valid. */
static void read_wish(struct options *wish, const json_t *report, const char *back, const char *window)
{
    if (window == NULL)
        window = fields_text(report, "run.variables.LIGHTSSS_WINDOW");
    options_read(wish, (char *const[]){NULL}, ignore);
    options_set(wish, "LIGHTSSS_BACK", back, ignore);
    if (window != NULL)
        options_set(wish, "LIGHTSSS_WINDOW", window, ignore);
}

/* The eval behind which the youngest was taken that is so old; 0: none is. */
static uint64_t eval_before(const json_t *report, uint64_t ns)
{
    uint64_t found = 0, eval;
    const json_t *one;
    double age_s;
    size_t i;

    json_array_foreach((json_t *)fields_find(report, "snapshots"), i, one)
    {
        if (fields_number(one, "eval", &eval) && fields_real(one, "age_s", &age_s) &&
            age_s * (double)SECOND_NS >= (double)ns)
            found = u64_max(found, eval);
    }
    return found;
}

/* The first eval that the replay must still see. */
static uint64_t first_wanted(const json_t *report, const struct options *wish, uint64_t end_eval)
{
    switch (wish->back.kind) {
    case BACK_WINDOW:
        return u64_difference(end_eval + 1, wish->window_evals);
    case BACK_EVALS:
        return u64_difference(end_eval + 1, wish->back.evals);
    case BACK_TIME:
        return u64_min(eval_before(report, wish->back.ns) + 1, end_eval);
    case BACK_OLDEST:
        break;
    }
    return 0;
}

uint64_t kept_nearest_back(const char *run, const char *back, const char *window, uint64_t until_eval)
{
    json_t *report = report_file_load(AT_FDCWD, run);
    uint64_t end_eval = until_eval;
    struct options wish;

    if (end_eval == 0)
        fields_number(report, "end.eval", &end_eval);
    read_wish(&wish, report, back, window);
    const uint64_t found = find(report, run, first_wanted(report, &wish, end_eval));
    json_decref(report);
    return found;
}
