/* SPDX-License-Identifier: MIT */
/* Switching stacks on x86-64: see stack.h. */
#include "base/stack.h"

__asm__(".text\n"
        ".globl stack_switch\n"
        ".hidden stack_switch\n"
        ".type stack_switch,@function\n"
        "stack_switch:\n" /* rdi function, rsi argument, rdx top */
        "        .cfi_startproc\n"
        "        push    %rbp\n"
        "        .cfi_adjust_cfa_offset 8\n"
        "        .cfi_rel_offset rbp, 0\n"
        "        mov     %rsp, %rbp\n"
        "        .cfi_def_cfa_register rbp\n"
        "        mov     %rdx, %rsp\n"
        "        and     $-16, %rsp\n"
        "        mov     %rdi, %rax\n"
        "        mov     %rsi, %rdi\n"
        "        call    *%rax\n"
        "        mov     %rbp, %rsp\n"
        "        pop     %rbp\n"
        "        .cfi_def_cfa rsp, 8\n"
        "        ret\n"
        "        .cfi_endproc\n"
        ".size stack_switch, . - stack_switch\n");
