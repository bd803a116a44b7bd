/* SPDX-License-Identifier: MIT */
/* Functions in assembly whose first instructions are known, to be patched and run by a test. */
#ifndef LIGHTSSS_TESTS_UNIT_GOLDEN_H
#define LIGHTSSS_TESTS_UNIT_GOLDEN_H

#include "patch/patch.h"

/* A function of that name, from its first byte to <name>_end. Where the length of a jump matters it is
 * given as bytes: assemblers choose as they like. */
#define GOLDEN(name, body)                                                                                   \
    __asm__(".pushsection .text\n"                                                                           \
            ".p2align 4\n"                                                                                   \
            ".globl " #name ", " #name "_end\n"                                                              \
            ".hidden " #name ", " #name "_end\n"                                                             \
            ".type " #name ", @function\n" #name ":\n" body #name "_end:\n"                                  \
            ".size " #name ", . - " #name "\n"                                                               \
            ".popsection\n");                                                                                \
    extern const uint8_t name[], name##_end[];

struct golden {
    const char *name;
    const uint8_t *start, *end;
};

#define PATCHABLE(name)                                                                                      \
    {                                                                                                        \
#name, name, name##_end                                                                              \
    }

static inline struct patch_target target_of(const struct golden *golden)
{
    return (struct patch_target){
        .name = golden->name,
        .address = (uintptr_t)golden->start,
        .size = (size_t)(golden->end - golden->start),
        .room = SIZE_MAX,
    };
}

#endif
