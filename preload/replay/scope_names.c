/* SPDX-License-Identifier: MIT */
/* Names of Verilator's tracers have a space between their parts, and may have a byte above 127 behind a part,
 * which tells what kind of scope it is. Users write dots, and may leave out the part that stands for the
 * model itself. */
#include "replay/scope_names.h"

#include <limits.h>
#include <string.h>

#include "options/parse.h"
#include "run/notes.h"

#define ASKED_SHOWN 32u   /* bytes of a name that the user knows */
#define SEEN_SIZE   1024u /* of a name that may be the nearest */
#define ROOT        "$rootio"

/* --- what was asked for --- */

/* Viewers show the width of a signal behind its name: "data[31:0]". */
static size_t without_width(const char *text, size_t length)
{
    size_t at = length;

    if (at == 0 || text[--at] != ']')
        return length;
    while (at > 0 && (text[at - 1] == ':' || (text[at - 1] >= '0' && text[at - 1] <= '9')))
        at--;
    bool is_width = at > 0 && text[at - 1] == '[' && memchr(text + at, ':', length - at) != NULL;
    return is_width ? at - 1 : length;
}

static void ask(struct scope_names *names, const char *text, size_t length)
{
    struct scope_name *name = &names->names[names->count];

    if (length == 0 || names->count == OPTIONS_SCOPES_MAX)
        return;
    *name = (struct scope_name){.text = text, .length = without_width(text, length), .distance = UINT_MAX};
    names->count++;
}

void scope_names_begin(struct scope_names *names, const char *value, unsigned levels)
{
    names->levels = levels;
    names->count = names->found_count = names->pool_length = 0;
    names->is_crowded = names->is_rootless = names->seeks = false;
    while (value != NULL) {
        size_t length = strcspn(value, ",");
        ask(names, value, length);
        value = value[length] == ',' ? value + length + 1 : NULL;
    }
}

/* --- what is declared --- */

static bool is_kind(char byte)
{
    return ((unsigned char)byte & 0x80) != 0;
}

/* Old releases write (0) into a waveform for what is [0] to the tracer. */
static char plain(char byte)
{
    return byte == ' ' ? '.' : byte == '(' ? '[' : byte == ')' ? ']' : byte;
}

/* How much of what is declared is this name, whole parts of it; 0: it is another one. */
static size_t match(const char *declared, size_t length, const struct scope_name *name)
{
    size_t at = 0, i = 0;

    for (; at < length && (i < name->length || is_kind(declared[at])); at++)
        if (!is_kind(declared[at]) && plain(declared[at]) != plain(name->text[i++]))
            return 0;
    return i == name->length && (at == length || declared[at] == ' ') ? at : 0;
}

static size_t first_part(const char *declared, size_t length)
{
    const char *space = memchr(declared, ' ', length);

    return space == NULL ? length : (size_t)(space - declared);
}

static unsigned levels_of(const char *rest, size_t length)
{
    unsigned levels = 0;

    for (size_t i = 0; i < length; i++)
        levels += rest[i] == ' ';
    return levels;
}

static bool is_found(const struct scope_names *names, size_t index, bool is_whole, const char *text,
                     size_t length)
{
    for (size_t i = names->found_count; i-- > 0;) {
        const struct scope_found *found = &names->found[i];
        if (found->name == index && found->is_whole == is_whole && found->length == length &&
            memcmp(names->pool + found->at, text, length) == 0)
            return true;
    }
    return false;
}

static void add_found(struct scope_names *names, size_t index, bool is_whole, const char *text, size_t length)
{
    if (is_found(names, index, is_whole, text, length))
        return;
    if (names->found_count == SCOPE_NAMES_FOUND || length > sizeof names->pool - names->pool_length) {
        names->is_crowded = true;
        return;
    }
    names->found[names->found_count++] =
        (struct scope_found){(uint32_t)index, (uint32_t)names->pool_length, (uint32_t)length, is_whole};
    memcpy(names->pool + names->pool_length, text, length);
    names->pool_length += length;
}

