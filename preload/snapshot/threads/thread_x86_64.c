/* SPDX-License-Identifier: MIT */
/* Stopping and reviving threads on x86-64: see thread_processor.h. The assembly is at top level
 * because a function that returns twice, on another kernel thread, cannot have a C frame. */
#define _GNU_SOURCE
#include "snapshot/threads/thread_processor.h"

#include <asm/prctl.h>
#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "base/raw_syscall.h"

#define SHADOW_STACK_STATUS  0x5005 /* ARCH_SHSTK_STATUS */
#define SHADOW_STACK_ENABLED 1u     /* ARCH_SHSTK_SHSTK */

const uint32_t thread_rseq_signature = 0x53053053;

/* word: 0 rbx, 1 rbp, 2 r12, 3 r13, 4 r14, 5 r15, 6 rsp, 7 rip */
static_assert(offsetof(struct thread_registers, word) == 0, "the assembly below addresses words from 0");

__asm__(".text\n"
        ".globl thread_save\n"
        ".hidden thread_save\n"
        ".type thread_save,@function\n"
        "thread_save:\n"
        "        .cfi_startproc\n"
        "        mov     %rbx, 0(%rdi)\n"
        "        mov     %rbp, 8(%rdi)\n"
        "        mov     %r12, 16(%rdi)\n"
        "        mov     %r13, 24(%rdi)\n"
        "        mov     %r14, 32(%rdi)\n"
        "        mov     %r15, 40(%rdi)\n"
        "        lea     8(%rsp), %rdx\n" /* the stack as it is after the return */
        "        mov     %rdx, 48(%rdi)\n"
        "        mov     (%rsp), %rdx\n"
        "        mov     %rdx, 56(%rdi)\n"
        "        xor     %eax, %eax\n"
        "        ret\n"
        "        .cfi_endproc\n"
        ".size thread_save, . - thread_save\n"

        /* (rdi flags, rsi registers, rdx clear_tid, rcx storage) */
        ".globl thread_clone\n"
        ".hidden thread_clone\n"
        ".type thread_clone,@function\n"
        "thread_clone:\n"
        "        .cfi_startproc\n"
        "        push    %r12\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        .cfi_rel_offset r12, 0\n"
        "        mov     %rsi, %r12\n"
        "        mov     48(%rsi), %rsi\n" /* the new thread's stack */
        "        mov     %rdx, %r10\n"     /* clear_tid */
        "        xor     %edx, %edx\n"     /* no parent_tid */
        "        mov     %rcx, %r8\n"      /* storage */
        "        mov     $56, %eax\n"      /* SYS_clone */
        "        syscall\n"
        "        test    %rax, %rax\n"
        "        jz      1f\n"
        "        pop     %r12\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        ret\n"
        "1:      mov     0(%r12), %rbx\n"
        "        mov     8(%r12), %rbp\n"
        "        mov     24(%r12), %r13\n"
        "        mov     32(%r12), %r14\n"
        "        mov     40(%r12), %r15\n"
        "        mov     56(%r12), %rdx\n"
        "        mov     16(%r12), %r12\n"
        "        mov     $1, %eax\n" /* thread_save() returns once more, with 1 */
        "        jmp     *%rdx\n"
        "        .cfi_endproc\n"
        ".size thread_clone, . - thread_clone\n"

        /* (rdi number, rsi arguments) */
        ".globl thread_call\n"
        ".hidden thread_call\n"
        ".type thread_call,@function\n"
        "thread_call:\n"
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
        ".globl thread_call_return\n"
        ".hidden thread_call_return\n"
        "thread_call_return:\n"
        "        ret\n"
        "        .cfi_endproc\n"
        ".size thread_call, . - thread_call\n"

        /* Unwinders and debuggers know a signal's frame by these very bytes, 64-bit move included. The nop:
         * they look up the address before the one they return to. */
        "        nop\n"
        ".globl thread_signal_return\n"
        ".hidden thread_signal_return\n"
        ".type thread_signal_return,@function\n"
        "thread_signal_return:\n"
        "        .byte   0x48, 0xc7, 0xc0, 15, 0, 0, 0\n" /* mov $SYS_rt_sigreturn, %rax */
        "        syscall\n"
        ".size thread_signal_return, . - thread_signal_return\n");

