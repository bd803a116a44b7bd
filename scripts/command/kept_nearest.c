/* SPDX-License-Identifier: MIT */
/* See kept_nearest.h. */
#include "kept_nearest.h"

#include <fcntl.h>

#include "base/u64.h"
#include "fields.h"
#include "kept.h"
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
