/* SPDX-License-Identifier: MIT */
/* Where the kernel refuses the simulator a process, a thread or memory: see refused.h. fork() comes by here
 * with the locks of malloc() and stdio held, malloc() with its own. */
#define _GNU_SOURCE
#include "interpose/refused.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/signal_mask.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/keeper.h"
#include "snapshot/keeper_lock.h"

/* The limit of processes (of a user, of a control group), or of memory where it is strictly accounted. */
static bool is_for_want(int error)
{
    return error == EAGAIN || error == ENOMEM;
}

static void let_go(uint64_t mask)
{
    keeper_lock_leave();
    signal_mask_restore(mask);
}

/* In the original alone. A snapshot that is under way waits for this thread: it must be possible to stop it
 * where it waits for the keeper. In the copy it comes out of there, too. */
static bool take_hold(bool waits, uint64_t *mask)
{
    if (!role_is_original())
        return false;
    if (waits)
        keeper_lock();
    else if (!keeper_lock_try())
        return false;
    *mask = signal_mask_block_all();
    if (role_is_original())
        return true;
    let_go(*mask);
    return false;
}

static bool give_up_one(bool waits, uint64_t refused_bytes)
{
    uint64_t mask;

    if (!take_hold(waits, &mask))
        return false;
    bool made = keeper_give_up_oldest(refused_bytes);
    let_go(mask);
    return made;
}

bool refused_make_room(int error)
{
    return is_for_want(error) && give_up_one(true, 0);
}

bool refused_again(size_t bytes, int saved_errno)
{
    if (errno != ENOMEM || bytes == 0 || !give_up_one(false, bytes))
        return false;
    errno = saved_errno;
    return true;
}

/* A forked child has the page of its parent until it is an original itself. A replay starts none. */
void refused_note_program(void)
{
    if (run.page != NULL && role_kind() != ROLE_REPLAY)
        atomic_store(&run.page->starts_programs, 1);
}

void refused_before_child(bool is_program)
{
    if (is_program)
        refused_note_program();
    uint64_t mask;
    if (!keeper_must_leave_processes() || !take_hold(false, &mask))
        return;
    keeper_leave_processes();
    let_go(mask);
}
