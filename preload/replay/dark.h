/* SPDX-License-Identifier: MIT */
/* Before its window a replay runs in the dark: no eval is announced by itself. Now and then it looks all the
 * same: who waits is to see how far it is, and files of its own are to be kept. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_DARK_H
#define LIGHTSSS_PRELOAD_REPLAY_DARK_H

#include <stdint.h>

/* In so many evals the next one is due that anybody wants; returns a smaller number where a look comes before
 * it. */
uint64_t dark_due(uint64_t evals);

#endif
