/* SPDX-License-Identifier: MIT */
/* An instruction is prefixes, an opcode of one of several maps, maybe a ModRM byte with what that asks for,
 * and immediate operands. Which opcodes have the latter two is a table of four bits per opcode; opcodes that
 * no processor of 64 bits knows are left out where they could be mistaken for another length. The tests
 * compare this with another decoder, instruction by instruction. */
#include "patch/decode_x86_64.h"

#include <string.h>

#define LENGTH_MAX 15

enum map { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_5, MAP_6, MAP_XOP8, MAP_XOP9, MAP_XOPA, MAP_NONE };

/* What follows an opcode. */
enum shape {
    BARE,
    MODRM,
    BYTE,        /* an immediate operand of so much */
    WORD,        /* 16 bits */
    FULL,        /* 32 bits, or 16 with an operand size prefix */
    MODRM_BYTE,  /* both */
    MODRM_FULL,  /* both */
    ENTER,       /* a word and a byte */
    VALUE,       /* 64 bits where REX.W says so */
    ADDRESS,     /* as long as addresses are */
    SHORT,       /* a relative branch of 8 bits */
    NEAR,        /* and of 32 */
    GROUP3_BYTE, /* MODRM, and an operand for /0 and /1 */
    GROUP3_FULL,
    PREFIX, /* or the begin of another encoding: met before */
    INVALID,
};

/* clang-format off */
#define ARITHMETIC MODRM, MODRM, MODRM, MODRM, BYTE, FULL
#define EIGHT(shape) shape, shape, shape, shape, shape, shape, shape, shape
static const uint8_t one_byte[256] = {
    /* 00 */ ARITHMETIC, INVALID, INVALID, ARITHMETIC, INVALID, PREFIX,
    /* 10 */ ARITHMETIC, INVALID, INVALID, ARITHMETIC, INVALID, INVALID,
    /* 20 */ ARITHMETIC, PREFIX, INVALID, ARITHMETIC, PREFIX, INVALID,
    /* 30 */ ARITHMETIC, PREFIX, INVALID, ARITHMETIC, PREFIX, INVALID,
    /* 40 */ EIGHT(PREFIX), EIGHT(PREFIX),
    /* 50 */ EIGHT(BARE), EIGHT(BARE),
    /* 60 */ INVALID, INVALID, PREFIX, MODRM, PREFIX, PREFIX, PREFIX, PREFIX,
    /* 68 */ FULL, MODRM_FULL, BYTE, MODRM_BYTE, BARE, BARE, BARE, BARE,
    /* 70 */ EIGHT(SHORT), EIGHT(SHORT),
    /* 80 */ MODRM_BYTE, MODRM_FULL, INVALID, MODRM_BYTE, MODRM, MODRM, MODRM, MODRM,
    /* 88 */ EIGHT(MODRM),
    /* 90 */ EIGHT(BARE), BARE, BARE, INVALID, BARE, BARE, BARE, BARE, BARE,
    /* a0 */ ADDRESS, ADDRESS, ADDRESS, ADDRESS, BARE, BARE, BARE, BARE,
    /* a8 */ BYTE, FULL, BARE, BARE, BARE, BARE, BARE, BARE,
    /* b0 */ EIGHT(BYTE), EIGHT(VALUE),
    /* c0 */ MODRM_BYTE, MODRM_BYTE, WORD, BARE, PREFIX, PREFIX, MODRM_BYTE, MODRM_FULL,
    /* c8 */ ENTER, BARE, WORD, BARE, BARE, BYTE, INVALID, BARE,
    /* d0 */ MODRM, MODRM, MODRM, MODRM, INVALID, INVALID, INVALID, BARE,
    /* d8 */ EIGHT(MODRM),
    /* e0 */ SHORT, SHORT, SHORT, SHORT, BYTE, BYTE, BYTE, BYTE,
    /* e8 */ NEAR, NEAR, INVALID, SHORT, BARE, BARE, BARE, BARE,
    /* f0 */ PREFIX, BARE, PREFIX, PREFIX, BARE, BARE, GROUP3_BYTE, GROUP3_FULL,
    /* f8 */ BARE, BARE, BARE, BARE, BARE, BARE, MODRM, MODRM,
};
static const uint8_t two_bytes[256] = {
    /* 00 */ MODRM, MODRM, MODRM, MODRM, INVALID, BARE, BARE, BARE,
    /* 08 */ BARE, BARE, INVALID, BARE, INVALID, MODRM, BARE, MODRM_BYTE,
    /* 10 */ EIGHT(MODRM), EIGHT(MODRM),
    /* 20 */ MODRM, MODRM, MODRM, MODRM, INVALID, INVALID, INVALID, INVALID, EIGHT(MODRM),
    /* 30 */ BARE, BARE, BARE, BARE, BARE, BARE, INVALID, BARE,
    /* 38 */ PREFIX, INVALID, PREFIX, INVALID, INVALID, INVALID, INVALID, INVALID,
    /* 40 */ EIGHT(MODRM), EIGHT(MODRM),
    /* 50 */ EIGHT(MODRM), EIGHT(MODRM),
    /* 60 */ EIGHT(MODRM), EIGHT(MODRM),
    /* 70 */ MODRM_BYTE, MODRM_BYTE, MODRM_BYTE, MODRM_BYTE, MODRM, MODRM, MODRM, BARE,
    /* 78 */ MODRM, MODRM, INVALID, INVALID, MODRM, MODRM, MODRM, MODRM,
    /* 80 */ EIGHT(NEAR), EIGHT(NEAR),
    /* 90 */ EIGHT(MODRM), EIGHT(MODRM),
    /* a0 */ BARE, BARE, BARE, MODRM, MODRM_BYTE, MODRM, MODRM, MODRM,
    /* a8 */ BARE, BARE, BARE, MODRM, MODRM_BYTE, MODRM, MODRM, MODRM,
    /* b0 */ EIGHT(MODRM), MODRM, MODRM, MODRM_BYTE, MODRM, MODRM, MODRM, MODRM, MODRM,
    /* c0 */ MODRM, MODRM, MODRM_BYTE, MODRM, MODRM_BYTE, MODRM_BYTE, MODRM_BYTE, MODRM, EIGHT(BARE),
    /* d0 */ EIGHT(MODRM), EIGHT(MODRM),
    /* e0 */ EIGHT(MODRM), EIGHT(MODRM),
    /* f0 */ EIGHT(MODRM), EIGHT(MODRM),
};
/* clang-format on */

