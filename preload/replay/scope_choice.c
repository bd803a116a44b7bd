/* SPDX-License-Identifier: MIT */
/* All here runs inside Verilator's open() of a tracer. */
#define _GNU_SOURCE
#include "replay/scope_choice.h"

#include <string.h>

#include "base/kernel.h"
#include "base/text.h"
#include "replay/scope_names.h"
#include "run/notes.h"
#include "run/run.h"
#include "run/run_directory.h"

#define SCOPE_SIZE 1024u
#define LIST_SIZE  8192u

static struct scope_names names;
static const char *list_name; /* NULL: no list is wanted */
static int list_fd = -1;
static char list_bytes[LIST_SIZE];
static struct text list;
static char scope_before[SCOPE_SIZE];

/* --- the list --- */

static void write_list(void)
{
    if (list.length > 0)
        kernel_write(list_fd, list.bytes, list.length);
    list = text_in(list_bytes, sizeof list_bytes);
}

static void begin_list(void)
{
    list = text_in(list_bytes, sizeof list_bytes);
    scope_before[0] = '\0';
    if (list_fd < 0)
        list_fd = run_directory_create(list_name);
}

/* Signals of one scope are declared one after the other: what is new against the last one is listed. */
static void list_scope(const char *declared, size_t length)
{
    char bytes[SCOPE_SIZE];
    struct text scope = text_in(bytes, sizeof bytes);
    const char *end = memrchr(declared, ' ', length);
    size_t same = 0;

    scope_names_show(&scope, declared, end == NULL ? 0 : (size_t)(end - declared));
    if (strcmp(bytes, scope_before) == 0)
        return;
    while (bytes[same] != '\0' && bytes[same] == scope_before[same])
        same++;
    for (size_t i = same; i <= scope.length; i++)
        if (i > 0 && (bytes[i] == '.' || bytes[i] == '\0') &&
            !(i == same && (scope_before[i] == '.' || scope_before[i] == '\0'))) {
            if (list.length + i + 1 > list.size - 1)
                write_list();
            text_format(&list, "%.*s\n", (int)i, bytes);
        }
    memcpy(scope_before, bytes, sizeof bytes);
}

/* --- what the hooks ask --- */

static bool is_asked_for(void)
{
    return run.options.scope != NULL || run.options.depth != 0;
}

static void begin(void)
{
    scope_names_begin(&names, run.options.scope, (unsigned)run.options.depth);
    if (list_name != NULL)
        begin_list();
}

static void see(const char *name, size_t length)
{
    if (list_name != NULL)
        list_scope(name, length);
    if (is_asked_for())
        scope_names_see(&names, name, length);
}

static void note_problems(void)
{
    char bytes[SHARED_NOTE_SIZE];

    for (size_t i = 0; i <= names.count; i++) {
        struct text line = text_in(bytes, sizeof bytes);
        if (scope_names_problem(&names, i, &line))
            notes_add("%s", bytes);
    }
}

static bool again(void)
{
    if (list_name != NULL)
        write_list();
    if (!is_asked_for())
        return false;
    if (scope_names_again(&names))
        return true;
    note_problems();
    return false;
}

static bool chosen(size_t index, struct hooks_wave_scope *scope)
{
    static char name[SCOPE_NAMES_POOL];

    if (!is_asked_for() || !scope_names_chosen(&names, index, name, sizeof name, &scope->levels))
        return false;
    scope->name = name;
    return true;
}

static void cannot(const char *why)
{
    bool is_depth = run.options.scope == NULL && run.options.depth != 0;

    notes_add("%s%s: everything is dumped", is_depth ? NOTES_DEPTH : NOTES_SCOPE, why);
}

const struct hooks_wave_choice *scope_choice(void)
{
    static const struct hooks_wave_choice choice = {begin, see, again, chosen, cannot};

    return is_asked_for() || list_name != NULL ? &choice : NULL;
}

void scope_choice_list(const char *file)
{
    list_name = file;
}