/* A name that is there as a whole is not looked for behind the first part. */
static void count(struct scope_name *name, bool is_whole, bool is_near, bool has_dot)
{
    if (is_whole && !name->is_whole) {
        name->is_whole = true;
        name->found = name->signals = 0;
        name->has_dot = false;
    }
    if (is_whole != name->is_whole)
        return;
    name->found++;
    name->signals += is_near;
    name->has_dot = name->has_dot || has_dot;
}

static void look(struct scope_names *names, size_t index, const char *declared, size_t length)
{
    struct scope_name *name = &names->names[index];
    size_t first = first_part(declared, length) + 1;
    size_t end = match(declared, length, name);
    bool is_whole = end != 0;

    if (!is_whole && first < length)
        end = match(declared + first, length - first, name);
    if (end == 0)
        return;
    end += is_whole ? 0 : first;
    bool is_near = names->levels == 0 || levels_of(declared + end, length - end) <= names->levels;
    count(name, is_whole, is_near, memchr(declared, '.', end) != NULL);
    add_found(names, index, is_whole, declared, end);
}

/* Without LIGHTSSS_SCOPE levels are counted from the top module, which is one below the model's own part. */
static unsigned root_levels(const struct scope_names *names, const char *root, size_t length)
{
    bool is_module = names->is_rootless && !(length == strlen(ROOT) && memcmp(root, ROOT, length) == 0);

    return names->levels + !is_module;
}

static void look_at_root(struct scope_names *names, const char *declared, size_t length)
{
    size_t end = first_part(declared, length);
    struct scope_name *all = &names->names[0];

    if (names->found_count == 0)
        *all = (struct scope_name){.is_whole = true};
    names->is_rootless = names->is_rootless || (end == strlen(ROOT) && memcmp(declared, ROOT, end) == 0);
    if (end == 0)
        all->has_dot = true; /* of a model without a name, in old releases: it cannot be named */
    count(all, true, levels_of(declared + end, length - end) <= root_levels(names, declared, end), false);
    add_found(names, 0, true, declared, end);
}

/* --- what is nearest --- */

static void keep_end(char *kept, size_t most, const char *text, size_t length)
{
    size_t left = length > most ? most - 3 : length;
    struct text line = text_in(kept, most + 1);

    if (left < length)
        text_append(&line, "...", 3);
    text_append(&line, text + length - left, left);
}

/* Names of one model begin alike. */
static unsigned distance(const char *asked, size_t asked_length, const char *shown, size_t length)
{
    char ends[2][PARSE_NAME_MAX + 1];
    size_t same = 0;
    unsigned more;

    while (same < asked_length && same < length && asked[same] == shown[same])
        same++;
    asked_length -= same;
    length -= same;
    more = (unsigned)(asked_length > length ? asked_length - length : length - asked_length);
    if (asked_length > PARSE_NAME_MAX || length > PARSE_NAME_MAX)
        return more > PARSE_NAME_MAX ? more : PARSE_NAME_MAX;
    memcpy(ends[0], asked + same, asked_length);
    memcpy(ends[1], shown + same, length);
    ends[0][asked_length] = ends[1][length] = '\0';
    return parse_distance(ends[0], ends[1]);
}

/* Who leaves out what is in front of an instance means it, and not a short name with other letters. */
static bool is_end_of(const struct scope_name *name, const char *shown, size_t length)
{
    size_t front = length > name->length ? length - name->length : 0;

    return front > 0 && shown[front - 1] == '.' && memcmp(shown + front, name->text, name->length) == 0;
}

static void compare(struct scope_name *name, const char *shown, size_t length)
{
    size_t more = name->length > length ? name->length - length : length - name->length;
    unsigned found = 0;

    if (name->distance == 0)
        return;
    if (!is_end_of(name, shown, length) &&
        (more >= name->distance ||
         (found = distance(name->text, name->length, shown, length)) >= name->distance))
        return;
    name->distance = found;
    keep_end(name->nearest, SCOPE_NAMES_SHOWN, shown, length);
}