/* An instruction on its way. */
struct reader {
    const uint8_t *bytes, *end; /* the next one; where the room is over */
    const uint8_t *start;
    bool operand_size, address_size, repeats, has_rex, is_wide; /* 66, 67, f2 or f3, REX, REX.W */
    bool is_locked;                                             /* f0 */
    bool is_insert;                                             /* f2 */
    bool is_legacy;                                             /* neither VEX, EVEX nor XOP */
    enum map map;
    uint8_t opcode, modrm;
    bool has_modrm;
    size_t displacement; /* of an operand relative to rip: where it is */
    size_t immediate;    /* where it begins */
};

static bool take_byte(struct reader *reader, uint8_t *byte)
{
    if (reader->bytes >= reader->end)
        return false;
    *byte = *reader->bytes++;
    return true;
}

static bool skip(struct reader *reader, size_t count)
{
    if ((size_t)(reader->end - reader->bytes) < count)
        return false;
    reader->bytes += count;
    return true;
}

/* REX counts only where the opcode comes next. */
static bool read_prefixes(struct reader *reader, uint8_t *byte)
{
    for (; take_byte(reader, byte); reader->has_rex = (*byte & 0xf0) == 0x40) {
        switch (*byte) {
        case 0x66:
            reader->operand_size = true;
            break;
        case 0x67:
            reader->address_size = true;
            break;
        case 0xf2:
        case 0xf3:
            reader->repeats = true;
            reader->is_insert = *byte == 0xf2;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
            break;
        case 0xf0:
            reader->is_locked = true;
            break;
        default:
            if ((*byte & 0xf0) != 0x40)
                return true;
        }
        reader->is_wide = (*byte & 0xf8) == 0x48;
    }
    return false;
}

/* VEX, EVEX and XOP: the map is in the first of so many bytes. Other prefixes are not allowed before. */
static bool read_vector(struct reader *reader, size_t payload, enum map map)
{
    reader->is_legacy = false;
    reader->map = map;
    return map != MAP_NONE && !reader->operand_size && !reader->repeats && !reader->has_rex &&
           skip(reader, payload) && take_byte(reader, &reader->opcode);
}

static bool read_vex3(struct reader *reader)
{
    static const uint8_t maps[] = {MAP_NONE, MAP_0F, MAP_0F38, MAP_0F3A};
    uint8_t first = reader->bytes < reader->end ? *reader->bytes & 0x1f : 0;

    return read_vector(reader, 2, first < sizeof maps ? maps[first] : MAP_NONE);
}

static bool read_evex(struct reader *reader)
{
    static const uint8_t maps[8] = {MAP_NONE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_NONE, MAP_5, MAP_6, MAP_NONE};
    uint8_t first = reader->bytes < reader->end ? *reader->bytes : 0;

    return read_vector(reader, 3, (first & 8) == 0 ? maps[first & 7] : MAP_NONE);
}

