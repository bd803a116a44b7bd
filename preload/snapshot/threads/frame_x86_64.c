/* SPDX-License-Identifier: MIT */
/* Interrupted frames on x86-64: see frame_processor.h. */
#define _GNU_SOURCE
#include "snapshot/threads/frame_processor.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

__asm__(".text\n"
        /* (rdi number, rsi arguments) */
        ".globl frame_call\n"
        ".hidden frame_call\n"
        ".type frame_call,@function\n"
        "frame_call:\n"
        "        .cfi_startproc\n"
        "        mov     %rdi, %rax\n"
        "        mov     %rsi, %r11\n"
        "        mov     0(%r11), %rdi\n"
        "        mov     8(%r11), %rsi\n"
        "        mov     16(%r11), %rdx\n"
        "        mov     24(%r11), %r10\n"
        "        mov     32(%r11), %r8\n"
        "        mov     40(%r11), %r9\n"
        "        syscall\n"
        ".globl frame_call_return\n"
        ".hidden frame_call_return\n"
        "frame_call_return:\n"
        "        ret\n"
        "        .cfi_endproc\n"
        ".size frame_call, . - frame_call\n"

        /* Unwinders and debuggers know a signal's frame by these very bytes, 64-bit move included. The nop:
         * they look up the address before the one they return to. */
        "        nop\n"
        ".globl frame_return\n"
        ".hidden frame_return\n"
        ".type frame_return,@function\n"
        "frame_return:\n"
        "        .byte   0x48, 0xc7, 0xc0, 15, 0, 0, 0\n" /* mov $SYS_rt_sigreturn, %rax */
        "        syscall\n"
        ".size frame_return, . - frame_return\n");

static_assert(SYS_rt_sigreturn == 15, "the number in the assembly above");

static const int argument_register[FRAME_ARGUMENTS] = {
    REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9,
};

void frame_read(const void *ucontext, struct frame *frame)
{
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;

    frame->program_counter = (uint64_t)registers[REG_RIP];
    frame->stack_pointer = (uint64_t)registers[REG_RSP];
    frame->result = registers[REG_RAX];
}

bool frame_is_behind_call(uintptr_t address)
{
    const unsigned char *behind = (const unsigned char *)address;

    /* e8 and a displacement; or ff /2 with a register, with or without a displacement or a prefix */
    return behind[-5] == 0xe8 || (behind[-2] == 0xff && (behind[-1] & 0x38) == 0x10) ||
           (behind[-3] == 0xff && (behind[-2] & 0x38) == 0x10) ||
           (behind[-6] == 0xff && (behind[-5] & 0x38) == 0x10);
}

uint64_t frame_argument(const void *ucontext, unsigned index)
{
    return (uint64_t)((const ucontext_t *)ucontext)->uc_mcontext.gregs[argument_register[index]];
}

void frame_set_argument(void *ucontext, unsigned index, uint64_t value)
{
    ((ucontext_t *)ucontext)->uc_mcontext.gregs[argument_register[index]] = (greg_t)value;
}

size_t frame_alternate_stack(const void *ucontext)
{
    const stack_t *stack = &((const ucontext_t *)ucontext)->uc_stack;

    return (stack->ss_flags & SS_DISABLE) == 0 &&
                   (uintptr_t)ucontext - (uintptr_t)stack->ss_sp < stack->ss_size
               ? stack->ss_size
               : 0;
}

extern const char frame_call_return[] __attribute__((visibility("hidden")));
bool frame_is_in_call(uintptr_t program_counter)
{
    return program_counter == (uintptr_t)frame_call_return;
}

uint64_t frame_mask(const void *ucontext)
{
    uint64_t mask;

    memcpy(&mask, &((const ucontext_t *)ucontext)->uc_sigmask, sizeof mask);
    return mask;
}

long frame_next_call(const void *ucontext)
{
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    const unsigned char *next = (const unsigned char *)registers[REG_RIP];

    return next[0] == 0x0f && next[1] == 0x05 ? registers[REG_RAX] : -1;
}

uintptr_t frame_behind_next_call(const void *ucontext)
{
    return (uintptr_t)((const ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RIP] + 2;
}

void frame_repeat(void *ucontext, long number)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] -= 2; /* the length of `syscall` */
    registers[REG_RAX] = number;
}

void frame_end_call(void *ucontext, long result)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] += 2;
    registers[REG_RAX] = result;
}
