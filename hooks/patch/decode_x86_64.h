/* SPDX-License-Identifier: MIT */
/* How long an instruction is, and what in it depends on its place. Not what it does: of that, only what
 * moving a function's head must know. */
#ifndef LIGHTSSS_HOOKS_PATCH_DECODE_X86_64_H
#define LIGHTSSS_HOOKS_PATCH_DECODE_X86_64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decode_kind {
    DECODE_PLAIN,       /* goes on to the next one */
    DECODE_JUMP,        /* to target */
    DECODE_CONDITIONAL, /* jump to target, or on to the next one */
    DECODE_CALL,        /* of target */
    DECODE_END,         /* does not go on, and has no target that is known */
    DECODE_STUBBORN,    /* cannot be moved: loop, jrcxz, xbegin, syscall, an indirect call */
};

struct decode_instruction {
    enum decode_kind kind;
    size_t length;       /* bytes, at most 15 */
    bool branches;       /* target is where it may go */
    uintptr_t target;    /* of a relative branch, or of an operand relative to rip */
    size_t displacement; /* where the operand's displacement is; 0: no such operand */
    uint8_t condition;   /* of a conditional jump, as its opcode holds it */
};

/* Reads the instruction at this address, of at most `room` bytes. False when it is none that this knows. */
bool decode(struct decode_instruction *instruction, uintptr_t at, size_t room);

#endif
