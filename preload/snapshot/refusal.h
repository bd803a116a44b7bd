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

/* clone() has failed: which limit that was, as far as it can be seen now, or what to do. */
void refusal_remedy(struct text *text, int error);

#endif
