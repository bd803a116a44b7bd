/* SPDX-License-Identifier: MIT */
/* A figure is digits, maybe a point and more digits, and a unit from a table. */
#include "options/parse.h"

#include <string.h>

#define FRACTION_DIGITS_MAX 9 /* more would not change a nanosecond of a second */

struct figure {
    uint64_t whole;
    uint64_t fraction; /* in parts of fraction_scale */
    uint64_t fraction_scale;
};

struct unit {
    const char *name;
    uint64_t factor;
};

int parse_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

size_t parse_digits(const char **string, unsigned base, uint64_t *value)
{
    size_t count = 0;
    uint64_t number = 0;
    int digit;

    for (; (digit = parse_digit(**string)) >= 0 && digit < (int)base; ++*string, count++)
        if (__builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, (uint64_t)digit, &number))
            return 0;
    *value = number;
    return count;
}

static bool read_figure(const char **string, struct figure *figure)
{
    size_t digits;

    *figure = (struct figure){.fraction_scale = 1};
    if (parse_digits(string, 10, &figure->whole) == 0)
        return false;
    if (**string != '.')
        return true;
    ++*string;
    digits = parse_digits(string, 10, &figure->fraction);
    if (digits == 0 || digits > FRACTION_DIGITS_MAX)
        return false;
    while (digits-- > 0)
        figure->fraction_scale *= 10;
    return true;
}

/* figure * factor, without what is left behind the point. */
static bool multiply(const struct figure *figure, uint64_t factor, uint64_t *value)
{
    uint64_t whole;
    unsigned __int128 fraction = (unsigned __int128)figure->fraction * factor / figure->fraction_scale;

    if (__builtin_mul_overflow(figure->whole, factor, &whole))
        return false;
    return !__builtin_add_overflow(whole, (uint64_t)fraction, value);
}

static bool parse_with_unit(const char *string, const struct unit *units, size_t count, uint64_t *value)
{
    struct figure figure;
    uint64_t result;

    if (!read_figure(&string, &figure))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(string, units[i].name) != 0)
            continue;
        if (!multiply(&figure, units[i].factor, &result) || result == 0)
            return false;
        *value = result;
        return true;
    }
    return false;
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

bool parse_number(const char *string, uint64_t *value)
{
    uint64_t number;

    if (parse_digits(&string, 10, &number) == 0 || *string != '\0')
        return false;
    *value = number;
    return true;
}

bool parse_evals(const char *string, uint64_t *value)
{
    uint64_t number;

    if (parse_digits(&string, 10, &number) == 0 || number == 0)
        return false;
    if (strcmp(string, "evals") != 0 && strcmp(string, "eval") != 0)
        return false;
    *value = number;
    return true;
}

bool parse_point(const char **string, bool *is_time, uint64_t *value)
{
    static const char *const units[] = {"evals", "eval", "t"};
    const char *at = *string;
    uint64_t number;

    if (parse_digits(&at, 10, &number) == 0 || number == 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i]);
        if (strncmp(at, units[i], length) != 0)
            continue;
        *is_time = *units[i] == 't';
        *value = number;
        *string = at + length;
        return true;
    }
    return false;
}

bool parse_time_ns(const char *string, uint64_t *value)
{
    static const struct unit units[] = {
        {"ns", 1},
        {"us", UINT64_C(1000)},
        {"ms", UINT64_C(1000) * 1000},
        {"s", UINT64_C(1000) * 1000 * 1000},
        {"m", UINT64_C(60) * 1000 * 1000 * 1000},
        {"h", UINT64_C(3600) * 1000 * 1000 * 1000},
    };

    return parse_with_unit(string, units, COUNT_OF(units), value);
}

bool parse_size_bytes(const char *string, uint64_t *value)
{
    static const struct unit units[] = {
        {"K", UINT64_C(1) << 10},
        {"M", UINT64_C(1) << 20},
        {"G", UINT64_C(1) << 30},
        {"T", UINT64_C(1) << 40},
    };

    return parse_with_unit(string, units, COUNT_OF(units), value);
}

bool parse_share_ppm(const char *string, uint32_t *value)
{
    static const struct unit percent = {"%", 10000};
    uint64_t ppm;

    if (!parse_with_unit(string, &percent, 1, &ppm) || ppm > 100 * percent.factor)
        return false;
    *value = (uint32_t)ppm;
    return true;
}

int parse_word(const char *string, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(string, words[i]) == 0)
            return (int)i;
    return -1;
}

