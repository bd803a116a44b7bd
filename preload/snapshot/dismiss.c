/* SPDX-License-Identifier: MIT */
/* See dismiss.h. Killing is quick, dying is not: mostly nobody waits here. */
#define _GNU_SOURCE
#include "snapshot/dismiss.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/kernel.h"
#include "snapshot/burial.h"
#include "snapshot/park.h"

#define TRIES 2000 /* milliseconds */

/* One that does not do as it is told is left: it ends with the original. */
static void await(pid_t pid)
{
    for (unsigned tries = 0; tries < TRIES && !burial_reap(pid); tries++)
        kernel_sleep(1000000);
}

bool dismiss_snapshot(struct shared_slot *slot, bool lingers)
{
    pid_t pid = atomic_load(&slot->pid);
    long r = lingers ? 0 : kernel_kill(pid, SIGKILL);

    if (r < 0 && r != -ESRCH) {
        /* The simulator has given up the rights that the snapshot still has (setuid): ask it. */
        park_command(slot, SLOT_QUIT);
        await(pid);
        return false;
    }
    burial_add(pid);
    return true;
}
