// SPDX-License-Identifier: MIT
// Time as the testbenches of this folder measure it.
#pragma once
#include <ctime>

static inline double seconds_now()
{
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
