/* SPDX-License-Identifier: MIT */
/* The table of live runs: its columns stand below each other, however long a run has gone on. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "list_print.h"

#define SECOND_NS UINT64_C(1000000000)
#define NOW_NS    (1000000 * SECOND_NS)

static struct live_snapshot snapshots[4];
static struct live_run run;

/* pid: 0 where it has ended. */
static char *table(pid_t pid)
{
    static const uint64_t ages_s[] = {200 * 3600 + 59 * 60, 2399, 61, 5};
    struct live live = {.runs = &run, .count = 1};
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    for (size_t i = 0; i < COUNT_OF(snapshots); i++)
        snapshots[i] = (struct live_snapshot){.number = i + 1,
                                              .taken_ns = NOW_NS - ages_s[i] * SECOND_NS,
                                              .memory_bytes = UINT64_C(1) << (20 + 4 * i)};
    run = (struct live_run){.pid = pid,
                            .original_pid = 42,
                            .user = geteuid(),
                            .start_ns = NOW_NS - ages_s[0] * SECOND_NS,
                            .program = "em\xc3\xbc",
                            .snapshots = snapshots,
                            .count = COUNT_OF(snapshots),
                            .is_measured = true};
    list_print_table(file, &live, NOW_NS);
    fclose(file);
    return text;
}

/* Of the place behind which the word stands in a line. */
static unsigned column(const char *line, const char *word)
{
    char *head = strndup(line, strcspn(line, "\n"));
    char *place = strstr(head, word);

    assert_non_null(place);
    *place = '\0';
    unsigned columns = columns_of(head);
    free(head);
    return columns;
}

static const char *next_line(const char *line)
{
    return strchr(line, '\n') + 1;
}

static void columns_of_runs(void **state)
{
    char *text = table(getpid());

    (void)state;
    assert_int_equal(column(text, "STATE"), column(next_line(text), "runs "));
    assert_non_null(strstr(text, "  200 h 59 min  "));
    free(text);
    text = table(0);
    assert_int_equal(column(text, "STATE"), column(next_line(text), "killed"));
    assert_null(strstr(text, "  200 h 59 min  ")); /* it does not run for so long */
    free(text);
}

static void columns_of_snapshots(void **state)
{
    char *text = table(0);
    const char *first = next_line(next_line(text)), *line = first;

    (void)state;
    for (size_t i = 1; i < COUNT_OF(snapshots); i++) {
        line = next_line(line);
        assert_int_equal(column(line, " old"), column(first, " old"));
        assert_int_equal(column(line, " after"), column(first, " after"));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_runs),
        cmocka_unit_test(columns_of_snapshots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
