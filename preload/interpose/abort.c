/* SPDX-License-Identifier: MIT */
/* abort() itself is seen through SIGABRT. But a SIGABRT handler of the simulator's own may return, and then
 * abort() resets the signal and dies inside libc, where nobody sees it. So its beginning is noted. */
#define _GNU_SOURCE
#include <assert.h>
#include <stdlib.h>

#include "base/next.h"
#include "interpose/signal.h"

void abort(void)
{
    signal_abort_begins();
    signal_abort_comes();
    NEXT(abort)();
    __builtin_unreachable();
}

void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    signal_abort_begins();
    NEXT(__assert_fail)(assertion, file, line, function);
    __builtin_unreachable();
}
