/* SPDX-License-Identifier: MIT */
/* Members of a report by their path. A report may have been edited, or be of another release: what is not
 * there, and what is of another type, is unknown. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_FIELDS_H
#define LIGHTSSS_SCRIPTS_COMMAND_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* path: "end.kind". Each returns NULL or false where that is unknown. */
const json_t *fields_find(const json_t *json, const char *path);
const char *fields_text(const json_t *json, const char *path);
bool fields_number(const json_t *json, const char *path, uint64_t *value);
bool fields_real(const json_t *json, const char *path, double *value); /* with a point or without */

#endif
