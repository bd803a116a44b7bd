/* SPDX-License-Identifier: MIT */
/* Has the writer of an FST anything to flush? */
#include "unit.h"

#include <stdint.h>
#include <string.h>

#include "wave/fst_block.h"

#define ROOM (UINT32_C(132) << 20)

/* As releases up to 5.048 have it: other members before and behind. */
static uint64_t writer[48];

static void make(size_t at, uint64_t time, uint64_t first_time, uint32_t bytes, uint32_t room)
{
    const uint32_t sizes[2] = {bytes, room};

    memset(writer, 0, sizeof writer);
    memset(writer, 0x5a, at * sizeof *writer);
    writer[at] = time;
    writer[at + 1] = first_time;
    memcpy(&writer[at + 2], sizes, sizeof sizes);
}

static void tells(void **state)
{
    (void)state;
    for (size_t at = 16; at < 24; at++) {
        make(at, 4711, 0, 1, ROOM);
        assert_false(fst_block_has_changes(writer, 4711));
        make(at, 4711, 4000, 0, ROOM);
        assert_false(fst_block_has_changes(writer, 4711));
        make(at, 4711, 4000, 2, ROOM);
        assert_true(fst_block_has_changes(writer, 4711));
        make(at, 0, 0, 1, ROOM);
        assert_false(fst_block_has_changes(writer, 0));
    }
}

/* Another release, another time, or two places: it is flushed as ever. */
static void cannot_tell(void **state)
{
    (void)state;
    assert_true(fst_block_has_changes(NULL, 1));
    make(18, 4711, 0, 1, ROOM);
    assert_true(fst_block_has_changes(writer, 4712));
    make(18, 4711, 0, 1, 1000);
    assert_true(fst_block_has_changes(writer, 4711));
    make(18, 4711, 5000, 1, ROOM);
    assert_true(fst_block_has_changes(writer, 4711));
    make(18, 4711, 0, 1, ROOM);
    for (size_t at = 18; at < 21; at++)
        writer[at + 4] = writer[at];
    assert_true(fst_block_has_changes(writer, 4711));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells),
        cmocka_unit_test(cannot_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
