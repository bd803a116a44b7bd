/* SPDX-License-Identifier: MIT */
/* Where the kernel refuses the simulator a process or a thread: see refused.h. fork() comes by here with the
 * locks of malloc() and stdio held. */
#define _GNU_SOURCE
#include "refused.h"

#include <errno.h>

#include "../run.h"
#include "../signal_mask.h"
#include "../snapshot/keeper.h"

/* The limit of processes (of a user, of a control group), or of memory where it is strictly accounted. */
static bool is_for_want(int error)
{
    return error == EAGAIN || error == ENOMEM;
}

static bool has_snapshots(void)
{
    return run.role == RUN_ORIGINAL && run_is_self();
}

/* A snapshot that is under way waits for this thread: it must be possible to stop it in keeper_hold(). In the
 * copy it comes out of there, too. */
bool refused_make_room(int error)
{
    if (!is_for_want(error) || !has_snapshots())
        return false;
    keeper_hold();
    uint64_t mask = signal_mask_block_all();
    bool made = has_snapshots() && keeper_give_up_oldest();
    keeper_let_go();
    signal_mask_restore(mask);
    return made;
}
