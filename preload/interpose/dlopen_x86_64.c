/* SPDX-License-Identifier: MIT */
/* dlopen() and dlmopen() on x86-64. libc takes from the return address which object calls: whose RUNPATH and
 * $ORIGIN count, and in which namespace it is. So the next function gets a return address inside the caller's
 * object, that of a `ret` instruction there, which returns to us. Where there is none, or a shadow stack
 * watches over return addresses, we leave by a jump and see nothing of what was opened. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/loaded_code.h"
#include "interpose/dlopen.h"

#define RET 0xc3

static uint64_t shadow_stack(void)
{
    uint64_t pointer = 0;

    __asm__ volatile("rdsspq %0" : "+r"(pointer)); /* does nothing where there is none */
    return pointer;
}

/* Behind an instruction that leaves the stack alone unwinders read this place rightly. */
static const uint8_t *find_ret(struct loaded_code code)
{
    static const uint8_t xor_eax_ret[] = {0x31, 0xc0, RET};
    size_t size = (size_t)(code.end - code.start);
    const uint8_t *found = memmem(code.start, size, xor_eax_ret, sizeof xor_eax_ret);

    if (found != NULL)
        return found + sizeof xor_eax_ret - 1;
    return memchr(code.start, RET, size);
}

/* The return address to use for a call from `caller`; NULL: leave by a jump. */
const void *dlopen_way(const void *caller, int flags) __attribute__((visibility("hidden")));
const void *dlopen_way(const void *caller, int flags)
{
    dlopen_note_flags(flags);
    struct loaded_code code = loaded_code_around(caller);

    if (code.start == NULL || shadow_stack() != 0)
        return NULL;
    const uint8_t *ret = find_ret(code);
    if (ret != NULL)
        dlopen_begins();
    return ret;
}

/* Arguments are kept around our own calls. The stack must be at a multiple of 16 at each call, and 8 off
 * where a function begins. */
/* clang-format off */
#define ENTRY(name, flags)                                                                                          \
    __asm__(".text\n"                                                                                        \
            ".globl " #name "\n"                                                                             \
            ".type " #name ",@function\n"                                                                    \
            #name ":\n"                                                                                      \
            "        .cfi_startproc\n"                                                                       \
            "        push    %rbp\n"                                                                         \
            "        .cfi_def_cfa_offset 16\n"                                                               \
            "        .cfi_offset rbp, -16\n"                                                                 \
            "        mov     %rsp, %rbp\n"                                                                   \
            "        .cfi_def_cfa_register rbp\n"                                                            \
            "        push    %rdi\n"                                                                         \
            "        push    %rsi\n"                                                                         \
            "        push    %rdx\n"                                                                         \
            "        push    %rdx\n" /* a place for the way */                                               \
            "        mov     8(%rbp), %rdi\n"                                                                \
            "        mov     %" flags ", %esi\n"                                                              \
            "        call    dlopen_way\n"                                                                   \
            "        mov     %rax, (%rsp)\n"                                                                 \
            "        call    dlopen_next_" #name "\n"                                                        \
            "        pop     %r10\n"                                                                         \
            "        pop     %rdx\n"                                                                         \
            "        pop     %rsi\n"                                                                         \
            "        pop     %rdi\n"                                                                         \
            "        test    %r10, %r10\n"                                                                   \
            "        jz      2f\n"                                                                           \
            "        lea     1f(%rip), %r11\n"                                                               \
            "        sub     $8, %rsp\n"                                                                     \
            "        push    %r11\n"                                                                         \
            "        push    %r10\n"                                                                         \
            "        jmp     *%rax\n"                                                                        \
            "1:      push    %rax\n"                                                                         \
            "        mov     %rax, %rdi\n"                                                                   \
            "        call    dlopen_ends\n"                                                                  \
            "        pop     %rax\n"                                                                         \
            "        mov     %rbp, %rsp\n"                                                                   \
            "        pop     %rbp\n"                                                                         \
            "        .cfi_remember_state\n"                                                                  \
            "        .cfi_def_cfa rsp, 8\n"                                                                  \
            "        ret\n"                                                                                  \
            "2:      .cfi_restore_state\n"                                                                   \
            "        pop     %rbp\n"                                                                         \
            "        .cfi_def_cfa rsp, 8\n"                                                                  \
            "        jmp     *%rax\n"                                                                        \
            "        .cfi_endproc\n"                                                                         \
            ".size " #name ", . - " #name "\n")
/* clang-format on */

ENTRY(dlopen, "esi");
ENTRY(dlmopen, "edx");
