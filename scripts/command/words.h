/* SPDX-License-Identifier: MIT */
/* How the command words what a report says: for the table and for the page alike. Each writes a C string. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_WORDS_H
#define LIGHTSSS_SCRIPTS_COMMAND_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define WORDS_SIZE 128

/* "SIGABRT", "exit 3", "trigger": how the run ended, or which point it was. */
void words_end(char words[WORDS_SIZE], const json_t *report);

/* The eval of the point, where there is one; else of the end. "-": unknown. */
void words_eval(char words[WORDS_SIZE], const json_t *report);

/* Is the replay at work, or was it killed? Of both the report says that it was killed. */
bool words_is_under_way(const json_t *report);
#define WORDS_OR_AT_WORK ", or is still at work"

/* A number by its path; "-": unknown. */
void words_number(char words[WORDS_SIZE], const json_t *report, const char *path);

/* "512", "18.1K", "1.2G": in steps of 1024. */
void words_bytes(char words[WORDS_SIZE], uint64_t bytes);

/* "2026-11-30 01:55", of the place where the command runs. */
void words_when(char words[WORDS_SIZE], time_t when);

#endif
