/* SPDX-License-Identifier: MIT */
/* Patching on x86-64. A head is five bytes of whole instructions
 * or more; what is relative to the instruction pointer is made to fit its new place. Registers and
 * flags need no care at a function's entry beyond its arguments: the ABI leaves the rest free. */
#include "elf/why.h"
#include "patch/decode_x86_64.h"
#include "patch/patch_processor.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define JUMP_SIZE  5 /* e9 and a displacement */
#define CALL_SIZE  5 /* e8 and a displacement */
#define CALL       0xe8
#define BREAKPOINT 0xcc /* int3 */

static const uint8_t endbr64[4] = {0xf3, 0x0f, 0x1e, 0xfa};

static void patch_reach(struct patch *patch, uintptr_t address)
{
    if (address < patch->low)
        patch->low = address;
    if (address > patch->high)
        patch->high = address;
}

/* Whole instructions until the jump fits. */
static int patch_check_head(struct patch *patch, struct hooks_why *why)
{
    const char *name = patch->target.name;
    uintptr_t end = patch->target.address + patch->target.size;
    while (patch->head_size < JUMP_SIZE) {
        struct decode_instruction instruction;
        uintptr_t at = patch->head + patch->head_size;
        if (at >= end)
            return why_set(why, -ENOTSUP, "%.100s is only %zu bytes long, too short to hook: %s", name,
                           patch->target.size, "build the simulator without -flto and with less inlining");
        if (*(const uint8_t *)at == BREAKPOINT)
            return why_set(why, -ENOTSUP, "a debugger has a breakpoint in the first bytes of %.100s: %s",
                           name, "set it after the first eval, or one of the hardware (hbreak)");
        if (!decode(&instruction, at, end - at))
            return why_set(why, -ENOTSUP, "%.100s begins with bytes that are no instructions: %s", name,
                           "rebuild the simulator");
        if (instruction.kind == DECODE_STUBBORN)
            return why_set(why, -ENOTSUP, "%.100s begins with an instruction that cannot be moved: %s", name,
                           "rebuild the simulator with another -O level");
        patch->head_size += instruction.length;
        if ((instruction.kind == DECODE_END || instruction.kind == DECODE_JUMP) &&
            patch->head_size < JUMP_SIZE)
            return why_set(why, -ENOTSUP, "%.100s ends within its first %d bytes, too short to hook: %s",
                           name, JUMP_SIZE, "build the simulator without -flto and with less inlining");
        if (instruction.branches || instruction.displacement)
            patch_reach(patch, instruction.target);
    }
    return 0;
}

static bool is_short_jump(uint8_t opcode)
{
    return (opcode & 0xf0) == 0x70 || (opcode & 0xfc) == 0xe0 || opcode == 0xeb;
}

/* Are there bytes that would be a jump into these, were they one? A displacement is the last part of every
 * jump; where none fits, the instructions need not be told apart. */
static bool patch_seems_to_loop(const struct patch *patch)
{
    uintptr_t start = patch->target.address, end = start + patch->target.size;
    uintptr_t size = patch->head + patch->head_size - start;
    for (uintptr_t at = patch->head + 1; at < end; at++) {
        const uint8_t *bytes = (const uint8_t *)at;
        int32_t wide;
        if (is_short_jump(bytes[-1]) && at + 1 + (uintptr_t)(intptr_t)(int8_t)*bytes - start < size)
            return true;
        if (end - at < sizeof wide)
            continue;
        memcpy(&wide, bytes, sizeof wide);
        if (at + sizeof wide + (uintptr_t)(intptr_t)wide - start < size)
            return true;
    }
    return false;
}

/* Nothing may jump into the bytes that are overwritten, nor to the entry itself: that would count
 * a loop as a call. Only a call of the entry, recursion, is what it seems. */
