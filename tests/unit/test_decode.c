/* SPDX-License-Identifier: MIT */
/* decode: what it says of each instruction of some libraries, and of millions that chance has made, is what
 * Zydis says, as far as patching wants to know it. Zydis knows which encodings no processor executes;
 * decode() need not: they fault in their new place as well. */
#include "unit.h"

#include "patch/decode_x86_64.h"

#include <Zydis/Zydis.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_TRIES 2000000u
#define SHOWN        10u

static const char *const libraries[] = {"libc.so.6",       "libm.so.6",     "libstdc++.so.6",
                                        "libcrypto.so.3",  "libz.so.1",     "libpython3.11.so.1.0",
                                        "libZydis.so.4.0", "libgcc_s.so.1", "ld-linux-x86-64.so.2"};

struct tally {
    size_t same, different;
};

static enum decode_kind branch_kind(const ZydisDecodedInstruction *raw)
{
    bool is_short = raw->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && (raw->opcode & 0xf0) == 0x70;
    bool is_near = raw->opcode_map == ZYDIS_OPCODE_MAP_0F && (raw->opcode & 0xf0) == 0x80;

    if (raw->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE)
        return DECODE_STUBBORN;
    if (raw->mnemonic == ZYDIS_MNEMONIC_CALL)
        return DECODE_CALL;
    if (raw->mnemonic == ZYDIS_MNEMONIC_JMP)
        return DECODE_JUMP;
    return is_short || is_near ? DECODE_CONDITIONAL : DECODE_STUBBORN;
}

static enum decode_kind other_kind(const ZydisDecodedInstruction *raw)
{
    switch (raw->meta.category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_SYSCALL:
        return DECODE_STUBBORN;
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_UNCOND_BR:
    case ZYDIS_CATEGORY_INTERRUPT:
        return DECODE_END;
    default:
        return raw->mnemonic == ZYDIS_MNEMONIC_UD2 || raw->mnemonic == ZYDIS_MNEMONIC_HLT ? DECODE_END
                                                                                          : DECODE_PLAIN;
    }
}

/* What no program has in it, or a program of one maker's processors only: its kind is a matter of taste. */
static bool is_odd(const ZydisDecodedInstruction *raw)
{
    switch (raw->mnemonic) {
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_SYSEXIT:
    case ZYDIS_MNEMONIC_XABORT:
    case ZYDIS_MNEMONIC_EXTRQ:
    case ZYDIS_MNEMONIC_INSERTQ:
        return true;
    default:
        return raw->meta.category == ZYDIS_CATEGORY_VTX;
    }
}

/* Moves from and to control registers have no operand in memory, whatever ModRM says. */
static bool is_relative(const ZydisDecodedInstruction *raw)
{
    bool is_control = raw->opcode_map == ZYDIS_OPCODE_MAP_0F && (raw->opcode & 0xfc) == 0x20 &&
                      raw->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY;

    return raw->attributes & ZYDIS_ATTRIB_HAS_MODRM && raw->raw.modrm.mod == 0 && raw->raw.modrm.rm == 5 &&
           !is_control;
}

static bool expected(struct decode_instruction *instruction, const uint8_t *at, size_t room,
                     ZydisDecodedInstruction *raw)
{
    ZydisDecoder decoder;

    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, at, room, raw)))
        return false;
    uintptr_t next = (uintptr_t)at + raw->length;
    *instruction = (struct decode_instruction){.length = raw->length, .condition = raw->opcode & 0x0f};
    if (raw->raw.imm[0].is_relative) {
        instruction->kind = branch_kind(raw);
        instruction->branches = true;
        instruction->target = next + (uintptr_t)raw->raw.imm[0].value.s;
        return true;
    }
    instruction->kind = other_kind(raw);
    if (is_relative(raw)) {
        instruction->target = next + (uintptr_t)raw->raw.disp.value;
        instruction->displacement = raw->raw.disp.offset;
        if (raw->address_width != 64)
            instruction->kind = DECODE_STUBBORN;
    }
    return true;
}

