/* SPDX-License-Identifier: MIT */
/* A waveform is never larger than it may be, its end is kept, and one that fits is left alone. */
#include "unit.h"

#include <stdbool.h>
#include <stdint.h>

#include "replay/bound.h"

#define MIB (UINT64_C(1) << 20)

struct written {
    uint64_t bytes, first_eval;
    unsigned times; /* it was begun */
    uint64_t most_bytes;
};

/* A replay of evals 1 to last, each of which takes so much. */
static struct written replay(uint64_t most_bytes, uint64_t head_bytes, uint64_t last,
                             uint64_t (*takes)(uint64_t eval), bool end_is_known)
{
    struct written written = {.first_eval = 1};
    struct bound bound;

    for (uint64_t eval = 1; eval <= last; eval++) {
        if (eval < written.first_eval)
            continue;
        if (eval == written.first_eval) {
            bound_begin(&bound, most_bytes, false, eval);
            written.bytes = head_bytes;
            written.times++;
        }
        written.bytes += takes(eval);
        if (written.bytes > written.most_bytes)
            written.most_bytes = written.bytes;
        uint64_t next = bound_look(&bound, eval, end_is_known ? last : 0, written.bytes);
        if (next == 0)
            continue;
        assert_true(next > eval);
        if (end_is_known)
            assert_true(next <= last);
        if (next <= last)
            written.first_eval = next;
    }
    return written;
}

static uint64_t little(uint64_t eval)
{
    (void)eval;
    return 30;
}

static uint64_t much(uint64_t eval)
{
    (void)eval;
    return 7 * MIB;
}

static uint64_t more_than_all(uint64_t eval)
{
    (void)eval;
    return 3000 * MIB;
}

/* Idle, then busy. */
static uint64_t late(uint64_t eval)
{
    return eval < 100000 ? 30 : MIB / 2;
}

/* Busy, then idle: as in a reset. */
static uint64_t early(uint64_t eval)
{
    return eval < 20 ? 4 * MIB : 30;
}

static uint64_t growing(uint64_t eval)
{
    return eval * 1000;
}

static uint64_t changing(uint64_t eval)
{
    return eval % 10 == 0 ? MIB : 200;
}

static void what_fits_is_left_alone(void **state)
{
    struct written written = replay(1024 * MIB, 3000, 200000, little, true);

    (void)state;
    assert_int_equal(written.first_eval, 1);
    written = replay(1024 * MIB, 8 * MIB, 140, much, true);
    assert_int_equal(written.first_eval, 1);
    written = replay(1024 * MIB, 8 * MIB, 200000, early, true);
    assert_int_equal(written.first_eval, 1);
}

static void the_end_is_kept(void **state)
{
    struct written written = replay(1024 * MIB, 14 * MIB, 4000, much, true);

    (void)state;
    assert_int_equal(written.times, 2);
    assert_true(written.bytes > 700 * MIB && written.bytes <= 1024 * MIB);
    assert_true(written.most_bytes <= 1024 * MIB);
}

static void what_changes(void **state)
{
    static uint64_t (*const takes[])(uint64_t eval) = {late, growing, changing, early};

    (void)state;
    for (unsigned i = 0; i < sizeof takes / sizeof *takes; i++)
        for (uint64_t last = 90000; last < 300000; last += 7777) {
            struct written written = replay(1024 * MIB, MIB, last, takes[i], true);
            if (written.most_bytes > (1024 + 128) * MIB || (written.times > 1 && written.bytes < 50 * MIB))
                fail_msg("%u, %lu: %lu MiB, at most %lu, %u times from %lu", i, last, written.bytes / MIB,
                         written.most_bytes / MIB, written.times, written.first_eval);
        }
}

static void no_end_is_known(void **state)
{
    struct written written = replay(1024 * MIB, 14 * MIB, 4000, much, false);

    (void)state;
    assert_true(written.times > 20 && written.times < 40);
    assert_true(written.most_bytes <= (1024 + 128) * MIB);
}

static void one_eval_is_always_there(void **state)
{
    struct written written = replay(1024 * MIB, 0, 50, more_than_all, true);

    (void)state;
    assert_int_equal(written.first_eval, 50);
    assert_true(written.times <= 3);
}

static void any_size(void **state)
{
    struct written written = replay(0, 14 * MIB, 4000, much, true);

    (void)state;
    assert_int_equal(written.first_eval, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_left_alone),
        cmocka_unit_test(the_end_is_kept),
        cmocka_unit_test(what_changes),
        cmocka_unit_test(no_end_is_known),
        cmocka_unit_test(one_eval_is_always_there),
        cmocka_unit_test(any_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
