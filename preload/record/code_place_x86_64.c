/* SPDX-License-Identifier: MIT */
/* Registers as a signal's context shows them on x86-64: see code_place.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <ucontext.h>

#include "record/code_place.h"

const uint64_t code_place_call_size = 2;

void code_place_registers(struct code_place *place, const void *ucontext)
{
    static const int kept[CODE_PLACE_KEPT] = {REG_RBX, REG_RBP, REG_R12, REG_R13, REG_R14, REG_R15};
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;

    place->address = (uint64_t)registers[REG_RIP];
    place->stack = (uint64_t)registers[REG_RSP];
    for (int i = 0; i < CODE_PLACE_KEPT; i++)
        place->kept[i] = (uint64_t)registers[kept[i]];
}

bool code_place_is_call(uint64_t address)
{
    const unsigned char *bytes = (const unsigned char *)address; /* syscall */

    return bytes[0] == 0x0f && bytes[1] == 0x05;
}

uint64_t code_place_target(uint64_t address)
{
    const unsigned char *behind = (const unsigned char *)address;
    int32_t distance;

    if (behind[-5] != 0xe8)
        return 0;
    memcpy(&distance, behind - sizeof distance, sizeof distance);
    return (uint64_t)(behind + distance);
}

bool code_place_is_stub(uint64_t target)
{
    const unsigned char *code = (const unsigned char *)target;

    if (memcmp(code, "\xf3\x0f\x1e\xfa", 4) == 0) /* endbr64 */
        code += 4;
    if (code[0] == 0xf2) /* bnd */
        code++;
    return code[0] == 0xff && code[1] == 0x25;
}

bool code_place_is_interrupted(const void *ucontext)
{
    return ((const ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RAX] == -EINTR;
}