/* Behind a '[': where its ']' is, or the end. */
static const char *skip_bracket(const char *at)
{
    at += *at == '^';
    at += *at == ']';
    while (*at != '\0' && *at != ']') {
        char kind = at[0] == '[' && at[1] != '\0' && strchr(":.=", at[1]) != NULL ? at[1] : '\0';
        if (kind != '\0')
            for (at += 2; *at != '\0' && !(at[0] == kind && at[1] == ']'); at++)
                continue;
        at += *at != '\0';
        if (kind != '\0' && *at == ']')
            at++;
    }
    return at;
}

/* Behind a '{'. Returns how many copies it asks for. */
static uint64_t read_copies(const char **at)
{
    uint64_t least_copies = 0, most_copies = 0, copies;

    parse_digits(at, 10, &least_copies);
    if (**at == ',') {
        ++*at;
        parse_digits(at, 10, &most_copies);
    }
    *at += **at == '}';
    copies = least_copies > most_copies ? least_copies : most_copies;
    return 1 + (copies < PARSE_EXPRESSION_MAX ? copies : PARSE_EXPRESSION_MAX);
}

#define GROUPS_MAX  100
#define PLUS_COPIES 4 /* it is two, but the time for what may be empty grows with their square */
#define EMPTY_WAYS  2 /* one copy, but with one more way to be empty: copies of it multiply the ways */

/* Groups that are open, and the last item, which a repetition is about. */
struct sizes {
    uint64_t groups[GROUPS_MAX + 1];
    size_t depth;
    uint64_t item;
    bool repeated; /* a repetition of it was read last */
};

static void next_item(struct sizes *sizes, uint64_t size)
{
    sizes->groups[sizes->depth] += sizes->item;
    sizes->item = size;
    sizes->repeated = false;
}

static bool open_group(struct sizes *sizes)
{
    if (sizes->depth == GROUPS_MAX)
        return false;
    next_item(sizes, 0);
    sizes->groups[++sizes->depth] = 0;
    return true;
}

static void close_group(struct sizes *sizes)
{
    if (sizes->depth == 0) {
        next_item(sizes, 1); /* an ordinary character there */
        return;
    }
    sizes->item += sizes->groups[sizes->depth--] + 1;
    sizes->repeated = false;
}

/* A repetition of a repetition (a+?) means nothing in POSIX, and glibc needs hours for a row of them. */
static bool repeat_item(struct sizes *sizes, uint64_t copies)
{
    if (sizes->repeated)
        return false;
    sizes->repeated = true;
    return !__builtin_mul_overflow(sizes->item, copies, &sizes->item);
}

static bool add_character(struct sizes *sizes, const char **at)
{

    switch (*(*at)++) {
    case '(':
        return open_group(sizes);
    case ')':
        close_group(sizes);
        return true;
    case '+':
        return repeat_item(sizes, PLUS_COPIES);
    case '*':
    case '?':
        return repeat_item(sizes, EMPTY_WAYS);
    case '{':
        return repeat_item(sizes, read_copies(at));
    case '[':
        *at = skip_bracket(*at);
        *at += **at != '\0';
        next_item(sizes, 1);
        return true;
    case '\\':
        *at += **at != '\0';
        next_item(sizes, 1);
        return true;
    default:
        next_item(sizes, 1);
        return true;
    }
}

bool parse_is_small(const char *expression)
{
    struct sizes sizes = {.depth = 0};

    while (*expression != '\0') {
        if (!add_character(&sizes, &expression) || sizes.item > PARSE_EXPRESSION_MAX ||
            sizes.groups[sizes.depth] > PARSE_EXPRESSION_MAX)
            return false;
    }
    return true;
}

/* Levenshtein's distance, one row of his table at a time. */
unsigned parse_distance(const char *a, const char *b)
{
    unsigned row[PARSE_NAME_MAX + 1];
    unsigned a_length = (unsigned)strnlen(a, PARSE_NAME_MAX);
    unsigned b_length = (unsigned)strnlen(b, PARSE_NAME_MAX);

    for (unsigned j = 0; j <= b_length; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            unsigned above = row[j], added = (above < row[j - 1] ? above : row[j - 1]) + 1;
            unsigned changed = diagonal + (a[i - 1] != b[j - 1]);

            row[j] = added < changed ? added : changed;
            diagonal = above;
        }
    }
    return row[b_length];
}

size_t parse_nearest(const char *name, const char *const *names, size_t count)
{
    size_t nearest = 0;

    for (size_t i = 1; i < count; i++)
        if (parse_distance(name, names[i]) < parse_distance(name, names[nearest]))
            nearest = i;
    return nearest;
}
