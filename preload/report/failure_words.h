/* SPDX-License-Identifier: MIT */
/* How the simulator ended, in the words of the first line on stderr, and of what a build server shows. */
#ifndef LIGHTSSS_PRELOAD_REPORT_FAILURE_WORDS_H
#define LIGHTSSS_PRELOAD_REPORT_FAILURE_WORDS_H

#include "base/text.h"
#include "options/end.h"

/* Appends "emu (pid 4242) ends with SIGABRT at eval 29126934, time 29126933". Of a point of a run that goes
 * on: see point_words.h. */
void failure_words_describe(struct text *line, const struct end *end);

#endif
