/* SPDX-License-Identifier: MIT */
/* Arithmetic of amounts and times, which saturates: clocks may stand still or step back, and what is set to
 * no limit is UINT64_MAX. */
#ifndef LIGHTSSS_PRELOAD_BASE_U64_H
#define LIGHTSSS_PRELOAD_BASE_U64_H

#include <stdint.h>

static inline uint64_t u64_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t u64_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t u64_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint64_t u64_difference(uint64_t later, uint64_t earlier)
{
    return later > earlier ? later - earlier : 0;
}

static inline uint64_t u64_product(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* value * by / from; UINT64_MAX where it does not fit or from is 0. */
static inline uint64_t u64_scaled(uint64_t value, uint64_t by, uint64_t from)
{
    unsigned __int128 product = (unsigned __int128)value * by;

    return from == 0 || product / from > UINT64_MAX ? UINT64_MAX : (uint64_t)(product / from);
}

#endif