static int patch_check_body(const struct patch *patch, struct hooks_why *why)
{
    const char *name = patch->target.name;
    uintptr_t start = patch->target.address;
    uintptr_t end = start + patch->target.size;
    for (uintptr_t at = patch->head; at < end;) {
        struct decode_instruction instruction;
        if (!decode(&instruction, at, end - at))
            return why_set(why, -ENOTSUP, "%.100s holds bytes that are no instructions: %s", name,
                           "rebuild the simulator");
        bool inside = instruction.branches && instruction.target >= start &&
                      instruction.target < patch->head + patch->head_size;
        if (inside && !(instruction.kind == DECODE_CALL && instruction.target == start))
            return why_set(why, -ENOTSUP, "%.100s loops back into its first bytes: %s", name,
                           "rebuild the simulator with another -O level");
        at += instruction.length;
    }
    return 0;
}

static int patch_check_entry(struct patch *patch, const struct patch_target *target, struct hooks_why *why)
{
    *patch = (struct patch){.target = *target};
    patch->head = target->address;
    if (target->size >= sizeof endbr64 && !memcmp((const void *)target->address, endbr64, sizeof endbr64))
        patch->head += sizeof endbr64;
    patch->low = patch->high = patch->head;
    int error = patch_check_head(patch, why);
    if (error)
        return error;
    assert(patch->head_size <= PATCH_HEAD_SIZE);
    if (patch->head - target->address + patch->head_size > target->room)
        return why_set(why, -ENOTSUP, "another symbol begins inside the first bytes of %.100s: %s",
                       target->name, "rebuild the simulator");
    return 0;
}

int patch_check(struct patch *patch, const struct patch_target *target, struct hooks_why *why)
{
    int error = patch_check_entry(patch, target, why);
    return error ? error : patch_check_body(patch, why);
}

int patch_check_sound(struct patch *patch, const struct patch_target *target, struct hooks_why *why)
{
    int error = patch_check_entry(patch, target, why);
    return error || !patch_seems_to_loop(patch) ? error : patch_check_body(patch, why);
}

/* Not inlined: under UBSan gcc would warn of a path on which `at` is null, which its own checks make. */
__attribute__((noinline)) static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* A displacement counts from the instruction's end, `rest` bytes behind the displacement's own. */
static uint8_t *put_displacement(uint8_t *at, uintptr_t target, size_t rest)
{
    intptr_t displacement = (intptr_t)(target - ((uintptr_t)at + sizeof(int32_t) + rest));
    int32_t narrow = (int32_t)displacement;
    assert(narrow == displacement); /* patch_allocate() saw to it */
    return put(at, &narrow, sizeof narrow);
}

/* An instruction that ends with its operand's displacement. */
static uint8_t *put_operand(uint8_t *at, const char *opcode, const void *address)
{
    return put_displacement(put(at, opcode, strlen(opcode)), (uintptr_t)address, 0);
}

static uint8_t *put_jump(uint8_t *at, uintptr_t target)
{
    return put_displacement(put(at, "\xe9", 1), target, 0);
}

static uint8_t *put_moved(uint8_t *at, uintptr_t source, const struct decode_instruction *instruction)
{
    const uint8_t condition[2] = {0x0f, 0x80 | instruction->condition};
    switch (instruction->kind) {
    case DECODE_JUMP:
        return put_jump(at, instruction->target);
    case DECODE_CONDITIONAL:
        return put_displacement(put(at, condition, sizeof condition), instruction->target, 0);
    default:
        memcpy(at, (const void *)source, instruction->length);
        if (instruction->displacement)
            put_displacement(at + instruction->displacement, instruction->target,
                             instruction->length - instruction->displacement - sizeof(int32_t));
        return at + instruction->length;
    }
}

/* The head in its new place, then on to the rest of the function. A call becomes a push of the
 * address it would have returned to and a jump, so that no stack ever shows the stub: unwinders
 * know nothing about it. It is always the last one of a head, being as long as the jump. */
