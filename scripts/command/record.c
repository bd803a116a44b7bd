/* SPDX-License-Identifier: MIT */
/* Small files, read whole. */
#include "record.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach/doctor_file.h"

static void split(struct record *record)
{
    char *rest = record->text;

    for (char *line; record->count < RECORD_LINES_MAX && (line = strsep(&rest, "\n")) != NULL;)
        if (*line != '\0')
            record->lines[record->count++] = line;
}

static void read_file(struct record *record, const char *directory, const char *name)
{
    char path[4096 + 256];
    size_t size = 0;

    *record = (struct record){0};
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (getdelim(&record->text, &size, '\0', file) < 0) {
        free(record->text);
        record->text = NULL;
    }
    fclose(file);
    if (record->text != NULL)
        split(record);
}

static int how_far(const struct record *record)
{
    if (record->text == NULL)
        return 0;
    if (record_has(record, "rehearsed"))
        return 4;
    if (record_has(record, "rehearsal"))
        return 3;
    return record_has(record, "hook") ? 2 : 1;
}

void record_read(struct record *best, const char *directory)
{
    DIR *files = opendir(directory);
    struct dirent *entry;

    *best = (struct record){0};
    while (files != NULL && (entry = readdir(files)) != NULL) {
        struct record record;
        if (strncmp(entry->d_name, DOCTOR_FILE, strlen(DOCTOR_FILE)) != 0)
            continue;
        read_file(&record, directory, entry->d_name);
        if (how_far(&record) > how_far(best)) {
            record_free(best);
            *best = record;
        } else {
            record_free(&record);
        }
    }
    if (files != NULL)
        closedir(files);
}

bool record_is_rehearsed(const char *directory)
{
    struct record record;

    record_read(&record, directory);
    bool result = record_has(&record, "rehearsed");
    record_free(&record);
    return result;
}

void record_free(struct record *record)
{
    free(record->text);
    *record = (struct record){0};
}

const char *record_next(const struct record *record, const char *key, size_t *at)
{
    size_t length = strlen(key);

    while (*at < record->count) {
        const char *line = record->lines[(*at)++];
        if (strncmp(line, key, length) == 0 && (line[length] == ' ' || line[length] == '\0'))
            return line + length + (line[length] == ' ');
    }
    return NULL;
}

const char *record_value(const struct record *record, const char *key)
{
    size_t at = 0;

    return record_next(record, key, &at);
}

bool record_has(const struct record *record, const char *key)
{
    return record_value(record, key) != NULL;
}

unsigned long long record_number(const struct record *record, const char *key)
{
    const char *value = record_value(record, key);

    return value != NULL ? strtoull(value, NULL, 10) : 0;
}
