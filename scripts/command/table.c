/* SPDX-License-Identifier: MIT */
/* The table: see table.h. A column is as wide as its widest cell; the last one has what may be long. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "columns.h"
#include "fields.h"
#include "kept_now.h"
#include "words.h"

enum column {
    WHEN,
    PROGRAM,
    PID,
    END,
    EVAL,
    TIME,
    VERDICT,
    SIZE,
    COLUMNS,
};

#define IS_NUMBER (1u << PID | 1u << EVAL | 1u << TIME | 1u << SIZE)

static const char *const heads[COLUMNS] = {"WHEN", "PROGRAM", "PID",     "END",
                                           "EVAL", "TIME",    "VERDICT", "SIZE"};

static void copy(char cell[WORDS_SIZE], const char *text)
{
    snprintf(cell, WORDS_SIZE, "%s", text != NULL && *text != '\0' ? text : "-");
}

static void fill(char cells[COLUMNS][WORDS_SIZE], const struct run *run)
{
    words_when(cells[WHEN], run->when);
    copy(cells[PROGRAM], fields_text(run->report, "program"));
    words_number(cells[PID], run->report, "pid");
    words_end(cells[END], run->report);
    words_eval(cells[EVAL], run->report);
    words_number(cells[TIME], run->report, "end.time");
    copy(cells[VERDICT], fields_text(run->report, "replay.verdict"));
    copy(cells[SIZE], NULL);
    if (run->has_wave)
        words_bytes(cells[SIZE], run->wave_bytes);
    for (unsigned i = 0; i < COLUMNS; i++) {
        columns_trim(cells[i], sizeof cells[i]);
        text_hide_controls(cells[i], strlen(cells[i]));
    }
}

static void print_cells(FILE *file, char cells[COLUMNS][WORDS_SIZE], const unsigned *widths)
{
    for (unsigned i = 0; i < COLUMNS; i++) {
        ((IS_NUMBER >> i & 1) != 0 ? columns_right : columns_left)(file, cells[i], widths[i]);
        fputs("  ", file);
    }
}

/* The waveform; where there is none, the run's directory. */
static void print_place(FILE *file, const struct run *run)
{
    const char *path = run->has_wave ? run->wave : run->directory;
    char *shown = strdup(path);

    if (shown != NULL)
        text_hide_controls(shown, strlen(shown));
    fprintf(file, "%s%s\n", shown != NULL ? shown : path, run->has_wave ? "" : "/");
    free(shown);
}

/* Of those that are gone nothing is said here: in time that are all. */
static void print_kept(FILE *file, const struct runs *runs)
{
    char words[KEPT_WHY_SIZE];

    for (size_t i = 0; i < runs->count; i++)
        if (kept_now(words, runs->list[i].directory, runs->list[i].report) == KEPT_NOW_HERE)
            fprintf(file, "%s\n", words);
}

void table_print(FILE *file, const struct runs *runs)
{
    char(*rows)[COLUMNS][WORDS_SIZE] = calloc(runs->count + 1, sizeof *rows);
    unsigned widths[COLUMNS] = {0};

    if (rows == NULL || runs->count == 0) {
        free(rows);
        return;
    }
    for (unsigned i = 0; i < COLUMNS; i++)
        copy(rows[0][i], heads[i]);
    for (size_t i = 0; i < runs->count; i++)
        fill(rows[i + 1], &runs->list[i]);
    for (size_t i = 0; i <= runs->count; i++)
        for (unsigned j = 0; j < COLUMNS; j++)
            if (columns_of(rows[i][j]) > widths[j])
                widths[j] = columns_of(rows[i][j]);
    for (size_t i = 0; i <= runs->count; i++) {
        print_cells(file, rows[i], widths);
        if (i == 0)
            fprintf(file, "WAVEFORM\n");
        else
            print_place(file, &runs->list[i - 1]);
    }
    print_kept(file, runs);
    free(rows);
}
