/* SPDX-License-Identifier: MIT */
/* See failures.h. */
#include "options/failures.h"

#include <stddef.h>
#include <string.h>

#include "options/parse.h"

#define SIGNAL_LIMIT 64
#define STATUS_LIMIT 256u
#define STATUS_WORD  "exit:"

struct word {
    const char *start;
    size_t length;
};

static bool is(struct word word, const char *name)
{
    return name != NULL && strlen(name) == word.length && memcmp(word.start, name, word.length) == 0;
}

static unsigned kinds_of(struct word word)
{
    if (is(word, "all"))
        return FAILURE_ALL;
    for (enum end_kind kind = END_EXIT; kind <= END_FINISH; kind++)
        if (is(word, end_kind_name(kind)))
            return 1u << kind;
    return 0;
}

static bool read_status(struct word word, uint64_t *status)
{
    const size_t prefix = strlen(STATUS_WORD);

    if (strncmp(word.start, STATUS_WORD, prefix) != 0)
        return false;
    const char *at = word.start + prefix;
    return parse_digits(&at, 10, status) > 0 && at == word.start + word.length && *status < STATUS_LIMIT;
}

static bool take_out(struct word word, struct failures *failures)
{
    unsigned kinds = is(word, "all") ? 0 : kinds_of(word);
    uint64_t status;

    failures->kinds &= ~kinds;
    if (kinds != 0)
        return true;
    for (int signal = 1; signal < SIGNAL_LIMIT; signal++)
        if (is(word, end_signal_name(signal))) {
            failures->signals_out |= UINT64_C(1) << signal;
            return true;
        }
    if (!read_status(word, &status))
        return false;
    failures->statuses_out[status / 64] |= UINT64_C(1) << status % 64;
    return true;
}

static bool read_word(struct word word, struct failures *failures)
{
    unsigned kinds = kinds_of(word);

    if (word.length > 0 && word.start[0] == '-')
        return take_out((struct word){word.start + 1, word.length - 1}, failures);
    failures->kinds |= kinds;
    return kinds != 0;
}

bool failures_parse(const char *string, struct failures *failures)
{
    struct failures result = {.kinds = *string == '-' ? FAILURE_DEFAULT : 0};

    for (;;) {
        size_t length = strcspn(string, ",");

        if (!read_word((struct word){string, length}, &result))
            return false;
        if (string[length] == '\0')
            break;
        string += length + 1;
    }
    *failures = result;
    return true;
}

bool failures_include(const struct failures *failures, const struct end *end)
{
    bool is_status = end->kind == END_EXIT || end->kind == END_FINISH;
    unsigned status = (unsigned)end->status % STATUS_LIMIT;
    uint64_t out = is_status ? failures->statuses_out[status / 64] >> status % 64
                             : failures->signals_out >> (unsigned)end->signal % SIGNAL_LIMIT;

    return (failures->kinds & (1u << end->kind)) != 0 && (out & 1) == 0;
}
