/* SPDX-License-Identifier: MIT */
/* The number of a system call on x86-64, as the code before it tells: see call_number_processor.h. Compilers
 * put `mov $number, %eax` (b8, 32 bits), or for read `xor %eax, %eax`, close before `syscall` (0f 05). What
 * stands between them is followed: all of it must be of the few kinds that arguments are loaded with, and
 * none of it may change that register. */
#include "snapshot/threads/call_number_processor.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#define MOV_EAX    0xb8
#define MOV_LENGTH 5
#define XOR_LENGTH 2
#define FARTHEST   48   /* from the mov to the end of the syscall instruction */
#define NUMBER_MAX 1024 /* a constant that is larger is none */
#define REX_B      1u
#define REX_R      4u
#define REX_W      8u

/* Bytes of the operand that a ModRM byte begins, which may be followed by another byte and a displacement. */
static size_t operand_length(const unsigned char *modrm)
{
    unsigned mode = modrm[0] >> 6, base = modrm[0] & 7u;
    size_t length = 1;

    if (mode == 3)
        return length;
    if (base == 4)
        base = modrm[length++] & 7u;
    if (mode == 1)
        return length + 1;
    return length + (mode == 2 || base == 5 ? 4 : 0);
}

static bool is_eax_as_operand(const unsigned char *modrm, unsigned rex)
{
    return modrm[0] >> 6 == 3 && (modrm[0] & 7u) == 0 && (rex & REX_B) == 0;
}

static bool is_eax_as_register(const unsigned char *modrm, unsigned rex)
{
    return (modrm[0] >> 3 & 7u) == 0 && (rex & REX_R) == 0;
}

/* With it, the same byte moves a constant into another register. */
static bool is_rex(unsigned byte)
{
    return (byte & 0xf0u) == 0x40;
}

/* Length of an instruction that leaves eax alone; 0: it does not, or nobody knows. */
static size_t harmless_length(const unsigned char *code)
{
    unsigned rex = is_rex(code[0]) ? code[0] : 0;
    size_t prefix = rex != 0;
    const unsigned char *at = code + prefix;

    if (at[0] > MOV_EAX - 1 && at[0] <= MOV_EAX + 7) /* mov $constant, register */
        return at[0] == MOV_EAX && (rex & REX_B) == 0 ? 0 : prefix + 1 + ((rex & REX_W) != 0 ? 8 : 4);
    switch (at[0]) {
    case 0x31: /* xor */
    case 0x89: /* mov */
        return is_eax_as_operand(at + 1, rex) ? 0 : prefix + 1 + operand_length(at + 1);
    case 0x33: /* xor */
    case 0x63: /* movslq */
    case 0x8b: /* mov */
    case 0x8d: /* lea */
        return is_eax_as_register(at + 1, rex) ? 0 : prefix + 1 + operand_length(at + 1);
    case 0x85: /* test */
        return prefix + 1 + operand_length(at + 1);
    case 0xc7: /* mov $constant, operand */
        return is_eax_as_operand(at + 1, rex) ? 0 : prefix + 5 + operand_length(at + 1);
    default:
        return 0;
    }
}

static bool leads_to(const unsigned char *from, const unsigned char *to)
{
    size_t length;

    for (; from < to; from += length)
        if ((length = harmless_length(from)) == 0)
            return false;
    return from == to;
}

/* Of eax with itself; the same bytes may stand behind a prefix that makes it another register, or a part. */
static bool is_zeroed_here(const unsigned char *code)
{
    return (code[0] == 0x31 || code[0] == 0x33) && code[1] == 0xc0 && !is_rex(code[-1]) && code[-1] != 0x66;
}

/* In libc nothing but this constant looks like it. */
long call_number_before(uintptr_t behind, bool in_library)
{
    const unsigned char *next = (const unsigned char *)behind;

    if (next[-2] != 0x0f || next[-1] != 0x05)
        return -1;
    for (int back = XOR_LENGTH + 2; back <= FARTHEST; back++) {
        uint32_t number;

        if (!in_library && is_zeroed_here(next - back) && leads_to(next - back + XOR_LENGTH, next - 2))
            return SYS_read;
        if (back < MOV_LENGTH + 2)
            continue;
        memcpy(&number, next - back + 1, sizeof number);
        if (next[-back] == MOV_EAX && !is_rex(next[-back - 1]) && number < NUMBER_MAX &&
            (in_library ? back <= 32 : leads_to(next - back + MOV_LENGTH, next - 2)))
            return number;
    }
    return -1;
}