/* The signal, and every part of the hierarchy that it is in. */
static void seek(struct scope_name *name, const char *declared, size_t length)
{
    char bytes[SEEN_SIZE];
    struct text text = text_in(bytes, sizeof bytes);

    scope_names_show(&text, declared, length);
    size_t first = strcspn(bytes, ".") + 1;
    for (size_t end = text.length; end > 0; end--) {
        if (end < text.length && bytes[end] != '.')
            continue;
        compare(name, bytes, end);
        if (end > first)
            compare(name, bytes + first, end - first);
    }
}

bool scope_names_again(struct scope_names *names)
{
    bool was_sought = names->seeks;

    for (size_t i = 0; i < names->count; i++)
        if (names->names[i].found == 0)
            names->seeks = true;
    return names->seeks && !was_sought;
}

void scope_names_see(struct scope_names *names, const char *declared, size_t length)
{
    if (names->count == 0)
        look_at_root(names, declared, length);
    for (size_t i = 0; i < names->count; i++)
        if (!names->seeks)
            look(names, i, declared, length);
        else if (names->names[i].found == 0)
            seek(&names->names[i], declared, length);
}

/* --- what came of it --- */

static bool is_meant(const struct scope_names *names, const struct scope_found *found)
{
    return found->is_whole == names->names[found->name].is_whole;
}

static bool is_sound(const struct scope_names *names)
{
    char bytes[1];
    struct text ignored = text_in(bytes, sizeof bytes);

    for (size_t i = 0; i <= names->count; i++)
        if (scope_names_problem(names, i, &ignored))
            return false;
    return true;
}

bool scope_names_chosen(const struct scope_names *names, size_t index, char *declared, size_t size,
                        unsigned *levels)
{
    if (!is_sound(names))
        return false;
    for (size_t i = 0; i < names->found_count; i++) {
        const struct scope_found *found = &names->found[i];
        if (!is_meant(names, found) || index-- > 0)
            continue;
        struct text text = text_in(declared, size);
        text_append(&text, names->pool + found->at, found->length);
        *levels = names->count > 0 ? names->levels : root_levels(names, declared, found->length);
        return !text.cut;
    }
    return false;
}

static void say_missing(const struct scope_name *name, struct text *line)
{
    char shown[ASKED_SHOWN + 1];

    keep_end(shown, ASKED_SHOWN, name->text, name->length);
    text_format(line, NOTES_SCOPE "there is no %s", shown);
    if (name->distance != UINT_MAX)
        text_format(line, ", the nearest is %s", name->nearest);
}

static bool say_problem(const struct scope_name *name, struct text *line)
{
    char shown[ASKED_SHOWN + 1];

    keep_end(shown, ASKED_SHOWN, name->text, name->length);
    if (name->found == 0)
        say_missing(name, line);
    else if (name->has_dot)
        text_format(line, NOTES_SCOPE "Verilator takes the dot in a name of %s for its end", shown);
    else if (name->signals == 0)
        text_format(line, NOTES_DEPTH "so near below %s there is no signal", shown);
    else
        return false;
    return true;
}

/* Without LIGHTSSS_SCOPE. */
static bool say_root_problem(const struct scope_names *names, struct text *line)
{
    if (names->found_count == 0)
        text_format(line, NOTES_DEPTH "no signal is declared");
    else if (names->names[0].has_dot)
        text_format(line, NOTES_DEPTH "the model has no name");
    else if (names->names[0].signals == 0)
        text_format(line, NOTES_DEPTH "there is no signal in so few levels");
    else
        return false;
    return true;
}

bool scope_names_problem(const struct scope_names *names, size_t index, struct text *line)
{
    bool is_wrong = false;

    if (index < names->count)
        is_wrong = say_problem(&names->names[index], line);
    else if (index == names->count && names->is_crowded)
        text_format(line, NOTES_SCOPE "too many names are declared that are meant");
    else if (index == names->count && names->count == 0)
        is_wrong = say_root_problem(names, line);
    is_wrong = is_wrong || (index == names->count && names->is_crowded);
    if (is_wrong)
        text_format(line, ": everything is dumped");
    return is_wrong;
}

void scope_names_show(struct text *text, const char *declared, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_kind(declared[i]))
            text_append(text, declared[i] == ' ' ? "." : &declared[i], 1);
}
