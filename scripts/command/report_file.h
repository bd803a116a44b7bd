/* SPDX-License-Identifier: MIT */
/* report.json of a run directory, for what needs single members of it. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_REPORT_FILE_H
#define LIGHTSSS_SCRIPTS_COMMAND_REPORT_FILE_H

#include <jansson.h>

/* Of that directory, which is found as openat() does; the caller's. NULL: there is none that can be read. */
json_t *report_file_load(int at, const char *directory);

#endif
