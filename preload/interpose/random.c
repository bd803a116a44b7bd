/* SPDX-License-Identifier: MIT */
/* Random numbers that come from outside: of libc, and std::random_device where libstdc++ is a shared library
 * (linked statically it asks the processor where nobody can see it). /dev/urandom is a descriptor. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "interpose/libc_hook.h"
#include "record/answer.h"

static ssize_t (*libc_getrandom)(void *bytes, size_t size, unsigned flags);
static int (*libc_getentropy)(void *bytes, size_t size);
static uint32_t (*libc_arc4random)(void);
static void (*libc_arc4random_buf)(void *bytes, size_t size);
static unsigned (*device_getval)(void *device);

static int64_t answer(enum answer_group call, int64_t result, void *bytes, size_t size)
{
    return answer_replaced(TAPE_RANDOM, answer_key(call, 0), result, bytes, size);
}

static ssize_t on_getrandom(void *bytes, size_t size, unsigned flags)
{
    ssize_t r = libc_getrandom(bytes, size, flags);

    return answer(ANSWER_GETRANDOM, r, bytes, r > 0 ? (size_t)r : 0);
}

static int on_getentropy(void *bytes, size_t size)
{
    int r = libc_getentropy(bytes, size);

    return (int)answer(ANSWER_GETENTROPY, r, bytes, r == 0 ? size : 0);
}

static uint32_t on_arc4random(void)
{
    return (uint32_t)answer(ANSWER_ARC4RANDOM, libc_arc4random(), NULL, 0);
}

/* arc4random_uniform() comes by here. */
static void on_arc4random_buf(void *bytes, size_t size)
{
    libc_arc4random_buf(bytes, size);
    answer(ANSWER_ARC4RANDOM_BUF, 0, bytes, size);
}

/* Of old programs too: their _M_getval_pretr1() comes by here. */
static unsigned on_getval(void *device)
{
    return (unsigned)answer(ANSWER_RANDOM_DEVICE, device_getval(device), NULL, 0);
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("getrandom", on_getrandom, libc_getrandom),
    LIBC_HOOK("getentropy", on_getentropy, libc_getentropy),
    LIBC_HOOK("arc4random", on_arc4random, libc_arc4random),
    LIBC_HOOK("arc4random_buf", on_arc4random_buf, libc_arc4random_buf),
};
const struct libc_hooks random_hooks = LIBC_HOOKS(rows);

static const struct libc_hook random_device_rows[] = {
    LIBC_HOOK("_ZNSt13random_device9_M_getvalEv", on_getval, device_getval),
};
const struct libc_hooks random_device_hooks = LIBC_HOOKS(random_device_rows);
