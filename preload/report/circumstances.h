/* SPDX-License-Identifier: MIT */
/* How the run was started, for the report: a colleague who looks at the failure can start it again. */
#ifndef LIGHTSSS_PRELOAD_REPORT_CIRCUMSTANCES_H
#define LIGHTSSS_PRELOAD_REPORT_CIRCUMSTANCES_H

#include "base/text.h"

#define CIRCUMSTANCES_SIZE ((size_t)40 * 1024) /* that it takes at most */

/* Appends it as a JSON object. In the original, or in the copy that reports in its place. */
void circumstances_append(struct text *json);

#endif