static uint8_t *put_head(uint8_t *at, const struct patch *patch, uint64_t *constant)
{
    for (size_t done = 0; done < patch->head_size;) {
        struct decode_instruction instruction = {0};
        uintptr_t source = patch->head + done;
        decode(&instruction, source, PATCH_HEAD_SIZE);
        done += instruction.length;
        if (instruction.kind == DECODE_CALL) {
            *constant = source + instruction.length;
            at = put_operand(at, "\xff\x35", constant);
            at = put_jump(at, instruction.target);
        } else {
            at = put_moved(at, source, &instruction);
        }
    }
    return put_jump(at, patch->head + patch->head_size);
}

/* Constants stay at the end of the code page, where they become read-only with it. */
static uint64_t *constants_of(const struct patch_memory *memory, size_t count)
{
    return (uint64_t *)(void *)(memory->code + memory->code_size) - count;
}

/* The function as it was. */
static uint8_t *put_original(uint8_t *at, struct patch *patch, uint64_t *constant)
{
    memcpy(&patch->original, &at, sizeof at);
    return put_head(at, patch, constant);
}

void patch_cpu_count(struct patch *patch, const struct patch_memory *memory,
                     void (*due)(void *object, void *context), void *context)
{
    uint64_t *constants = constants_of(memory, 3);
    uint8_t *at = memory->code;

    patch->stub = (uintptr_t)at;
    at = put_displacement(put(at, "\x48\x83\x2d", 3), (uintptr_t)memory->data, 1); /* sub $1, countdown */
    at = put(at, "\x01", 1);
    at = put(at, "\x0f\x8e", 2); /* jle to behind the head, which is not there yet */
    uint8_t *jump_due = at;
    at += sizeof(int32_t);

    at = put_original(at, patch, &constants[0]);
    put_displacement(jump_due, (uintptr_t)at, 0);
    constants[1] = (uintptr_t)context;
    constants[2] = (uintptr_t)due;
    at = put_operand(at, "\x48\x8b\x35", &constants[1]); /* mov context, %rsi */
    put_operand(at, "\xff\x25", &constants[2]);          /* jmp *due */
}

uintptr_t patch_cpu_call(const struct patch *patch, uintptr_t return_address)
{
    const uint8_t *call = (const uint8_t *)return_address - CALL_SIZE;
    intptr_t displacement = (intptr_t)(patch->stub - return_address);
    int32_t target;
    memcpy(&target, call + 1, sizeof target);
    bool is_call = *call == CALL && return_address + (uintptr_t)(intptr_t)target == patch->target.address;
    return is_call && (int32_t)displacement == displacement ? (uintptr_t)call : 0;
}

size_t patch_cpu_redirect(uintptr_t target, uintptr_t call, uint8_t bytes[PATCH_HEAD_SIZE])
{
    *bytes = CALL;
    int32_t displacement = (int32_t)(intptr_t)(target - (call + CALL_SIZE));
    memcpy(bytes + 1, &displacement, sizeof displacement);
    return CALL_SIZE;
}

/* Called by the stub of patch_notify() with the context and the callback pushed before the return address.
 * Keeps all that may hold an argument (rax: how many vector registers, r10: the static chain). To an unwinder
 * the frame looks as if the hooked function's caller had called it: stubs have no unwind tables. */
__asm__(".pushsection .text\n"
        ".hidden patch_notify_enter\n"
        ".globl patch_notify_enter\n"
        ".type patch_notify_enter, @function\n"
        "patch_notify_enter:\n"
        "    .cfi_startproc\n"
        "    .cfi_def_cfa_offset 32\n"
        "    push %rbp\n"
        "    .cfi_def_cfa_offset 40\n"
        "    .cfi_offset rbp, -40\n"
        "    mov %rsp, %rbp\n"
        "    .cfi_def_cfa_register rbp\n"
        "    push %rax\n"
        "    push %r10\n"
        "    push %r11\n"
        "    push 24(%rbp)\n" /* from here on a struct patch_arguments, last member first */
        "    .irp register, r9, r8, rcx, rdx, rsi, rdi\n"
        "    push %\\register\n"
        "    .endr\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    sub $128, %rsp\n"
        "    .irp number, 0, 1, 2, 3, 4, 5, 6, 7\n"
        "    movups %xmm\\number, 16*\\number(%rsp)\n"
        "    .endr\n"
        "    call *16(%rbp)\n"
        "    .irp number, 0, 1, 2, 3, 4, 5, 6, 7\n"
        "    movups 16*\\number(%rsp), %xmm\\number\n"
        "    .endr\n"
        "    lea -80(%rbp), %rsp\n"
        "    .irp register, rdi, rsi, rdx, rcx, r8, r9\n"
        "    pop %\\register\n"
        "    .endr\n"
        "    lea 8(%rsp), %rsp\n"
        "    pop %r11\n"
        "    pop %r10\n"
        "    pop %rax\n"
        "    pop %rbp\n"
        "    .cfi_def_cfa rsp, 32\n"
        "    ret $16\n"
        "    .cfi_endproc\n"
        ".size patch_notify_enter, . - patch_notify_enter\n"
        ".popsection\n");
