/* SPDX-License-Identifier: MIT */
/* The rows of options.def become two tables here, one for readers (options_rows) and one of setters. The
 * environment is walked once; then every row gets its default and, if there is one, its value. */
#include "options/options.h"

#include <string.h>

#include "base/expression.h"
#include "base/text.h"
#include "options/calls.h"
#include "options/parse.h"
#include "options/patterns.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define WARNING_SIZE 400
#define VALUE_SHOWN  80 /* bytes of a bad value that a warning repeats */

/* ---- one function per kind: reads a whole value, leaves *value alone when it cannot ---- */

static bool parse_switch(const char *string, bool *value)
{
    if ((*string != '0' && *string != '1') || string[1] != '\0')
        return false;
    *value = *string == '1';
    return true;
}

static bool parse_interval(const char *string, struct options_interval *value)
{
    uint64_t amount;

    if (strcmp(string, "auto") == 0) {
        *value = (struct options_interval){.kind = INTERVAL_AUTO};
        return true;
    }
    if (parse_evals(string, &amount)) {
        *value = (struct options_interval){.kind = INTERVAL_EVALS, .evals = amount};
        return true;
    }
    if (parse_time_ns(string, &amount)) {
        *value = (struct options_interval){.kind = INTERVAL_TIME, .ns = amount};
        return true;
    }
    return false;
}

static bool parse_between(const char *string, uint64_t least, uint64_t most, uint64_t *value)
{
    uint64_t number;

    if (!parse_number(string, &number) || number < least || number > most)
        return false;
    *value = number;
    return true;
}

static bool parse_slots(const char *string, uint64_t *value)
{
    return parse_between(string, 1, OPTIONS_SLOTS_MAX, value);
}

static bool parse_depth(const char *string, uint64_t *value)
{
    return parse_between(string, 0, OPTIONS_DEPTH_MAX, value);
}

static bool parse_tick(const char *string, uint64_t *value)
{
    return parse_between(string, 1, OPTIONS_TICK_MAX, value);
}

static bool parse_memory(const char *string, struct options_memory *value)
{
    struct options_memory memory = {0};

    if (!parse_size_bytes(string, &memory.bytes) && !parse_share_ppm(string, &memory.share_ppm))
        return false;
    *value = memory;
    return true;
}

/* A word that means a value of its own, or what is parsed. */
static bool parse_or(const char *string, const char *word, uint64_t meant,
                     bool (*parse)(const char *string, uint64_t *value), uint64_t *value)
{
    if (strcmp(string, word) != 0)
        return parse(string, value);
    *value = meant;
    return true;
}

static bool parse_size(const char *string, uint64_t *value)
{
    return parse_or(string, "none", 0, parse_size_bytes, value);
}

static bool parse_files(const char *string, uint64_t *value)
{
    return parse_or(string, "0", 0, parse_size_bytes, value);
}

static bool parse_limit(const char *string, uint64_t *value)
{
    return parse_or(string, "off", 0, parse_time_ns, value);
}

static bool parse_window(const char *string, uint64_t *value)
{
    return parse_or(string, "all", OPTIONS_WINDOW_ALL, parse_evals, value);
}

static bool parse_ages(const char *string, struct ages *value)
{
    return ages_parse(string, value);
}

static bool parse_back(const char *string, struct options_back *value)
{
    static const char *const words[] = {[BACK_OLDEST] = "oldest", [BACK_WINDOW] = "window"};
    struct options_back back = {.kind = BACK_EVALS};
    int index = parse_word(string, words, COUNT_OF(words));

    if (index >= 0)
        back.kind = (enum options_back_kind)index;
    else if (!parse_evals(string, &back.evals)) {
        back.kind = BACK_TIME;
        if (!parse_time_ns(string, &back.ns))
            return false;
    }
    *value = back;
    return true;
}

static bool parse_triggers(const char *string, uint64_t *value)
{
    return parse_between(string, 1, OPTIONS_TRIGGERS_MAX, value);
}

static bool parse_after(const char *string, uint64_t *value)
{
    return parse_or(string, "0", 0, parse_evals, value);
}

/* Where each is given twice, once is meant. */
static bool add_point(struct options_at *at, const struct options_point *point)
{
    for (unsigned i = 0; i < at->count; i++)
        if (at->points[i].is_time == point->is_time && at->points[i].value == point->value)
            return true;
    if (at->count == OPTIONS_POINTS_MAX)
        return false;
    at->points[at->count++] = *point;
    return true;
}

