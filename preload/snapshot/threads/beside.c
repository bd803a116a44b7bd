/* SPDX-License-Identifier: MIT */
/* A thread for a moment: see beside.h. No process, so that there is nobody to wait for and nothing to be
 * accounted to the simulator's children. */
#define _GNU_SOURCE
#include "snapshot/threads/beside.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/signal_mask.h"
#include "snapshot/threads/clone_processor.h"

#define STACK_SIZE ((size_t)32 << 10)
#define GUARD_SIZE ((size_t)4096)
#define YIELDS     16u /* then the machine is busy, or its priority is low */
#define PAUSE_NS   (MILLISECOND_NS / 50)

/* Not CLONE_FILES. A debugger would stop at it. */
#define FLAGS                                                                                                \
    (CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID |             \
     CLONE_UNTRACED)

/* The kernel clears the word when the thread is gone, and wakes as for any process. */
static void wait_for(uint32_t *word)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != 0)
        kernel_futex(word, FUTEX_WAIT, 1, 0);
}

/* Only then are its copies of descriptors closed, and the locks and leases free that hang on them; nor is it
 * among the threads of the process any more. */
static void wait_until_gone(pid_t thread)
{
    const pid_t process = kernel_getpid();

    for (unsigned i = 0; kernel_tgkill(process, thread, 0) == 0; i++)
        if (i < YIELDS)
            kernel_sched_yield();
        else
            kernel_sleep(PAUSE_NS);
}

int beside_run(void (*function)(void *argument), void *argument)
{
    const long stack = kernel_mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint32_t word = 1;

    if (stack < 0 && stack > -4096)
        return (int)stack;
    kernel_mprotect((void *)stack, GUARD_SIZE, PROT_NONE);
    uint64_t mask = signal_mask_block_all();
    long r = mask == SIGNAL_MASK_UNKNOWN
                 ? -EAGAIN
                 : clone_call(FLAGS, (char *)stack + GUARD_SIZE + STACK_SIZE, &word, function, argument);
    if (r > 0) {
        wait_for(&word);
        wait_until_gone((pid_t)r);
    }
    signal_mask_restore(mask);
    kernel_munmap((void *)stack, GUARD_SIZE + STACK_SIZE);
    return r < 0 ? (int)r : 0;
}
