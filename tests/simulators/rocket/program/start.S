/* SPDX-License-Identifier: MIT */
/* Entry of the program: floating point on, traps reported as status 238, stack, main, status to the board. */
    .option arch, +zicsr
    .equ END, 0x10002000

    .section .text.start
    .globl _start
_start:
    la t0, trap
    csrw mtvec, t0
    li t0, 1 << 13 /* mstatus.FS = initial */
    csrs mstatus, t0
    fscsr zero
    la sp, stack_top
    call main
end:
    li t0, END
    sw a0, (t0)
1:  j 1b

    .balign 4
trap:
    li a0, 238
    j end