static bool read_xop(struct reader *reader)
{
    static const uint8_t maps[] = {MAP_XOP8, MAP_XOP9, MAP_XOPA};
    size_t first = (*reader->bytes & 0x1f) - 8u;

    return read_vector(reader, 2, first < sizeof maps ? maps[first] : MAP_NONE);
}

static bool read_escaped(struct reader *reader)
{
    reader->map = MAP_0F;
    if (!take_byte(reader, &reader->opcode))
        return false;
    if (reader->opcode != 0x38 && reader->opcode != 0x3a)
        return true;
    reader->map = reader->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
    return take_byte(reader, &reader->opcode);
}

static bool read_opcode(struct reader *reader)
{
    uint8_t byte;

    if (!read_prefixes(reader, &byte))
        return false;
    switch (byte) {
    case 0x0f:
        return read_escaped(reader);
    case 0xc5:
        return read_vector(reader, 1, MAP_0F);
    case 0xc4:
        return read_vex3(reader);
    case 0x62:
        return read_evex(reader);
    case 0x8f:
        if (reader->bytes < reader->end && (*reader->bytes & 0x1f) >= 8)
            return read_xop(reader);
        break;
    default:
        break;
    }
    reader->opcode = byte;
    return true;
}

/* Control and debug registers are moved to and from a register, whatever ModRM says. */
static bool is_register_move(const struct reader *reader)
{
    return reader->map == MAP_0F && reader->is_legacy && (reader->opcode & 0xfc) == 0x20;
}

static bool read_modrm(struct reader *reader)
{
    uint8_t scale = 0;

    reader->has_modrm = true;
    if (!take_byte(reader, &reader->modrm))
        return false;
    unsigned mode = reader->modrm >> 6, base = reader->modrm & 7;
    if (mode == 3 || is_register_move(reader))
        return true;
    if (base == 4 && !take_byte(reader, &scale))
        return false;
    if (mode == 0 && base == 5)
        reader->displacement = (size_t)(reader->bytes - reader->start);
    if (mode == 1)
        return skip(reader, 1);
    bool is_far = mode == 2 || base == 5 || (base == 4 && (scale & 7) == 5);
    return !is_far || skip(reader, sizeof(int32_t));
}

static enum shape shape_of(const struct reader *reader)
{
    bool is_branch = reader->map == MAP_0F && (reader->opcode & 0xf0) == 0x80;

    switch (reader->map) {
    case MAP_ONE:
        return one_byte[reader->opcode];
    case MAP_0F:
        return is_branch && !reader->is_legacy ? INVALID : two_bytes[reader->opcode];
    case MAP_0F3A:
    case MAP_XOP8:
        return MODRM_BYTE;
    case MAP_XOPA:
        return MODRM_FULL;
    default:
        return MODRM;
    }
}

static size_t full_size(const struct reader *reader)
{
    return reader->operand_size && !reader->is_wide ? 2 : 4;
}

/* Bytes of immediate operands. */
static size_t immediate_size(const struct reader *reader, enum shape shape)
{
    bool is_test = reader->has_modrm && (reader->modrm & 0x30) == 0; /* /0 and /1 */

    switch (shape) {
    case BYTE:
    case MODRM_BYTE:
    case SHORT:
        return 1;
    case WORD:
        return 2;
    case ENTER:
        return 3;
    case FULL:
    case MODRM_FULL:
        return full_size(reader);
    case NEAR:
        return 4;
    case VALUE:
        return reader->is_wide ? 8 : full_size(reader);
    case ADDRESS:
        return reader->address_size ? 4 : 8;
    case GROUP3_BYTE:
        return is_test ? 1 : 0;
    case GROUP3_FULL:
        return is_test ? full_size(reader) : 0;
    default:
        return 0;
    }
}

static bool shape_has_modrm(enum shape shape)
{
    return shape == MODRM || shape == MODRM_BYTE || shape == MODRM_FULL || shape == GROUP3_BYTE ||
           shape == GROUP3_FULL;
}

/* One maker's vmread and vmwrite are another's extrq and insertq. */
static bool is_extract(const struct reader *reader)
{
    return reader->map == MAP_0F && reader->is_legacy && reader->opcode == 0x78 &&
           (reader->operand_size || reader->is_insert);
}

static bool read_operands(struct reader *reader, enum shape shape)
{
    if (shape == INVALID || shape == PREFIX || (shape_has_modrm(shape) && !read_modrm(reader)))
        return false;
    reader->immediate = (size_t)(reader->bytes - reader->start);
    return skip(reader, is_extract(reader) ? 2 : immediate_size(reader, shape));
}

/* --- what it is --- */

static bool is_one(const struct reader *reader, uint8_t opcode)
{
    return reader->map == MAP_ONE && reader->opcode == opcode;
}

