/* SPDX-License-Identifier: MIT */
/* Memory that the simulator names in a system call: a wrong address is answered with -EFAULT, as by the
 * kernel, and is no fault of ours. The same for what a pointer of ours
 * may no longer lead to. */
#ifndef LIGHTSSS_PRELOAD_BASE_USER_MEMORY_H
#define LIGHTSSS_PRELOAD_BASE_USER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_MEMORY_LOWEST 4096 /* nobody may map what is below, unless the machine's owner allows it */

/* A glance, for calls that a testbench makes at every cycle: NULL, small and negative numbers. What looks
 * there before the kernel has would fault in its place. */
static inline bool user_memory_is_nowhere(const void *address)
{
    return (intptr_t)address < USER_MEMORY_LOWEST;
}

/* As much of it as there is. Returns how many bytes, -EFAULT, or another -errno where the kernel refuses. */
long user_memory_peek(void *to, const void *from, size_t size);

/* Return 0 or -EFAULT. */
int user_memory_read(void *to, long from, size_t size);
int user_memory_write(long to, const void *from, size_t size);

/* A string with its NUL. Returns its length, -EFAULT or -ENAMETOOLONG. */
long user_memory_string(char *to, long from, size_t size);

#endif