static bool is_same(const struct decode_instruction *wanted, const struct decode_instruction *found,
                    const ZydisDecodedInstruction *raw)
{
    bool same_kind = wanted->kind == found->kind &&
                     (wanted->kind != DECODE_CONDITIONAL || wanted->condition == found->condition);

    return wanted->length == found->length && wanted->branches == found->branches &&
           (raw->operand_width == 16 || wanted->target == found->target) &&
           wanted->displacement == found->displacement && (same_kind || is_odd(raw));
}

/* Returns how far it is to the next one. A branch on a vector mask was in processors that were never sold. */
static size_t compare(const uint8_t *at, size_t room, struct tally *tally)
{
    struct decode_instruction wanted = {.length = 1}, found = {.length = 0};
    ZydisDecodedInstruction raw;
    bool is_known = expected(&wanted, at, room, &raw);
    bool is_mask_branch =
        is_known && raw.raw.imm[0].is_relative && raw.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY;

    if (!is_known || is_mask_branch)
        return wanted.length;
    if (decode(&found, (uintptr_t)at, room) && is_same(&wanted, &found, &raw)) {
        tally->same++;
        return wanted.length;
    }
    if (tally->different++ < SHOWN) {
        for (size_t i = 0; i < wanted.length; i++)
            print_message("%02x ", at[i]);
        print_message("%s: kind %d, length %zu\n", ZydisMnemonicGetString(raw.mnemonic), (int)found.kind,
                      found.length);
    }
    return wanted.length;
}

struct walk {
    uintptr_t base;
    struct tally tally;
};

static int walk_object(struct dl_phdr_info *object, size_t size, void *context)
{
    struct walk *walk = context;

    (void)size;
    if (object->dlpi_addr != walk->base)
        return 0;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0)
            continue;
        const uint8_t *at = (const uint8_t *)(walk->base + segment->p_vaddr);
        for (size_t left = segment->p_filesz; left > 0;) {
            size_t length = compare(at, left, &walk->tally);
            at += length;
            left -= length;
        }
    }
    return 1;
}

static void libraries_are_read_alike(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY);
        struct link_map *map;
        if (library == NULL || dlinfo(library, RTLD_DI_LINKMAP, &map) != 0)
            continue;
        struct walk walk = {.base = map->l_addr};
        dl_iterate_phdr(walk_object, &walk);
        assert_int_equal(walk.tally.different, 0);
        seen += walk.tally.same;
    }
    assert_true(seen > 500000);
}

/* Prefixes and the begins of the longer encodings come up more often than chance alone would have them. */
static void make(uint8_t *bytes, size_t size)
{
    static const uint8_t begins[] = {0x66, 0xf2, 0xf3, 0x48, 0x41, 0x67, 0x2e, 0xf0, 0x0f, 0xc5, 0xc4, 0x62};

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(random() >> 7);
    for (size_t i = 0; i < 2; i++)
        if (random() % 2 == 0)
            bytes[i] = begins[(size_t)random() % sizeof begins];
    if (bytes[0] == 0xc4)
        bytes[1] = (uint8_t)((bytes[1] & 0xe0) | (1 + random() % 3));
}

static void chance_is_read_alike(void **state)
{
    struct tally tally = {0, 0};
    uint8_t bytes[16];

    (void)state;
    srandom(1);
    for (unsigned i = 0; i < RANDOM_TRIES; i++) {
        make(bytes, sizeof bytes);
        compare(bytes, sizeof bytes, &tally);
    }
    assert_int_equal(tally.different, 0);
    assert_true(tally.same > RANDOM_TRIES / 4);
}

/* Nothing is read behind the room. */
static void what_is_cut_off_is_none(void **state)
{
    static const uint8_t whole[] = {0x66, 0x2e, 0x48, 0x81, 0x84, 0x25, 0, 0, 0, 0, 1, 2, 3, 4};
    struct decode_instruction found;

    (void)state;
    assert_true(decode(&found, (uintptr_t)whole, sizeof whole));
    assert_int_equal(found.length, sizeof whole);
    for (size_t size = 0; size < sizeof whole; size++) {
        uint8_t *cut = malloc(size + !size);
        assert_non_null(cut);
        memcpy(cut, whole, size);
        assert_false(decode(&found, (uintptr_t)cut, size));
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libraries_are_read_alike),
        cmocka_unit_test(chance_is_read_alike),
        cmocka_unit_test(what_is_cut_off_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
