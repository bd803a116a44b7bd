/* SPDX-License-Identifier: MIT */
/* Memory for what is found and has to stay: models, objects, patches. It is not the simulator's heap, it
 * never moves, and nothing of it is ever given back. Async-signal-safe but for its lock, which is held for a
 * few instructions. */
#ifndef LIGHTSSS_HOOKS_ELF_STOCK_H
#define LIGHTSSS_HOOKS_ELF_STOCK_H

#include <stddef.h>

/* Zeroed, for any type. NULL: the kernel refuses more. */
void *stock_take(size_t size);

/* Pages of their own, zeroed, for munmap(). NULL: as above. */
void *stock_map(size_t size);

/* In a child that the simulator forked: no other thread is at work here. */
void stock_forked(void);

#endif
