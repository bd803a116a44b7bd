/* SPDX-License-Identifier: MIT */
/* What stands in front of the values of an FST, made of the names that its writer keeps. */
#include "unit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wave/fst_head.h"

/* A scope with an attribute, a wire of 40 bits, another name of it, a real, and in a scope below a string and
 * one of 300 bits. */
static const char names[] = "\xfe\0top\0\0"
                            "\xfc\0\7kinds 1 A 0\0\1"
                            "\x10\0wire [39:0]\0\x28\0"
                            "\x10\1alias [39:0]\0\x28\1"
                            "\3\0real\0\x8\0"
                            "\xfe\0below\0comp\0"
                            "\x15\0text\0\0\0"
                            "\x10\0wide\0\xac\2\0"
                            "\xff\xfd\xff";
#define NAMES_BYTES (sizeof names - 1)

static bool read_part(struct fst_head *head, size_t size, size_t *geometry_bytes)
{
    return fst_head_read(head, (const uint8_t *)names, size, NULL, geometry_bytes);
}

static void of_names(void **state)
{
    static const uint8_t expected[] = {0x28, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xac, 2};
    uint8_t geometry[64];
    size_t bytes;
    struct fst_head head;

    (void)state;
    assert_true(read_part(&head, NAMES_BYTES, &bytes));
    assert_int_equal(bytes, sizeof expected);
    assert_true(fst_head_read(&head, (const uint8_t *)names, NAMES_BYTES, geometry, &bytes));
    assert_memory_equal(geometry, expected, sizeof expected);
    assert_int_equal(head.scopes, 2);
    assert_int_equal(head.variables, 5);
    assert_int_equal(head.handles, 4);
}

/* What is cut off anywhere, or has another byte where a kind stands, is no list of names. */
static void of_something_else(void **state)
{
    char other[NAMES_BYTES];
    size_t bytes;
    struct fst_head head;

    (void)state;
    for (size_t size = 0; size < NAMES_BYTES; size++)
        assert_false(read_part(&head, size, &bytes));
    memcpy(other, names, NAMES_BYTES);
    other[0] = 99;
    assert_false(fst_head_read(&head, (const uint8_t *)other, NAMES_BYTES, NULL, &bytes));
    memcpy(other, names, NAMES_BYTES);
    other[NAMES_BYTES - 4] = 5; /* an alias of what is not there */
    assert_false(fst_head_read(&head, (const uint8_t *)other, NAMES_BYTES, NULL, &bytes));
}

static uint64_t number_at(const uint8_t *bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

static void header(void **state)
{
    const struct fst_head head = {.scopes = 1,
                                  .variables = 5,
                                  .handles = 4,
                                  .timescale = -12,
                                  .first_time = 7,
                                  .last_time = 9,
                                  .blocks = 3};
    uint8_t bytes[FST_HEAD_HEADER_BYTES];
    double order;

    (void)state;
    fst_head_header(&head, bytes);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(number_at(bytes + 1), 329);
    assert_int_equal(number_at(bytes + 9), 7);
    assert_int_equal(number_at(bytes + 17), 9);
    memcpy(&order, bytes + 25, sizeof order);
    assert_true(order > 2.718281828 && order < 2.718281829);
    assert_int_equal(number_at(bytes + 41), 1);
    assert_int_equal(number_at(bytes + 49), 5);
    assert_int_equal(number_at(bytes + 57), 4);
    assert_int_equal(number_at(bytes + 65), 3);
    assert_int_equal((int8_t)bytes[73], -12);
}

/* What a reader of LZ4 makes of one sequence without a match. */
static size_t unpack(const uint8_t *from, size_t size, uint8_t *to)
{
    const uint8_t *at = from;
    size_t literals = *at++ >> 4;

    if (literals == 15)
        do
            literals += *at;
        while (*at++ == 255);
    assert_int_equal(at + literals - from, size);
    memcpy(to, at, literals);
    return literals;
}

static void check_blocks(size_t names_bytes, size_t geometry_bytes)
{
    const struct fst_head head = {.handles = 1234};
    size_t room = fst_head_room(names_bytes, geometry_bytes), names_at;
    uint8_t *text = malloc(names_bytes + 1), *lengths = malloc(geometry_bytes + 1);
    uint8_t *blocks = malloc(room), *unpacked = malloc(names_bytes + 1);

    for (size_t i = 0; i < names_bytes; i++)
        text[i] = (uint8_t)(i * 7);
    memset(lengths, 5, geometry_bytes);
    size_t size = fst_head_blocks(blocks, &head, text, names_bytes, lengths, geometry_bytes);
    names_at = geometry_bytes + 25;
    assert_true(size <= room);
    assert_int_equal(blocks[0], 3);
    assert_int_equal(number_at(blocks + 1) + 1, names_at);
    assert_int_equal(number_at(blocks + 9), geometry_bytes);
    assert_int_equal(number_at(blocks + 17), 1234);
    assert_memory_equal(blocks + 25, lengths, geometry_bytes);
    assert_int_equal(blocks[names_at], 6);
    assert_int_equal(number_at(blocks + names_at + 1) + 1, size - names_at);
    assert_int_equal(number_at(blocks + names_at + 9), names_bytes);
    assert_int_equal(unpack(blocks + names_at + 17, size - names_at - 17, unpacked), names_bytes);
    assert_memory_equal(unpacked, text, names_bytes);
    fst_head_merge(size, blocks + FST_HEAD_MERGED_AT);
    assert_int_equal(blocks[0], 3);
    assert_int_equal(number_at(blocks + 1) + 1, size);
    assert_int_equal(number_at(blocks + 9), size - 25);
    assert_int_equal(number_at(blocks + 17), 1234);
    assert_memory_equal(blocks + 25, lengths, geometry_bytes);
    free(text);
    free(lengths);
    free(blocks);
    free(unpacked);
}

static void blocks(void **state)
{
    static const size_t sizes[] = {1, 14, 15, 16, 269, 270, 271, 524, 525, 526, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_blocks(sizes[i], 300);
}

static void values(void **state)
{
    uint8_t look[FST_HEAD_LOOK_BYTES] = {8, [7] = 1, [8] = 2, [16] = 40, [24] = 50};
    struct fst_head head = {0};

    (void)state;
    assert_int_equal(fst_head_count(&head, look), 259);
    look[16] = 50;
    look[24] = 90;
    assert_int_equal(fst_head_count(&head, look), 259);
    assert_int_equal(head.blocks, 2);
    assert_int_equal(head.first_time, 40);
    assert_int_equal(head.last_time, 90);
    look[0] = 3;
    assert_int_equal(fst_head_count(&head, look), 259);
    assert_int_equal(head.blocks, 2);
    memset(look + 1, 0, 8); /* it is being written */
    assert_int_equal(fst_head_count(&head, look), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_names), cmocka_unit_test(of_something_else),
        cmocka_unit_test(header),   cmocka_unit_test(blocks),
        cmocka_unit_test(values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
