/* SPDX-License-Identifier: MIT */
/* The stack for the end of the process: see stack.h. Untouched pages of it cost nothing. */
#define _GNU_SOURCE
#include "base/stack.h"

#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"

#define STACK_SIZE ((size_t)1 << 20)
#define GUARD_SIZE ((size_t)4096)

static char *lowest; /* NULL: not mapped */

struct call {
    void (*function)(void *argument);
    void *argument;
    stack_t before;
};

char *stack_map(size_t size)
{
    char *memory = mmap(NULL, size + GUARD_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    mprotect(memory, GUARD_SIZE, PROT_NONE);
    return memory + GUARD_SIZE;
}

void stack_unmap(char *stack, size_t size)
{
    munmap(stack - GUARD_SIZE, size + GUARD_SIZE);
}

void stack_prepare(void)
{
    if (lowest == NULL)
        lowest = stack_map(STACK_SIZE);
}

/* The kernel lets nobody change the alternate stack that is in use: so it is changed when we have left the
 * simulator's, and put back when we have left ours. */
static void call_there(void *argument)
{
    struct call *call = argument;
    const stack_t ours = {.ss_sp = lowest, .ss_size = STACK_SIZE};

    raw_syscall2(SYS_sigaltstack, &ours, &call->before);
    call->function(call->argument);
}

void stack_run(void (*function)(void *argument), void *argument)
{
    struct call call = {function, argument, {.ss_flags = SS_DISABLE}};
    char *here = __builtin_frame_address(0);

    if (lowest == NULL || (here > lowest && here <= lowest + STACK_SIZE)) {
        function(argument);
        return;
    }
    stack_switch(call_there, &call, lowest + STACK_SIZE);
    raw_syscall2(SYS_sigaltstack, &call.before, 0);
}
