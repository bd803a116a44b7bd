/* SPDX-License-Identifier: MIT */
/* See kept_back.h. Of the values it is known that they are valid. */
#include "kept_back.h"

#include <fcntl.h>

#include "base/clock.h"
#include "base/u64.h"
#include "fields.h"
#include "kept.h"
#include "options/options.h"
#include "report_file.h"
#include "run/back.h"

static void ignore(const char *line)
{
    (void)line;
}

static void read_wish(struct options *wish, const json_t *report, const char *back, const char *window)
{
    const char *of_run = fields_text(report, "run.variables.LIGHTSSS_WINDOW");

    *wish = (struct options){.enabled = true};
    for (size_t i = 0; i < options_row_count; i++)
        options_set(wish, options_rows[i].name, options_rows[i].initial, ignore);
    options_set(wish, "LIGHTSSS_BACK", back, ignore);
    if (window == NULL)
        window = of_run;
    if (window != NULL)
        options_set(wish, "LIGHTSSS_WINDOW", window, ignore);
}

/* How long before the end of the run it was taken; 0: nobody knows. */
static uint64_t age_ns(const json_t *report, uint64_t number)
{
    const json_t *one;
    uint64_t own_number;
    double age_s;
    size_t i;

    json_array_foreach((json_t *)fields_find(report, "snapshots"), i, one)
    {
        if (fields_number(one, "number", &own_number) && own_number == number &&
            fields_real(one, "age_s", &age_s) && age_s > 0)
            return (uint64_t)(age_s * (double)SECOND_NS);
    }
    return 0;
}

uint64_t kept_back(const char *run, const char *back, const char *window, uint64_t until_eval)
{
    json_t *report = report_file_load(AT_FDCWD, run);
    uint64_t found = 0, end_eval = until_eval, number, eval;
    struct options wish;
    const json_t *one;
    size_t i;

    if (end_eval == 0)
        fields_number(report, "end.eval", &end_eval);
    read_wish(&wish, report, back, window);
    json_array_foreach((json_t *)fields_find(report, "kept.later"), i, one)
    {
        if (!fields_number(one, "number", &number) || !fields_number(one, "eval", &eval))
            continue;
        if (number > found && eval < end_eval && kept_is_awake(run, number) &&
            back_is_enough(&wish, end_eval - eval, age_ns(report, number)))
            found = number;
    }
    json_decref(report);
    return found;
}
