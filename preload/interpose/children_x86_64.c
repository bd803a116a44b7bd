/* SPDX-License-Identifier: MIT */
/* vfork() on x86-64. It returns twice on one stack, and what the child does there in between is seen by the
 * parent: so the return address waits in a register, as in libc, and C code runs only on the parent's side.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <sys/syscall.h>

#include "interpose/children_processor.h"

static_assert(SYS_vfork == 58, "the number in the assembly below");
static_assert(CHILDREN_VFORK_AGAIN + 2 == 0, "likewise");

__asm__(".text\n"
        ".hidden children_vfork\n"
        ".globl children_vfork\n"
        ".type children_vfork,@function\n"
        "children_vfork:\n"
        "        .cfi_startproc\n"
        "        push    %rbp\n"
        "        .cfi_def_cfa_offset 16\n"
        "        .cfi_offset rbp, -16\n"
        "        mov     %rsp, %rbp\n"
        "        .cfi_def_cfa_register rbp\n"
        "        and     $-16, %rsp\n"
        "        call    children_vfork_told\n"
        "        mov     %rbp, %rsp\n"
        "        pop     %rbp\n"
        "        .cfi_def_cfa rsp, 8\n"
        "        test    %eax, %eax\n"
        "        jnz     1f\n"
        "        pop     %rdx\n"
        "        .cfi_adjust_cfa_offset -8\n"
        "        .cfi_register rip, rdx\n"
        "        mov     $58, %eax\n" /* SYS_vfork */
        "        syscall\n"
        "        push    %rdx\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        .cfi_rel_offset rip, 0\n"
        "        test    %rax, %rax\n"
        "        jz      1f\n"
        "        push    %rbp\n"
        "        .cfi_def_cfa_offset 16\n"
        "        .cfi_offset rbp, -16\n"
        "        mov     %rsp, %rbp\n"
        "        .cfi_def_cfa_register rbp\n"
        "        and     $-16, %rsp\n"
        "        mov     %rax, %rdi\n"
        "        call    children_vfork_answer\n"
        "        mov     %rbp, %rsp\n"
        "        pop     %rbp\n"
        "        .cfi_def_cfa rsp, 8\n"
        "        cmp     $-2, %eax\n" /* CHILDREN_VFORK_AGAIN */
        "        je      children_vfork\n"
        "1:      ret\n"
        "        .cfi_endproc\n"
        ".size children_vfork, . - children_vfork\n");
