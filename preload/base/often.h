/* SPDX-License-Identifier: MIT */
/* Variables that the original writes at each snapshot. A snapshot leaves its pages write-protected, and who
 * writes first to one of them pays for a copy of it, many times what the rest of a look takes. Among large
 * arrays each variable would lie in a page of its own; so these lie together. */
#ifndef LIGHTSSS_PRELOAD_BASE_OFTEN_H
#define LIGHTSSS_PRELOAD_BASE_OFTEN_H

#define OFTEN_WRITTEN __attribute__((section(".data.often")))

#endif
