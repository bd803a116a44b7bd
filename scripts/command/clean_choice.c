/* SPDX-License-Identifier: MIT */
/* See clean_choice.h. */
#include "clean_choice.h"

#include <string.h>

#include "options/parse.h"

#define DAY_S UINT64_C(86400)

bool clean_choice_parse_age(const char *string, uint64_t *age_s)
{
    const char *at = string;
    uint64_t number;

    if (parse_digits(&at, 10, &number) > 0 && number > 0 && (strcmp(at, "d") == 0 || strcmp(at, "w") == 0))
        return !__builtin_mul_overflow(number, *at == 'd' ? DAY_S : 7 * DAY_S, age_s);
    if (!parse_time_ns(string, &number))
        return false;
    *age_s = number / UINT64_C(1000000000);
    return *age_s > 0;
}

/* How many are newer? Of those with the same time the first ones count. */
static uint64_t count_newer(const struct clean_choice *list, size_t count, size_t place)
{
    uint64_t newer = 0;

    for (size_t i = 0; i < count; i++)
        newer += list[i].time_s > list[place].time_s || (i < place && list[i].time_s == list[place].time_s);
    return newer;
}

static bool is_older(int64_t time_s, int64_t now_s, uint64_t older_s)
{
    return older_s == 0 || (now_s > time_s && (uint64_t)(now_s - time_s) > older_s);
}

void clean_choice_make(struct clean_choice *list, size_t count, int64_t now_s, uint64_t older_s,
                       uint64_t keep)
{
    for (size_t i = 0; i < count; i++)
        list[i].goes =
            is_older(list[i].time_s, now_s, older_s) && (keep == 0 || count_newer(list, count, i) >= keep);
}