static bool parse_at(const char *string, struct options_at *value)
{
    static struct options_at at; /* not on the stack of who starts us */

    at = (struct options_at){.count = 0};
    for (bool more = *string != '\0'; more; string++) {
        struct options_point point;
        if (!parse_point(&string, &point.is_time, &point.value) || !add_point(&at, &point))
            return false;
        more = *string == ',';
        if (!more && *string != '\0')
            return false;
    }
    *value = at;
    return true;
}

static bool parse_failures(const char *string, struct failures *value)
{
    return failures_parse(string, value);
}

static bool parse_wave(const char *string, enum options_wave *value)
{
    static const char *const words[] = {
        [WAVE_AUTO] = "auto", [WAVE_VCD] = "vcd", [WAVE_FST] = "fst", [WAVE_OFF] = "off"};
    int index = parse_word(string, words, COUNT_OF(words));

    if (index < 0)
        return false;
    *value = (enum options_wave)index;
    return true;
}

static bool parse_log(const char *string, enum log_level *value)
{
    static const char *const words[] = {[LOG_QUIET] = "quiet", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    int index = parse_word(string, words, COUNT_OF(words));

    if (index < 0)
        return false;
    *value = (enum log_level)index;
    return true;
}

/* An empty string asks for nothing, as for any other program's variables. */
static bool parse_string(const char *string, const char **value)
{
    *value = *string != '\0' ? string : NULL;
    return true;
}

/* An extended regular expression; it is compiled once more where it is used. Of a few characters ("a++++...")
 * regcomp() could make one that fills the memory. */
static bool parse_expression(const char *string, const char **value)
{
    regex_t expression;

    if (*string == '\0')
        return parse_string(string, value);
    if (!parse_is_small(string) || !expression_compile(&expression, string, REG_EXTENDED | REG_NOSUB))
        return false;
    expression_free(&expression);
    return parse_string(string, value);
}

static bool parse_calls(const char *string, const char **value)
{
    struct calls calls;

    if (*string != '\0' && !calls_parse(&calls, string))
        return false;
    return parse_string(string, value);
}

static bool parse_watch(const char *string, const char **value)
{
    static struct patterns patterns; /* too large for a stack */

    if (*string != '\0' && !patterns_parse(&patterns, string, ""))
        return false;
    return parse_string(string, value);
}

static bool parse_scope(const char *string, const char **value)
{
    size_t count = 1;

    for (const char *at = string; (at = strchr(at, ',')) != NULL; at++) {
        count++;
        if (at == string || at[1] == ',' || at[1] == '\0')
            return false;
    }
    return count <= OPTIONS_SCOPES_MAX && parse_string(string, value);
}

static bool parse_directory(const char *string, const char **value)
{
    if (*string == '\0')
        return false;
    *value = string;
    return true;
}

/* ---- the tables ---- */

const struct options_row options_rows[] = {
#define OPTION(field, variable, kind, initial, accepted, help) {variable, initial, accepted, help},
#include "options/options.def"
#undef OPTION
};

#define OPTION(field, variable, kind, initial, accepted, help)                                               \
    static bool set_##field(struct options *options, const char *string)                                     \
    {                                                                                                        \
        return parse_##kind(string, &options->field);                                                        \
    }
#include "options/options.def"
#undef OPTION

static bool (*const setters[])(struct options *options, const char *string) = {
#define OPTION(field, variable, kind, initial, accepted, help) set_##field,
#include "options/options.def"
#undef OPTION
};

enum row {
#define OPTION(field, variable, kind, initial, accepted, help) ROW_##field,
#include "options/options.def"
#undef OPTION
    ROW_COUNT
};

const size_t options_row_count = ROW_COUNT;

/* ---- warnings ---- */

/* instead: what is used in its place; NULL: nothing is. */
static void say_bad_value(void (*tell)(const char *line), const struct options_row *row, const char *name,
                          const char *value, const char *instead)
{
    char line[WARNING_SIZE];
    struct text text = text_in(line, sizeof line);

    text_format(&text, "%s=%.*s%s is not valid: give %s", name, VALUE_SHOWN, value,
                strlen(value) > VALUE_SHOWN ? "..." : "", row->accepted);
    if (instead != NULL)
        text_format(&text, "; using %s", *instead != '\0' ? instead : "none");
    tell(line);
}

static void warn_unknown(void (*warn)(const char *), const char *name, size_t length)
{
    char line[WARNING_SIZE], copy[PARSE_NAME_MAX + 1];
    const char *names[ROW_COUNT];
    struct text shortened = text_in(copy, sizeof copy);

    text_append(&shortened, name, length);
    for (size_t i = 0; i < ROW_COUNT; i++)
        names[i] = options_rows[i].name;
    text_print(line, sizeof line, "unknown variable %s%s; did you mean %s?", copy, shortened.cut ? "..." : "",
               names[parse_nearest(copy, names, ROW_COUNT)]);
    warn(line);
}

/* ---- reading ---- */

#define PREFIX      "LIGHTSSS"
#define TEST_PREFIX "LIGHTSSS_TEST_" /* the project's own tests may pass what they like to their programs */

static bool begins_with(const char *string, const char *prefix)
{
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

static size_t row_of(const char *name, size_t length)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strlen(options_rows[i].name) == length && memcmp(options_rows[i].name, name, length) == 0)
            return i;
    }
    return ROW_COUNT;
}

