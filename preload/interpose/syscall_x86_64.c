/* SPDX-License-Identifier: MIT */
/* libc's syscall(), for the sake of exit_group: everything else goes on to the next syscall() by a jump, with
 * the registers and the stack as they were, because a frame between the caller and a raw vfork or clone
 * would break it. */
#define _GNU_SOURCE
#include <assert.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "next.h"

void exit_before_exit_group(int status);

void *syscall_next(void) __attribute__((visibility("hidden")));
void *syscall_next(void)
{
    return (void *)NEXT(syscall);
}

static_assert(SYS_exit_group == 231, "the number in the assembly below");

__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall,@function\n"
        "syscall:\n"
        "        .cfi_startproc\n"
        "        push    %rdi\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %rsi\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %rdx\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %rcx\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %r8\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        push    %r9\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        sub     $8, %rsp\n" /* calls want the stack at a multiple of 16 */
        "        .cfi_adjust_cfa_offset 8\n"
        "        cmp     $231, %edi\n" /* SYS_exit_group */
        "        jne     1f\n"
        "        mov     %esi, %edi\n"
        "        call    exit_before_exit_group\n"
        "1:      call    syscall_next\n"
        "        add     $8, %rsp\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %r9\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %r8\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rcx\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rdx\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rsi\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        pop     %rdi\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        jmp     *%rax\n"
        "        .cfi_endproc\n"
        ".size syscall, . - syscall\n");
