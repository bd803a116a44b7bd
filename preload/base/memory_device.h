/* SPDX-License-Identifier: MIT */
/* /dev/null and its like, which keep nothing that somebody else would notice. */
#ifndef LIGHTSSS_PRELOAD_BASE_MEMORY_DEVICE_H
#define LIGHTSSS_PRELOAD_BASE_MEMORY_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/sysmacros.h>
#include <sys/types.h>

struct memory_device {
    const char *path;
    unsigned minor;
    bool answers_same; /* always: what is read need not be recorded. It may be written to, too */
};

static const struct memory_device memory_devices[] = {
    {"/dev/null", 3, true},    {"/dev/zero", 5, true},     {"/dev/full", 7, true},
    {"/dev/random", 8, false}, {"/dev/urandom", 9, false},
};

#define MEMORY_DEVICES      (sizeof memory_devices / sizeof *memory_devices)
#define MEMORY_DEVICE_MAJOR 1

/* NULL: it is none of them. */
static inline const struct memory_device *memory_device_find(dev_t device)
{
    for (size_t i = 0; i < MEMORY_DEVICES; i++)
        if (device == makedev(MEMORY_DEVICE_MAJOR, memory_devices[i].minor))
            return &memory_devices[i];
    return NULL;
}

#endif
