/* SPDX-License-Identifier: MIT */
/* Memory that the simulator names in a system call: a wrong address is answered with -EFAULT, as by the
 * kernel, and is no fault of ours. */
#ifndef LIGHTSSS_PRELOAD_BASE_USER_MEMORY_H
#define LIGHTSSS_PRELOAD_BASE_USER_MEMORY_H

#include <stddef.h>

/* Return 0 or -EFAULT. */
int user_read(void *to, long from, size_t size);
int user_write(long to, const void *from, size_t size);

/* A string with its NUL. Returns its length, -EFAULT or -ENAMETOOLONG. */
long user_string(char *to, long from, size_t size);

#endif
