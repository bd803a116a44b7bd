/* SPDX-License-Identifier: MIT */
/* Small signal stacks: see signal_stack.h. Where there are more than we can keep, there is always one. */
#define _GNU_SOURCE
#include "snapshot/threads/signal_stack.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/auxv.h>

#include "base/kernel.h"

#define KEPT        64u
#define AUXV_FRAME  51u   /* AT_MINSIGSTKSZ: the largest frame that there can be; ... */
#define FRAME_USUAL 4096u /* ... without AMX, of whose threads the kernel itself demands larger stacks */
#define OUR_FRAMES  3072u /* what the handler has on the stack above that */

static _Atomic pid_t small_of[KEPT]; /* thread ids */
static atomic_bool are_too_many;

static bool is_small(size_t size)
{
    size_t frame = getauxval(AUXV_FRAME);

    if (frame == 0 || frame > FRAME_USUAL)
        frame = FRAME_USUAL;
    return size != 0 && size < frame + OUR_FRAMES;
}

static bool replace(pid_t from, pid_t to)
{
    for (unsigned i = 0; i < KEPT; i++) {
        pid_t expected = from;

        if (atomic_compare_exchange_strong(&small_of[i], &expected, to))
            return true;
    }
    return false;
}

void signal_stack_note(size_t size)
{
    pid_t self = kernel_gettid();

    replace(self, 0);
    if (is_small(size) && !replace(0, self))
        atomic_store(&are_too_many, true);
}

bool signal_stack_is_small(pid_t pid, pid_t but)
{
    for (unsigned i = 0; i < KEPT; i++) {
        pid_t of = atomic_load(&small_of[i]);

        if (of != 0 && kernel_tgkill(pid, of, 0) == -ESRCH)
            atomic_compare_exchange_strong(&small_of[i], &of, 0);
        else if (of != 0 && of != but)
            return true;
    }
    return atomic_load(&are_too_many);
}
