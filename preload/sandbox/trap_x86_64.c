/* SPDX-License-Identifier: MIT */
/* System calls as the signal's context shows them on x86-64: see trap.h. */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <ucontext.h>

#include "sandbox/trap_processor.h"
#include "snapshot/threads/frame_processor.h"

const uint32_t trap_architecture = AUDIT_ARCH_X86_64;

static const int argument_register[TRAP_ARGUMENTS] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};

/* The kernel has put the number back into rax. */
void trap_read(struct trap *trap, void *context)
{
    const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;

    trap->number = registers[REG_RAX];
    for (int i = 0; i < TRAP_ARGUMENTS; i++)
        trap->argument[i] = registers[argument_register[i]];
    trap->context = context;
}

void trap_set_result(void *context, long result)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = result;
}

/* A restorer is entered by `ret`, so the stack pointer is at the frame's ucontext. */
uint64_t *trap_frame_mask(const struct trap *trap)
{
    const ucontext_t *context = trap->context;
    ucontext_t *frame = (ucontext_t *)context->uc_mcontext.gregs[REG_RSP];

    return (uint64_t *)(void *)&frame->uc_sigmask;
}

void trap_return_again(struct trap *trap)
{
    ((ucontext_t *)trap->context)->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)frame_return;
}