static_assert(SYS_clone == 56 && SYS_rt_sigreturn == 15, "the numbers in the assembly above");

long thread_clone_process(int *clear_tid, int exit_signal)
{
    /* A debugger takes a clone without an exit signal for a thread, with its breakpoints in it. */
    return raw_syscall5(SYS_clone, CLONE_CHILD_CLEARTID | CLONE_UNTRACED | exit_signal, 0, 0, clear_tid, 0);
}

void thread_storage_read(struct thread_storage *storage)
{
    raw_syscall2(SYS_arch_prctl, ARCH_GET_FS, &storage->base);
    raw_syscall2(SYS_arch_prctl, ARCH_GET_GS, &storage->extra);
}

void thread_storage_restore(const struct thread_storage *storage)
{
    /* clone() has set the FS base; GS is hardly ever used. */
    if (storage->extra != 0)
        raw_syscall2(SYS_arch_prctl, ARCH_SET_GS, storage->extra);
}

static const int argument_register[THREAD_CALL_ARGUMENTS] = {
    REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9,
};

void thread_frame_read(const void *ucontext, struct thread_frame *frame)
{
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;

    frame->program_counter = (uint64_t)registers[REG_RIP];
    frame->stack_pointer = (uint64_t)registers[REG_RSP];
    frame->result = registers[REG_RAX];
}

bool thread_is_behind_call(uintptr_t address)
{
    const unsigned char *behind = (const unsigned char *)address;

    /* e8 and a displacement; or ff /2 with a register, with or without a displacement or a prefix */
    return behind[-5] == 0xe8 || (behind[-2] == 0xff && (behind[-1] & 0x38) == 0x10) ||
           (behind[-3] == 0xff && (behind[-2] & 0x38) == 0x10) ||
           (behind[-6] == 0xff && (behind[-5] & 0x38) == 0x10);
}

uint64_t thread_frame_argument(const void *ucontext, unsigned index)
{
    return (uint64_t)((const ucontext_t *)ucontext)->uc_mcontext.gregs[argument_register[index]];
}

void thread_frame_set_argument(void *ucontext, unsigned index, uint64_t value)
{
    ((ucontext_t *)ucontext)->uc_mcontext.gregs[argument_register[index]] = (greg_t)value;
}

size_t thread_frame_alternate_stack(const void *ucontext)
{
    const stack_t *stack = &((const ucontext_t *)ucontext)->uc_stack;

    return (stack->ss_flags & SS_DISABLE) == 0 &&
                   (uintptr_t)ucontext - (uintptr_t)stack->ss_sp < stack->ss_size
               ? stack->ss_size
               : 0;
}

extern const char thread_call_return[] __attribute__((visibility("hidden")));
bool thread_is_in_call(uintptr_t program_counter)
{
    return program_counter == (uintptr_t)thread_call_return;
}

uint64_t thread_frame_mask(const void *ucontext)
{
    uint64_t mask;

    memcpy(&mask, &((const ucontext_t *)ucontext)->uc_sigmask, sizeof mask);
    return mask;
}

long thread_frame_next_call(const void *ucontext)
{
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    const unsigned char *next = (const unsigned char *)registers[REG_RIP];

    return next[0] == 0x0f && next[1] == 0x05 ? registers[REG_RAX] : -1;
}

uintptr_t thread_frame_behind_next_call(const void *ucontext)
{
    return (uintptr_t)((const ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RIP] + 2;
}

void thread_frame_repeat(void *ucontext, long number)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] -= 2; /* the length of `syscall` */
    registers[REG_RAX] = number;
}

void thread_frame_end_call(void *ucontext, long result)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] += 2;
    registers[REG_RAX] = result;
}

bool thread_has_shadow_stack(void)
{
    uint64_t features = 0;

    return raw_syscall2(SYS_arch_prctl, SHADOW_STACK_STATUS, &features) == 0 &&
           (features & SHADOW_STACK_ENABLED) != 0;
}

void thread_relax(void)
{
    __builtin_ia32_pause();
}