/* Notes the value of each row; where a name is there twice the first one counts, as with getenv(). Calls
 * warn, if any, for our names that no row has. */
static void walk(char *const *environment, const char *values[ROW_COUNT], void (*warn)(const char *))
{
    for (; *environment != NULL; environment++) {
        const char *variable = *environment;
        size_t length = strcspn(variable, "=");
        size_t row;

        if (!begins_with(variable, PREFIX) || variable[length] == '\0')
            continue;
        row = row_of(variable, length);
        if (row < ROW_COUNT && values[row] == NULL)
            values[row] = variable + length + 1;
        if (row == ROW_COUNT && warn != NULL && begins_with(variable, PREFIX "_") &&
            !begins_with(variable, TEST_PREFIX))
            warn_unknown(warn, variable, length);
    }
}

/* The default and "all" hold it too. */
static void check_failures(const struct options *options, const char *value, void (*warn)(const char *))
{
    if (strstr(value, "all") != NULL)
        return;
    if ((options->failures.kinds & FAILURE_HANG) && options->hang_ns == 0)
        warn("hang in LIGHTSSS_ON needs LIGHTSSS_HANG: how long no eval may begin");
}

static void check_watch(const struct options *options, void (*warn)(const char *))
{
    if (options->match == NULL && options->trigger == NULL)
        warn("LIGHTSSS_WATCH needs LIGHTSSS_MATCH or LIGHTSSS_TRIGGER: which lines are looked for");
}

static void check_ages(const struct options *options, void (*warn)(const char *))
{
    char line[WARNING_SIZE];
    unsigned newest = ages_newest(&options->ages, options->slots);

    if (newest == options->slots)
        return;
    text_print(
        line, sizeof line,
        "LIGHTSSS_SLOTS=%u and the ladder of LIGHTSSS_AGES are more than %u snapshots; %u of the newest stay",
        (unsigned)options->slots, OPTIONS_SLOTS_MAX, newest);
    warn(line);
}

static void set_row(struct options *options, size_t row, const char *value, void (*warn)(const char *))
{
    const struct options_row *of = &options_rows[row];

    if (!setters[row](options, value) && warn != NULL)
        say_bad_value(warn, of, of->name, value, of->initial);
}

bool options_check(const struct options_row *row, const char *name, const char *value,
                   void (*tell)(const char *line))
{
    struct options options;
    bool is_valid = setters[row - options_rows](&options, value);

    if (!is_valid)
        say_bad_value(tell, row, name, value, NULL);
    return is_valid;
}

bool options_set(struct options *options, const char *name, const char *value, void (*tell)(const char *line))
{
    const size_t row = row_of(name, strlen(name));

    if (row == ROW_COUNT)
        return false;
    const bool is_valid = setters[row](options, value);
    if (!is_valid)
        say_bad_value(tell, &options_rows[row], name, value, NULL);
    return is_valid;
}

void options_read(struct options *options, char *const *environment, void (*warn)(const char *line))
{
    const char *values[ROW_COUNT] = {0};

    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < ROW_COUNT; i++)
        setters[i](options, options_rows[i].initial);
    walk(environment, values, NULL);

    /* These two decide whether anything may be said at all. */
    if (values[ROW_enabled] != NULL)
        set_row(options, ROW_enabled, values[ROW_enabled], NULL);
    if (values[ROW_log_level] != NULL)
        set_row(options, ROW_log_level, values[ROW_log_level], NULL);
    if (!options->enabled || options->log_level == LOG_QUIET)
        warn = NULL;

    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (values[i] != NULL)
            set_row(options, i, values[i], warn);
    }
    if (warn == NULL)
        return;
    if (values[ROW_failures] != NULL)
        check_failures(options, values[ROW_failures], warn);
    if (options->watch != NULL)
        check_watch(options, warn);
    check_ages(options, warn);
    walk(environment, values, warn);
}
