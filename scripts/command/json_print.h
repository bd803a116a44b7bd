/* SPDX-License-Identifier: MIT */
/* Strings of JSON on a stream, escaped as in the report. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_JSON_PRINT_H
#define LIGHTSSS_SCRIPTS_COMMAND_JSON_PRINT_H

#include <stddef.h>
#include <stdio.h>

/* With its quotes; NULL: null. */
void json_print_string(FILE *out, const char *string);
void json_print_bytes(FILE *out, const char *bytes, size_t length);

/* `, "KEY_bytes": "..."` as in the report, where the string is not UTF-8: its bytes, %NN for those that
 * belong to no character. Else nothing. In memory of its own; NULL: out of memory. */
char *json_print_more(const char *key, const char *string);

/* A document that another has made: controls in its strings are escaped, so that a terminal shows them. */
void json_print_document(FILE *out, const char *json);

#endif
