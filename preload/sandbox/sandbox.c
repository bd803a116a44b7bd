/* SPDX-License-Identifier: MIT */
/* Puts up the walls: see sandbox.h. The filter comes last: from then on SIGSYS must be open, and its handler
 * and all that it needs must be there. */
#define _GNU_SOURCE
#include "sandbox/sandbox.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/signal_mask.h"
#include "run/notes.h"
#include "sandbox/call_table.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"
#include "sandbox/moved_back.h"
#include "sandbox/place.h"
#include "sandbox/signals.h"
#include "sandbox/trap.h"

static bool has_filter;

static int enter_filter(void)
{
    signal_mask_never = UINT64_C(1) << (SIGSYS - 1) | UINT64_C(1) << (SIGTRAP - 1);
    signals_open();
    int r = trap_install(call_table_answer);
    if (r == 0)
        r = kernel_sigprocmask(SIG_UNBLOCK, &signal_mask_never, NULL);
    return r < 0 ? r : filter_install();
}

/* Without new rights by exec both walls can be had by everybody; a replay starts no programs anyway. */
void sandbox_enter(uint64_t taken_ns)
{
    place_prepare(clock_wall_ns(taken_ns));
    moved_back();
    raw_syscall5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int second = landlock_enter();
    int first = enter_filter();
    has_filter = first >= 0;
    if (second < 0)
        log_line(LOG_DEBUG, "the replay is not held by Landlock: %s", strerrorname_np(-second));
    if (first < 0)
        log_line(LOG_DEBUG, "the replay is not held by seccomp: %s", strerrorname_np(-first));
    if (first < 0)
        notes_add(second < 0
                      ? "there was no sandbox: what the replay wrote, started, sent and signalled was real"
                      : "the sandbox had no seccomp: what the replay opened for writing was refused, what it "
                        "started and sent was real");
}

bool sandbox_sees_names(void)
{
    return has_filter;
}
