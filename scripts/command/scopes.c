/* SPDX-License-Identifier: MIT */
/* Read before the temporary directory goes, printed after. */
#include "scopes.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach/doctor_file.h"
#include "base/text.h"

static char *text;
static char **lines;
static size_t count;

static FILE *open_list(const char *directory)
{
    DIR *runs = opendir(directory);
    const struct dirent *run;
    char path[3 * PATH_MAX];
    FILE *file = NULL;

    while (runs != NULL && file == NULL && (run = readdir(runs)) != NULL) {
        snprintf(path, sizeof path, "%s/%s/" DOCTOR_LIST, directory, run->d_name);
        file = run->d_name[0] != '.' ? fopen(path, "re") : NULL;
    }
    if (runs != NULL)
        closedir(runs);
    return file;
}

static void split(void)
{
    size_t room = 1;

    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        room++;
    lines = calloc(room, sizeof *lines);
    for (char *rest = text, *line; lines != NULL && (line = strsep(&rest, "\n")) != NULL;)
        if (*line != '\0' && count < room)
            lines[count++] = line;
}

bool scopes_read(const char *directory)
{
    FILE *file = open_list(directory);
    size_t size = 0;

    if (file == NULL)
        return false;
    if (getdelim(&text, &size, '\0', file) > 0)
        split();
    fclose(file);
    return count > 0;
}

/* A part stands in front of what is below it: TOP.a, TOP.a.b, TOP.a0. */
static int compare(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;

    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    unsigned first = *a == '.' ? 1 : (unsigned char)*a, second = *b == '.' ? 1 : (unsigned char)*b;
    return first < second ? -1 : first > second;
}

void scopes_print(void)
{
    const char *before = "";

    qsort(lines, count, sizeof *lines, compare);
    for (size_t i = 0; i < count; i++) {
        text_hide_controls(lines[i], strlen(lines[i]));
        if (strcmp(lines[i], before) != 0)
            puts(lines[i]);
        before = lines[i];
    }
    free(lines);
    free(text);
    lines = NULL;
    text = NULL;
    count = 0;
}
