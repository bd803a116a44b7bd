/* SPDX-License-Identifier: MIT */
/* The files of the replay's own that are kept, for the report. */
#ifndef LIGHTSSS_PRELOAD_REPORT_FILE_LIST_H
#define LIGHTSSS_PRELOAD_REPORT_FILE_LIST_H

#include "base/text.h"

/* So many bytes of JSON at most. */
#define FILE_LIST_SIZE ((size_t)64 * 1024)

/* Appends a JSON array; what is not there is left out, and so is what has no room. */
void file_list_append(struct text *json);

#endif