/* xbegin, which shares its opcode with a move. */
static bool is_transaction(const struct reader *reader)
{
    return is_one(reader, 0xc7) && reader->modrm == 0xf8;
}

static enum decode_kind branch_kind(const struct reader *reader)
{
    if (reader->operand_size) /* processors do not agree on what it means there */
        return DECODE_STUBBORN;
    if (is_one(reader, 0xe8))
        return DECODE_CALL;
    if (is_one(reader, 0xe9) || is_one(reader, 0xeb))
        return DECODE_JUMP;
    bool is_conditional = reader->map == MAP_0F || (reader->opcode & 0xf0) == 0x70;
    return is_conditional && !is_transaction(reader) ? DECODE_CONDITIONAL : DECODE_STUBBORN;
}

/* False: a group that has no such member. */
static bool group_kind(const struct reader *reader, enum decode_kind *kind)
{
    unsigned member = reader->modrm >> 3 & 7;

    switch (reader->opcode) {
    case 0xff:
        if (member == 2 || member == 3)
            *kind = DECODE_STUBBORN;
        else if (member == 4 || member == 5)
            *kind = DECODE_END;
        return member != 7;
    case 0xfe:
        return member < 2;
    case 0x8f:
        return member == 0;
    case 0xc6:
        return member == 0 || reader->modrm == 0xf8; /* xabort */
    case 0xc7:
        return member == 0;
    default:
        return true;
    }
}

static enum decode_kind one_byte_kind(const struct reader *reader)
{
    switch (reader->opcode) {
    case 0xc2: /* ret and iret */
    case 0xc3:
    case 0xca:
    case 0xcb:
    case 0xcf:
    case 0xcc: /* int3, int, int1 */
    case 0xcd:
    case 0xf1:
    case 0xf4: /* hlt */
        return DECODE_END;
    default:
        return DECODE_PLAIN;
    }
}

static enum decode_kind two_byte_kind(const struct reader *reader)
{
    switch (reader->opcode) {
    case 0x05: /* syscall, which leaves the address behind itself in rcx, and its like */
    case 0x07:
    case 0x34:
    case 0x35:
    case 0x78: /* one maker's: another's processors see another length */
    case 0x79:
        return DECODE_STUBBORN;
    case 0x01: /* vmcall, vmlaunch, vmresume, vmxoff, vmfunc */
        return (reader->modrm >= 0xc1 && reader->modrm <= 0xc4) || reader->modrm == 0xd4 ? DECODE_STUBBORN
                                                                                         : DECODE_PLAIN;
    case 0x0b: /* ud2, ud1, ud0 */
    case 0xb9:
    case 0xff:
        return DECODE_END;
    default:
        return DECODE_PLAIN;
    }
}

static bool other_kind(const struct reader *reader, enum decode_kind *kind)
{
    *kind = DECODE_PLAIN;
    if (!reader->is_legacy)
        return true;
    if (reader->map == MAP_0F)
        *kind = two_byte_kind(reader);
    if (reader->map != MAP_ONE)
        return true;
    *kind = one_byte_kind(reader);
    return group_kind(reader, kind);
}

static int64_t read_signed(const uint8_t *bytes, size_t size)
{
    int32_t wide;

    if (size == 1)
        return (int8_t)*bytes;
    memcpy(&wide, bytes, sizeof wide);
    return wide;
}

bool decode(struct decode_instruction *instruction, uintptr_t at, size_t room)
{
    const uint8_t *start = (const uint8_t *)at;
    struct reader reader = {
        .bytes = start,
        .start = start,
        .end = start + (room < LENGTH_MAX ? room : LENGTH_MAX),
        .is_legacy = true,
    };

    if (!read_opcode(&reader))
        return false;
    enum shape shape = shape_of(&reader);
    if (!read_operands(&reader, shape))
        return false;
    *instruction = (struct decode_instruction){.length = (size_t)(reader.bytes - start),
                                               .condition = reader.opcode & 0x0f};
    uintptr_t next = at + instruction->length;
    if (shape == SHORT || shape == NEAR || is_transaction(&reader)) {
        if (reader.is_locked) /* what would be made of it is not */
            return false;
        size_t size = instruction->length - reader.immediate;
        instruction->kind = branch_kind(&reader);
        instruction->branches = true;
        instruction->target = next + (uintptr_t)(size == 2 ? 0 : read_signed(start + reader.immediate, size));
        return true;
    }
    if (!other_kind(&reader, &instruction->kind))
        return false;
    if (reader.displacement) {
        instruction->target = next + (uintptr_t)read_signed(start + reader.displacement, sizeof(int32_t));
        instruction->displacement = reader.displacement;
        if (reader.address_size)
            instruction->kind = DECODE_STUBBORN;
    }
    return true;
}
