/* SPDX-License-Identifier: MIT */
/* options and parse: an environment block of strings between NULs. Whatever it holds, every option is then
 * one that the rest of the library can work with, and every line about it ends. */
#include "fuzz.h"

#include <string.h>

#include "options/options.h"
#include "options/parse.h"

#define VARIABLES_MAX 64
#define LINE_MAX_SIZE 400

static void look_at_line(const char *line)
{
    FUZZ_CHECK(strnlen(line, LINE_MAX_SIZE) < LINE_MAX_SIZE);
}

static void check_ranges(const struct options *options)
{
    FUZZ_CHECK(options->budget_ppm >= 1 && options->budget_ppm <= OPTIONS_PPM);
    FUZZ_CHECK(options->slots >= 1 && options->slots <= OPTIONS_SLOTS_MAX);
    FUZZ_CHECK(options->ages.count <= AGES_MAX);
    FUZZ_CHECK(options->depth <= OPTIONS_DEPTH_MAX);
    FUZZ_CHECK(options->tick >= 1 && options->tick <= OPTIONS_TICK_MAX);
    FUZZ_CHECK(options->window_evals >= 1);
    FUZZ_CHECK((options->failures.kinds & ~FAILURE_ALL) == 0);
    FUZZ_CHECK(options->interval.kind != INTERVAL_TIME || options->interval.ns >= 1);
    FUZZ_CHECK(options->interval.kind != INTERVAL_EVALS || options->interval.evals >= 1);
    FUZZ_CHECK((options->memory.bytes != 0) != (options->memory.share_ppm != 0));
    FUZZ_CHECK(options->memory.share_ppm <= OPTIONS_PPM);
    FUZZ_CHECK(options->dir != NULL && *options->dir != '\0');
    FUZZ_CHECK(options->match == NULL || *options->match != '\0');
    FUZZ_CHECK(options->wave <= WAVE_OFF && options->log_level <= LOG_DEBUG);
}

static void check_value(const char *value)
{
    for (size_t i = 0; i < options_row_count; i++)
        options_check(&options_rows[i], "--option", value, look_at_line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *copy = malloc(size + 1);
    char *environment[VARIABLES_MAX + 1];
    size_t count = 0;
    struct options options;

    if (copy == NULL)
        return 0;
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    for (char *at = copy; at <= copy + size && count < VARIABLES_MAX; at += strlen(at) + 1)
        environment[count++] = at;
    environment[count] = NULL;
    options_read(&options, environment, look_at_line);
    check_ranges(&options);
    options_read(&options, environment, NULL);
    check_ranges(&options);
    check_value(copy);
    FUZZ_CHECK(parse_distance(copy, copy) == 0);
    free(copy);
    return 0;
}
