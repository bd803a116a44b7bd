/* SPDX-License-Identifier: MIT */
/* See failures.h. */
#include "options/failures.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "options/parse.h"

#define SIGNALS      64 /* from 1 on */
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

/* The rest of the word is a number up to `most`. */
static bool read_number(struct word word, size_t from, uint64_t most, uint64_t *number)
{
    const char *at = word.start + from;

    return parse_digits(&at, 10, number) > 0 && at == word.start + word.length && *number <= most;
}

static bool begins(struct word word, const char *prefix)
{
    return word.length > strlen(prefix) && memcmp(word.start, prefix, strlen(prefix)) == 0;
}

/* Real-time signals have no names of their own, but places between two. */
static int real_time_signal(struct word word)
{
    const uint64_t others = (uint64_t)(SIGRTMAX - SIGRTMIN);
    uint64_t number;

    if (is(word, "SIGRTMIN"))
        return SIGRTMIN;
    if (is(word, "SIGRTMAX"))
        return SIGRTMAX;
    if (begins(word, "SIGRTMIN+") && read_number(word, strlen("SIGRTMIN+"), others, &number))
        return SIGRTMIN + (int)number;
    if (begins(word, "SIGRTMAX-") && read_number(word, strlen("SIGRTMAX-"), others, &number))
        return SIGRTMAX - (int)number;
    return 0;
}

/* 0: it is none. */
static int signal_of(struct word word)
{
    uint64_t number;

    if (read_number(word, 0, SIGNALS, &number))
        return (int)number;
    for (int signal = 1; signal <= SIGNALS; signal++)
        if (is(word, end_signal_name(signal)))
            return signal;
    return real_time_signal(word);
}

static bool take_out(struct word word, struct failures *failures)
{
    unsigned kinds = is(word, "all") ? 0 : kinds_of(word);
    int signal = signal_of(word);
    uint64_t status;

    failures->kinds &= ~kinds;
    if (signal > 0)
        failures->signals_out |= UINT64_C(1) << (signal - 1);
    if (kinds != 0 || signal > 0)
        return true;
    if (!begins(word, STATUS_WORD) || !read_number(word, strlen(STATUS_WORD), STATUS_LIMIT - 1, &status))
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

static bool is_taken_out(const struct failures *failures, const struct end *end)
{
    const unsigned status = (unsigned)end->status % STATUS_LIMIT;

    if (end->kind == END_EXIT || end->kind == END_FINISH)
        return (failures->statuses_out[status / 64] >> status % 64 & 1) != 0;
    return end->signal > 0 && end->signal <= SIGNALS && (failures->signals_out >> (end->signal - 1) & 1) != 0;
}

bool failures_include(const struct failures *failures, const struct end *end)
{
    return (failures->kinds & (1u << end->kind)) != 0 && !is_taken_out(failures, end);
}
