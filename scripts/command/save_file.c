/* SPDX-License-Identifier: MIT */
/* See save_file.h. A line is a setting ([timestart] 30), what the signals behind it look like (@28), zoom and
 * markers (*-4.9 42 -1), a comment among the signals (-words), or a signal. */
#include "save_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DUMP   "[dumpfile] \""
#define START  "[timestart] "
#define SHARES 2u /* the marker stands in the middle of what Surfer shows: so it needs twice as much */

static FILE *open_save(const char *path)
{
    return fopen(path, "re");
}

static char *next_line(FILE *file, char **line, size_t *room)
{
    ssize_t length = getline(line, room, file);

    if (length < 0)
        return NULL;
    if (length > 0 && (*line)[length - 1] == '\n')
        (*line)[length - 1] = '\0';
    return *line;
}

static bool is_base_name(const char *quoted, const char *name)
{
    const char *end = strrchr(quoted, '"');
    size_t length = strlen(name);

    if (end == NULL || (size_t)(end - quoted) < length || memcmp(end - length, name, length) != 0)
        return false;
    end -= length;
    return end == quoted || end[-1] == '/';
}

bool save_file_shows(const char *path, const char *name)
{
    FILE *file = open_save(path);
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (file != NULL && !found && next_line(file, &line, &room) != NULL)
        found = strncmp(line, DUMP, strlen(DUMP)) == 0 && is_base_name(line + strlen(DUMP), name);
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

/* "*-4.977280 617283 -1 ...": the second number; false: no marker is set. */
static bool read_marker(const char *line, uint64_t *marker)
{
    const char *number = strchr(line, ' ');

    if (number == NULL || !isdigit((unsigned char)number[1]))
        return false;
    *marker = strtoull(number, NULL, 10);
    return true;
}

/* Surfer knows a signal without the range of its bits, which is a `[31:0]` at its end, and takes a `#` for a
 * comment and a `;` for the end of a command. */
static void add_signal(FILE *commands, const char *name)
{
    const char *range = strrchr(name, '[');
    size_t length = strlen(name);

    if (strpbrk(name, "#; ") != NULL)
        return;
    if (range != NULL && range != name && strchr(range, ':') != NULL && name[length - 1] == ']')
        length = (size_t)(range - name);
    fprintf(commands, "variable_add %.*s\n", (int)length, name);
}

static bool is_signal(const char *line)
{
    return isalpha((unsigned char)*line) || *line == '_' || *line == '$' || *line == '\\';
}

/* It begins with all that there is, and halves what it shows around the middle. Where the cursor is out of
 * sight, it then comes to the middle. */
static void add_zoom(FILE *commands, uint64_t start, uint64_t marker)
{
    uint64_t shown = marker > start ? (marker - start) * SHARES : SHARES;

    for (uint64_t all = marker / 2; all >= shown; all /= 2)
        fprintf(commands, "zoom_in\n");
    fprintf(commands, "cursor_set %" PRIu64 "\n", marker);
}

static void translate(FILE *save, FILE *commands)
{
    uint64_t start = 0, marker = 0;
    bool has_marker = false;
    char *line = NULL;
    size_t room = 0;

    fprintf(commands, "# The view of wave.gtkw, for: surfer --command-file wave.sucl\n");
    while (next_line(save, &line, &room) != NULL)
        if (*line == '*')
            has_marker = read_marker(line, &marker);
        else if (strncmp(line, START, strlen(START)) == 0)
            start = strtoull(line + strlen(START), NULL, 10);
        else if (is_signal(line))
            add_signal(commands, line);
    free(line);
    if (has_marker)
        add_zoom(commands, start, marker);
}

bool save_file_to_surfer(const char *path, FILE *commands)
{
    FILE *save = open_save(path);

    if (save == NULL)
        return false;
    errno = 0;
    translate(save, commands);
    bool is_read = ferror(save) == 0;
    fclose(save);
    return fflush(commands) == 0 && ferror(commands) == 0 && is_read;
}
