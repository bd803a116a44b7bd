/* SPDX-License-Identifier: MIT */
/* Years that begin with March: the leap day is the last of its year (see date.h). */
#include "report/date.h"

#include <inttypes.h>

#define DAY_S           86400u
#define DAYS_TO_1970    719468u /* from 1 March of the year 0 */
#define DAYS_OF_400     146097u
#define DAYS_OF_100     36524u
#define DAYS_OF_4       1461u
#define DAYS_OF_YEAR    365u
#define DAYS_OF_5_MONTH 153u

void date_append(struct text *text, uint64_t seconds)
{
    uint64_t days = seconds / DAY_S + DAYS_TO_1970, rest = seconds % DAY_S;
    uint64_t era = days / DAYS_OF_400, day = days % DAYS_OF_400;
    uint64_t year =
        (day - day / (DAYS_OF_4 - 1) + day / DAYS_OF_100 - day / (DAYS_OF_400 - 1)) / DAYS_OF_YEAR;

    day -= DAYS_OF_YEAR * year + year / 4 - year / 100;
    uint64_t month = (5 * day + 2) / DAYS_OF_5_MONTH; /* 0: March */
    day -= (DAYS_OF_5_MONTH * month + 2) / 5;
    text_format(text, "%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64 "T%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "Z",
                era * 400 + year + (month >= 10), month < 10 ? month + 3 : month - 9, day + 1, rest / 3600,
                rest / 60 % 60, rest % 60);
}
