/* SPDX-License-Identifier: MIT */
/* Interrupted frames on x86-64: see frame_processor.h. */
#define _GNU_SOURCE
#include "snapshot/threads/frame_processor.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define MOV_EAX    0xb8
#define MOV_LENGTH 5
#define XOR_LENGTH 2
#define FARTHEST   48   /* from the mov to the end of the syscall instruction */
#define NUMBER_MAX 1024 /* a constant that is larger is none */
#define REX_B      1u
#define REX_R      4u
#define REX_W      8u

__asm__(".text\n"
        /* (rdi number, rsi arguments) */
        ".globl frame_call\n"
        ".hidden frame_call\n"
        ".type frame_call,@function\n"
        "frame_call:\n"
        "        .cfi_startproc\n"
        "        mov     %rdi, %rax\n"
        "        mov     %rsi, %r11\n"
        "        mov     0(%r11), %rdi\n"
        "        mov     8(%r11), %rsi\n"
        "        mov     16(%r11), %rdx\n"
        "        mov     24(%r11), %r10\n"
        "        mov     32(%r11), %r8\n"
        "        mov     40(%r11), %r9\n"
        "        syscall\n"
        ".globl frame_call_return\n"
        ".hidden frame_call_return\n"
        "frame_call_return:\n"
        "        ret\n"
        "        .cfi_endproc\n"
        ".size frame_call, . - frame_call\n"

        /* Unwinders and debuggers know a signal's frame by these very bytes, 64-bit move included. The nop:
         * they look up the address before the one they return to. */
        "        nop\n"
        ".globl frame_return\n"
        ".hidden frame_return\n"
        ".type frame_return,@function\n"
        "frame_return:\n"
        "        .byte   0x48, 0xc7, 0xc0, 15, 0, 0, 0\n" /* mov $SYS_rt_sigreturn, %rax */
        "        syscall\n"
        ".size frame_return, . - frame_return\n");

static_assert(SYS_rt_sigreturn == 15, "the number in the assembly above");

static const int argument_register[FRAME_ARGUMENTS] = {
    REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9,
};

void frame_read(const void *ucontext, struct frame *frame)
{
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;

    frame->program_counter = (uint64_t)registers[REG_RIP];
    frame->stack_pointer = (uint64_t)registers[REG_RSP];
    frame->result = registers[REG_RAX];
}

bool frame_is_behind_call(uintptr_t address)
{
    const unsigned char *behind = (const unsigned char *)address;

    /* e8 and a displacement; or ff /2 with a register, with or without a displacement or a prefix */
    return behind[-5] == 0xe8 || (behind[-2] == 0xff && (behind[-1] & 0x38) == 0x10) ||
           (behind[-3] == 0xff && (behind[-2] & 0x38) == 0x10) ||
           (behind[-6] == 0xff && (behind[-5] & 0x38) == 0x10);
}

uint64_t frame_argument(const void *ucontext, unsigned index)
{
    return (uint64_t)((const ucontext_t *)ucontext)->uc_mcontext.gregs[argument_register[index]];
}

void frame_set_argument(void *ucontext, unsigned index, uint64_t value)
{
    ((ucontext_t *)ucontext)->uc_mcontext.gregs[argument_register[index]] = (greg_t)value;
}

size_t frame_alternate_stack(const void *ucontext)
{
    const stack_t *stack = &((const ucontext_t *)ucontext)->uc_stack;

    return (stack->ss_flags & SS_DISABLE) == 0 &&
                   (uintptr_t)ucontext - (uintptr_t)stack->ss_sp < stack->ss_size
               ? stack->ss_size
               : 0;
}

extern const char frame_call_return[] __attribute__((visibility("hidden")));
bool frame_is_in_call(uintptr_t program_counter)
{
    return program_counter == (uintptr_t)frame_call_return;
}

uint64_t frame_mask(const void *ucontext)
{
    uint64_t mask;

    memcpy(&mask, &((const ucontext_t *)ucontext)->uc_sigmask, sizeof mask);
    return mask;
}

long frame_next_call(const void *ucontext)
{
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    const unsigned char *next = (const unsigned char *)registers[REG_RIP];

    return next[0] == 0x0f && next[1] == 0x05 ? registers[REG_RAX] : -1;
}

uintptr_t frame_behind_next_call(const void *ucontext)
{
    return (uintptr_t)((const ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RIP] + 2;
}

void frame_repeat(void *ucontext, long number)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] -= 2; /* the length of `syscall` */
    registers[REG_RAX] = number;
}

void frame_end_call(void *ucontext, long result)
{
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] += 2;
    registers[REG_RAX] = result;
}

/* --- which system call the code makes --- */

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

/* Compilers put `mov $number, %eax` (b8, 32 bits), or for read `xor %eax, %eax`, close before `syscall`
 * (0f 05). What stands between them is followed: all of it must be of the few kinds that arguments are loaded
 * with, and none of it may change that register. In libc nothing but this constant looks like it. */
long frame_call_number(uintptr_t behind, bool in_library)
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
