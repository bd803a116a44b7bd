/* SPDX-License-Identifier: MIT */
/* bare_open() is dlopen() called from an object that has no `ret` instruction: linked without the C run
 * time's start files, and returning by a jump. */
__asm__(".text\n"
        ".globl bare_open\n"
        ".type bare_open,@function\n"
        "bare_open:\n"
        "        sub     $8, %rsp\n"
        "        call    *dlopen@GOTPCREL(%rip)\n"
        "        add     $8, %rsp\n"
        "        pop     %rcx\n"
        "        jmp     *%rcx\n"
        ".size bare_open, . - bare_open\n");
