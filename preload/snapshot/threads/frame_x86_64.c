/* SPDX-License-Identifier: MIT */
/* Interrupted frames on x86-64: see frame_processor.h. */
#define _GNU_SOURCE
#include "snapshot/threads/frame_processor.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define MOV_EAX     0xb8
#define MOV_LENGTH  5
#define XOR_LENGTH  2
#define CALL        0xe8
#define CALL_LENGTH 5
#define FARTHEST    48   /* from the mov to the end of the syscall instruction */
#define NEAR        30   /* from it to that instruction */
#define NUMBER_MAX  1024 /* a constant that is larger is none */
#define EAX         0u
#define RSP         4u
#define RBP         5u
#define RSI         6u
#define REX_B       1u
#define REX_R       4u
#define REX_W       8u

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
    return behind[-CALL_LENGTH] == CALL || (behind[-2] == 0xff && (behind[-1] & 0x38) == 0x10) ||
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

static unsigned register_of(unsigned bits, unsigned rex)
{
    return (bits & 7u) + (rex != 0 ? 8 : 0);
}

static bool is_operand(unsigned reg, const unsigned char *modrm, unsigned rex)
{
    return modrm[0] >> 6 == 3 && register_of(modrm[0], rex & REX_B) == reg;
}

static bool is_register(unsigned reg, const unsigned char *modrm, unsigned rex)
{
    return register_of(modrm[0] >> 3, rex & REX_R) == reg;
}

static bool is_rex(unsigned byte)
{
    return (byte & 0xf0u) == 0x40;
}

static bool is_mov_constant(unsigned byte)
{
    return byte >= MOV_EAX && byte <= MOV_EAX + 7;
}

/* Length of an instruction that leaves this register alone; 0: it does not, or nobody knows. */
static size_t harmless_length(const unsigned char *code, unsigned reg)
{
    unsigned rex = is_rex(code[0]) ? code[0] : 0;
    size_t prefix = rex != 0;
    const unsigned char *at = code + prefix;

    if (is_mov_constant(at[0]))
        return register_of(at[0], rex & REX_B) == reg ? 0 : prefix + 1 + ((rex & REX_W) != 0 ? 8 : 4);
    switch (at[0]) {
    case 0x01: /* add */
    case 0x09: /* or */
    case 0x19: /* sbb */
    case 0x21: /* and */
    case 0x29: /* sub */
    case 0x31: /* xor */
    case 0x89: /* mov */
        return is_operand(reg, at + 1, rex) ? 0 : prefix + 1 + operand_length(at + 1);
    case 0x33: /* xor */
    case 0x63: /* movslq */
    case 0x8b: /* mov */
    case 0x8d: /* lea */
        return is_register(reg, at + 1, rex) ? 0 : prefix + 1 + operand_length(at + 1);
    case 0x85: /* test */
        return prefix + 1 + operand_length(at + 1);
    case 0x83: /* those with a constant of one byte */
        return is_operand(reg, at + 1, rex) ? 0 : prefix + 2 + operand_length(at + 1);
    case 0x81: /* those with a constant */
    case 0xc7: /* mov $constant, operand */
        return is_operand(reg, at + 1, rex) ? 0 : prefix + 5 + operand_length(at + 1);
    default:
        return 0;
    }
}

/* Length of a mov from this register to eax; 0: it is another instruction. */
static size_t copy_length(const unsigned char *code, unsigned reg)
{
    unsigned rex = is_rex(code[0]) ? code[0] : 0;
    size_t prefix = rex != 0;
    const unsigned char *at = code + prefix;
    bool copies = (at[0] == 0x89 && is_operand(EAX, at + 1, rex) && is_register(reg, at + 1, rex)) ||
                  (at[0] == 0x8b && is_register(EAX, at + 1, rex) && is_operand(reg, at + 1, rex));

    return copies ? prefix + 2 : 0;
}

/* Is what the register holds here in eax there? */
static bool leads_to(const unsigned char *from, const unsigned char *to, unsigned reg)
{
    size_t length;

    for (; from < to; from += length) {
        length = copy_length(from, reg);
        if (length != 0)
            reg = EAX;
        else
            length = harmless_length(from, reg);
        if (length == 0)
            return false;
    }
    return from == to && reg == EAX;
}

/* With a prefix the same byte moves a constant into another register, or one of 64 bits. */
static long constant_at(const unsigned char *code, unsigned *reg)
{
    unsigned rex = is_rex(code[-1]) ? code[-1] : 0;
    uint32_t number;

    memcpy(&number, code + 1, sizeof number);
    if (!is_mov_constant(code[0]) || (rex & REX_W) != 0 || number >= NUMBER_MAX)
        return -1;
    *reg = register_of(code[0], rex & REX_B);
    return number;
}