extern const char patch_notify_enter[] __attribute__((visibility("hidden")));
static_assert(sizeof(struct patch_arguments) == 56,
              "patch_notify_enter pushes the context and six registers");

void patch_cpu_notify(struct patch *patch, const struct patch_memory *memory,
                      void (*tell)(const struct patch_arguments *arguments), void *context)
{
    uint64_t *constants = constants_of(memory, 4);
    uint8_t *at = memory->code;

    patch->stub = (uintptr_t)at;
    constants[1] = (uintptr_t)tell;
    constants[2] = (uintptr_t)patch_notify_enter;
    constants[3] = (uintptr_t)context;
    at = put_operand(at, "\xff\x35", &constants[3]); /* push context */
    at = put_operand(at, "\xff\x35", &constants[1]); /* push tell */
    at = put_operand(at, "\xff\x15", &constants[2]); /* call *patch_notify_enter */
    put_original(at, patch, &constants[0]);
}

void patch_cpu_replace(struct patch *patch, const struct patch_memory *memory, void *handler)
{
    uint64_t *constants = constants_of(memory, 2);
    uint8_t *at = memory->code;

    patch->stub = (uintptr_t)at;
    constants[1] = (uintptr_t)handler;
    at = put_operand(at, "\xff\x25", &constants[1]); /* jmp *handler */
    at = put_original(at, patch, &constants[0]);
    assert(at <= (uint8_t *)constants);
}

/* The handler gets every register as the caller left it, but for the third argument. */
void patch_cpu_method(struct patch *patch, const struct patch_memory *memory, int32_t shortcut,
                      uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context)
{
    uint64_t *constants = constants_of(memory, 3);
    uint8_t *at = memory->code;

    patch->stub = (uintptr_t)at;
    constants[1] = (uintptr_t)context;
    constants[2] = (uintptr_t)handler;
    if (shortcut != 0) {
        at = put_displacement(put(at, "\x48\x83\x3d", 3), (uintptr_t)memory->data, 1); /* cmpq $0, shut */
        at = put(at, "\x00\x74\x11", 3);                                               /* je 1f */
        at = put(put(at, "\x48\x39\xb7", 3), &shortcut, 4); /* cmp %rsi, offset(%rdi) */
        at = put(at, "\x73\x08", 2);                        /* jae 1f */
        at = put(put(at, "\x48\x89\xb7", 3), &shortcut, 4); /* mov %rsi, offset(%rdi) */
        at = put(at, "\xc3", 1);                            /* ret; 1: */
    }
    at = put_operand(at, "\x48\x8b\x15", &constants[1]); /* mov context, %rdx */
    at = put_operand(at, "\xff\x25", &constants[2]);     /* jmp *handler */
    put_original(at, patch, &constants[0]);
}

void patch_cpu_jump(const struct patch *patch, uint8_t *bytes)
{
    int32_t displacement = (int32_t)((intptr_t)patch->stub - (intptr_t)(patch->head + JUMP_SIZE));
    memset(bytes, 0xcc, patch->head_size); /* int3: nobody comes here any more */
    bytes[0] = 0xe9;
    memcpy(bytes + 1, &displacement, sizeof displacement);
}
