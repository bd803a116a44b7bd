/* SPDX-License-Identifier: MIT */
/* What the library wrote down in a process that the doctor started; the form of the lines is in
 * preload/attach/doctor_file.h. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_RECORD_H
#define LIGHTSSS_SCRIPTS_COMMAND_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#define RECORD_LINES_MAX 400

struct record {
    char *text;                    /* NULL: there is none */
    char *lines[RECORD_LINES_MAX]; /* into it */
    size_t count;
};

/* Reads the record in this directory that got furthest: rehearsed, else a model found, else any. */
void record_read(struct record *record, const char *directory);

/* Is there one in the directory that has been through its rehearsal? */
bool record_is_rehearsed(const char *directory);

void record_free(struct record *record);

/* The value of the next line with that key from *at on (begin with 0), NULL: there is none. */
const char *record_next(const struct record *record, const char *key, size_t *at);

/* Of the first; NULL. */
const char *record_value(const struct record *record, const char *key);
bool record_has(const struct record *record, const char *key);

/* The value is a number; 0 where there is none. */
unsigned long long record_number(const struct record *record, const char *key);

#endif