/* Of eax with itself; the same bytes may stand behind a prefix that makes it another register, or a part. */
static bool is_zeroed_here(const unsigned char *code)
{
    return (code[0] == 0x31 || code[0] == 0x33) && code[1] == 0xc0 && !is_rex(code[-1]) && code[-1] != 0x66;
}

/* Compilers put `mov $number, %eax` (b8, 32 bits), or for read `xor %eax, %eax`, close before `syscall`
 * (0f 05); or the number into another register, and that into eax. What stands between them is followed: all
 * of it must be of the few kinds that arguments are loaded with, and none of it may change that register. */
static long followed_number(const unsigned char *call, bool in_library)
{
    for (int back = XOR_LENGTH; back <= FARTHEST - 2; back++) {
        const unsigned char *code = call - back;
        unsigned reg;

        if (!in_library && is_zeroed_here(code) && leads_to(code + XOR_LENGTH, call, EAX))
            return SYS_read;
        if (back < MOV_LENGTH)
            continue;
        long number = constant_at(code, &reg);
        if (number >= 0 && leads_to(code + MOV_LENGTH, call, reg))
            return number;
    }
    return -1;
}

/* In libc nothing but this constant looks like it. */
static long nearest_number(const unsigned char *call)
{
    for (int back = MOV_LENGTH; back <= NEAR; back++) {
        unsigned reg;
        long number = constant_at(call - back, &reg);

        if (number >= 0 && reg == EAX)
            return number;
    }
    return -1;
}

long frame_call_number(uintptr_t behind, bool in_library)
{
    const unsigned char *call = (const unsigned char *)behind - 2;

    if (call[0] != 0x0f || call[1] != 0x05)
        return -1;
    long number = followed_number(call, in_library);
    return number < 0 && in_library ? nearest_number(call) : number;
}

/* --- a number that is handed on --- */

static bool leaves(const unsigned char *from, const unsigned char *to, unsigned reg)
{
    size_t length;

    for (; from < to; from += length)
        if ((length = harmless_length(from, reg)) == 0)
            return false;
    return from == to;
}

/* Length of `mov displacement(%rsp), register`, or with rbp, and which word of the stack that is; 0: it is
 * another instruction. */
static size_t load_length(const unsigned char *code, unsigned reg, const uintptr_t base[2], uintptr_t *word)
{
    const unsigned modrm = 0x40u | reg << 3;

    if (code[0] != 0x48 || code[1] != 0x8b)
        return 0;
    if (code[2] == (modrm | RSP) && code[3] == 0x24) {
        *word = base[0] + (uintptr_t)(signed char)code[4];
        return 5;
    }
    *word = base[1] + (uintptr_t)(signed char)code[3];
    return code[2] == (modrm | RBP) ? 4 : 0;
}

/* What the code that ends here has loaded into the register from its stack. */
static long loaded_number(const unsigned char *end, unsigned reg, uintptr_t stack_pointer,
                          uintptr_t base_pointer)
{
    const uintptr_t base[2] = {stack_pointer, base_pointer};

    for (int back = 4; back <= FARTHEST; back++) {
        uintptr_t word;
        size_t length = load_length(end - back, reg, base, &word);

        if (length == 0 || !leaves(end - back + length, end, reg) || !leaves(end - back + length, end, RSP))
            continue;
        uint64_t number = *(const uint64_t *)word;
        return number < NUMBER_MAX ? (long)number : -1;
    }
    return -1;
}

/* Is it the second argument of the function that makes the call, which has put nothing on its stack? */
static bool is_second_argument(const unsigned char *call)
{
    for (int back = 3; back <= FARTHEST; back++)
        if (copy_length(call - back, RSI) == 3 && leads_to(call - back + 3, call, EAX) &&
            leaves(call - back + 3, call, RSP))
            return true;
    return false;
}

/* From 2.41 on all calls of glibc that are cancellation points pass by __internal_syscall_cancel(), which has
 * the number on its stack. In a process with one thread it makes the call itself; else it calls
 * __syscall_cancel_arch(), with the number as its second argument. */
long frame_handed_number(const void *ucontext, uintptr_t behind, bool (*is_code)(uintptr_t address))
{
    const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    const unsigned char *call = (const unsigned char *)behind - 2;
    const uintptr_t stack = (uintptr_t)registers[REG_RSP], base = (uintptr_t)registers[REG_RBP];

    if (call[0] != 0x0f || call[1] != 0x05)
        return -1;
    if (!is_second_argument(call))
        return loaded_number(call, EAX, stack, base);
    uintptr_t caller = *(const uintptr_t *)stack;
    if (!is_code(caller) || *(const unsigned char *)(caller - CALL_LENGTH) != CALL)
        return -1;
    return loaded_number((const unsigned char *)caller - CALL_LENGTH, RSI, stack + sizeof caller, base);
}
