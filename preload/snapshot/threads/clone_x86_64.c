/* SPDX-License-Identifier: MIT */
/* Reviving threads on x86-64: see clone_processor.h. The assembly is at top level because a function that
 * returns twice, on another kernel thread, cannot have a C frame. */
#define _GNU_SOURCE
#include "snapshot/threads/clone_processor.h"

#include <asm/prctl.h>
#include <assert.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"

#define SHADOW_STACK_STATUS  0x5005 /* ARCH_SHSTK_STATUS */
#define SHADOW_STACK_ENABLED 1u     /* ARCH_SHSTK_SHSTK */

const uint32_t clone_rseq_signature = 0x53053053;

/* word: 0 rbx, 1 rbp, 2 r12, 3 r13, 4 r14, 5 r15, 6 rsp, 7 rip */
static_assert(offsetof(struct clone_registers, word) == 0, "the assembly below addresses words from 0");

__asm__(".text\n"
        ".globl clone_save\n"
        ".hidden clone_save\n"
        ".type clone_save,@function\n"
        "clone_save:\n"
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
        ".size clone_save, . - clone_save\n"

        /* (rdi flags, rsi registers, rdx clear_tid, rcx storage) */
        ".globl clone_thread\n"
        ".hidden clone_thread\n"
        ".type clone_thread,@function\n"
        "clone_thread:\n"
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
        "        mov     $1, %eax\n" /* clone_save() returns once more, with 1 */
        "        jmp     *%rdx\n"
        "        .cfi_endproc\n"
        ".size clone_thread, . - clone_thread\n"

        /* (rdi flags, rsi top of the stack, rdx clear_tid, rcx function, r8 argument) */
        ".globl clone_call\n"
        ".hidden clone_call\n"
        ".type clone_call,@function\n"
        "clone_call:\n"
        "        .cfi_startproc\n"
        "        push    %r12\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        .cfi_rel_offset r12, 0\n"
        "        push    %r13\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        .cfi_rel_offset r13, 0\n"
        "        mov     %rcx, %r12\n"
        "        mov     %r8, %r13\n"
        "        mov     %rdx, %r10\n"
        "        xor     %edx, %edx\n"
        "        xor     %r8d, %r8d\n"
        "        mov     $56, %eax\n" /* SYS_clone */
        "        syscall\n"
        "        test    %rax, %rax\n"
        "        jz      1f\n"
        "        pop     %r13\n"
        "        .cfi_remember_state\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        .cfi_restore r13\n"
        "        pop     %r12\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        .cfi_restore r12\n"
        "        ret\n"
        "1:      .cfi_restore_state\n"
        "        .cfi_undefined rip\n"
        "        xor     %ebp, %ebp\n"
        "        mov     %r13, %rdi\n"
        "        call    *%r12\n"
        "        xor     %edi, %edi\n"
        "        mov     $60, %eax\n" /* SYS_exit */
        "        syscall\n"
        "        ud2\n"
        "        .cfi_endproc\n"
        ".size clone_call, . - clone_call\n");

static_assert(SYS_clone == 56 && SYS_exit == 60, "the numbers in the assembly above");

long clone_process(int *clear_tid, int exit_signal, _Atomic int32_t *number)
{
    const int told = number != NULL ? CLONE_PARENT_SETTID : 0;

    /* A debugger takes a clone without an exit signal for a thread, with its breakpoints in it. */
    return raw_syscall5(SYS_clone, CLONE_CHILD_CLEARTID | CLONE_UNTRACED | told | exit_signal, 0, number,
                        clear_tid, 0);
}

void clone_storage_read(struct clone_storage *storage)
{
    raw_syscall2(SYS_arch_prctl, ARCH_GET_FS, &storage->base);
    raw_syscall2(SYS_arch_prctl, ARCH_GET_GS, &storage->extra);
}

void clone_storage_restore(const struct clone_storage *storage)
{
    /* clone() has set the FS base; GS is hardly ever used. */
    if (storage->extra != 0)
        raw_syscall2(SYS_arch_prctl, ARCH_SET_GS, storage->extra);
}

bool clone_has_shadow_stack(void)
{
    uint64_t features = 0;

    return raw_syscall2(SYS_arch_prctl, SHADOW_STACK_STATUS, &features) == 0 &&
           (features & SHADOW_STACK_ENABLED) != 0;
}

void clone_relax(void)
{
    __builtin_ia32_pause();
}
