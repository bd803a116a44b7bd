/* SPDX-License-Identifier: MIT */
/* Why a snapshot could not be taken: the words, and when they are said. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_REFUSAL_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_REFUSAL_H

#include <stdbool.h>

#include "base/text.h"
#include "snapshot/take.h"

/* In an original, before its first snapshot. */
void refusal_begin(void);

/* Says it once: at once where no other try can help, else when several in a row have failed, because a busy
 * machine is no news. error: -errno. Returns false where there is no point in trying again. */
bool refusal_explain(const struct take *take, int error);

/* One was taken. */
void refusal_over(void);

/* Where none was ever taken. 0: none was tried; -errno of the last try. What was the matter where the threads
 * would not stop, else "". And all of it in words, for a failure's report. */
int refusal_error(void);
const char *refusal_problem(void);
void refusal_describe(struct text *text);

#endif
