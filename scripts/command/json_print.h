/* SPDX-License-Identifier: MIT */
/* Strings of JSON on a stream, escaped as in the report. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_JSON_PRINT_H
#define LIGHTSSS_SCRIPTS_COMMAND_JSON_PRINT_H

#include <stddef.h>
#include <stdio.h>

/* With its quotes; NULL: null. */
void json_print_string(FILE *out, const char *string);
void json_print_bytes(FILE *out, const char *bytes, size_t length);

/* A document that another has made: controls in its strings are escaped, so that a terminal shows them. */
void json_print_document(FILE *out, const char *json);

#endif
