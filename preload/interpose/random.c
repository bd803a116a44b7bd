/* SPDX-License-Identifier: MIT */
/* Random numbers that come from outside: of libc, and std::random_device where libstdc++ is a shared library
 * (linked statically it asks the processor where nobody can see it). /dev/urandom is a descriptor. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "interpose/libc.h"
#include "record/world.h"

static ssize_t (*libc_getrandom)(void *bytes, size_t size, unsigned flags);
static int (*libc_getentropy)(void *bytes, size_t size);
static uint32_t (*libc_arc4random)(void);
static void (*libc_arc4random_buf)(void *bytes, size_t size);
static unsigned (*device_getval)(void *device);

static int64_t answer(enum world_call call, int64_t result, void *bytes, size_t size)
{
    return world_answer(INPUT_RANDOM, world_key(call, 0), result, (struct world_bytes){bytes, size});
}

static ssize_t on_getrandom(void *bytes, size_t size, unsigned flags)
{
    ssize_t r = libc_getrandom(bytes, size, flags);

    return answer(WORLD_GETRANDOM, r, bytes, r > 0 ? (size_t)r : 0);
}

static int on_getentropy(void *bytes, size_t size)
{
    int r = libc_getentropy(bytes, size);

    return (int)answer(WORLD_GETENTROPY, r, bytes, r == 0 ? size : 0);
}

static uint32_t on_arc4random(void)
{
    return (uint32_t)answer(WORLD_ARC4RANDOM, libc_arc4random(), NULL, 0);
}

/* arc4random_uniform() comes by here. */
static void on_arc4random_buf(void *bytes, size_t size)
{
    libc_arc4random_buf(bytes, size);
    answer(WORLD_ARC4RANDOM_BUF, 0, bytes, size);
}

/* Of old programs too: their _M_getval_pretr1() comes by here. */
static unsigned on_getval(void *device)
{
    return (unsigned)answer(WORLD_RANDOM_DEVICE, device_getval(device), NULL, 0);
}

const struct libc_hook random_hooks[] = {
    {"getrandom", (void *)on_getrandom, (void **)&libc_getrandom},
    {"getentropy", (void *)on_getentropy, (void **)&libc_getentropy},
    {"arc4random", (void *)on_arc4random, (void **)&libc_arc4random},
    {"arc4random_buf", (void *)on_arc4random_buf, (void **)&libc_arc4random_buf},
};
const size_t random_hooks_count = sizeof random_hooks / sizeof *random_hooks;

const struct libc_hook random_device_hooks[] = {
    {"_ZNSt13random_device9_M_getvalEv", (void *)on_getval, (void **)&device_getval},
};
const size_t random_device_hooks_count = sizeof random_device_hooks / sizeof *random_device_hooks;
