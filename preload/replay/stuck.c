/* SPDX-License-Identifier: MIT */
/* See stuck.h. A thread that waits for the disk gets no signal meanwhile, so that time alone says nothing:
 * signals are counted. Another thread may compress what this one waits for: so the time of all of them
 * counts. */
#define _GNU_SOURCE
#include "replay/stuck.h"

#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "snapshot/threads/threads_signal.h"

#define TICK_NS    100000000
#define TICKS      20u                      /* without work: it is stuck */
#define AT_WORK_NS (TICK_NS / UINT64_C(50)) /* of processor time in one tick; the tick itself takes some */

static uint64_t used_ns; /* processor time at the last tick */
static unsigned idle_ticks;

void stuck_watch(void)
{
    const uint64_t own_signal = UINT64_C(1) << (THREADS_SIGNAL - 1);
    const int timer = kernel_timer_create(THREADS_SIGNAL);

    if (timer < 0)
        return;
    kernel_sigprocmask(SIG_UNBLOCK, &own_signal, NULL);
    kernel_timer_tick(timer, TICK_NS);
}

bool stuck_look(void)
{
    uint64_t now_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID);

    idle_ticks = now_ns < used_ns + AT_WORK_NS ? idle_ticks + 1 : 0;
    used_ns = now_ns;
    return idle_ticks >= TICKS;
}
