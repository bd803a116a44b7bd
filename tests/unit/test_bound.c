/* SPDX-License-Identifier: MIT */
/* A waveform is never larger than it may be, its end is kept, and one that fits is left alone. */
#include "unit.h"

#include <stdbool.h>
#include <stdint.h>

#include "replay/bound.h"

#define MIB (UINT64_C(1) << 20)

struct written {
    uint64_t bytes, first_eval;
    unsigned times; /* it was begun, in all replays */
    unsigned replays;
    uint64_t most_bytes;
    uint64_t dumped_bytes, dumped_evals; /* in all of them */
};

struct run {
    uint64_t most_bytes, head_bytes, last_eval;
    uint64_t (*takes)(uint64_t eval);
    bool is_end_known, may_again, is_hurried;
};

static struct shared_rates rates;

/* One replay of evals from the first one to the last, each of which takes so much. */
static void replay(const struct run *run, uint64_t first_eval, struct bound *bound, struct written *written)
{
    uint64_t last = run->last_eval;

    written->first_eval = first_eval;
    written->replays++;
    for (uint64_t eval = first_eval; eval <= last; eval++) {
        if (eval < written->first_eval)
            continue;
        if (eval == written->first_eval) {
            bound_begin(bound, false, eval);
            written->bytes = run->head_bytes;
            written->times++;
        }
        written->bytes += run->takes(eval);
        written->dumped_bytes += run->takes(eval);
        written->dumped_evals++;
        if (written->bytes > written->most_bytes)
            written->most_bytes = written->bytes;
        uint64_t next = bound_look(bound, eval, written->bytes);
        if (next == 0)
            continue;
        assert_true(next > eval);
        if (run->is_end_known)
            assert_true(next <= last);
        if (next <= last)
            written->first_eval = next;
    }
}

static struct written replay_all(const struct run *run)
{
    struct written written = {.first_eval = 1};
    struct bound bound = {
        .most_bytes = run->most_bytes,
        .last_eval = run->is_end_known ? run->last_eval : 0,
        .rates = &rates,
        .explores = run->may_again,
        .is_hurried = run->is_hurried,
    };

    rates.count = 0;
    replay(run, 1, &bound, &written);
    uint64_t again = bound_again(&bound, 1, written.bytes);
    bound.explores = false;
    if (again != 0)
        replay(run, again, &bound, &written);
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

/* Little, but for a while now and then. */
static uint64_t bursts(uint64_t eval)
{
    return eval / 1000 % 16 == 0 ? MIB / 4 : 100;
}

static uint64_t less_and_less(uint64_t eval)
{
    return 30 + 100000 / (eval / 50 + 1);
}

static void what_fits_is_left_alone(void **state)
{
    (void)state;
    for (int may_again = 0; may_again < 2; may_again++) {
        const struct run runs[] = {
            {1024 * MIB, 3000, 200000, little, true, may_again, false},
            {1024 * MIB, 8 * MIB, 140, much, true, may_again, false},
            {1024 * MIB, 8 * MIB, 200000, early, true, may_again, false},
        };
        for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
            struct written written = replay_all(&runs[i]);
            assert_int_equal(written.first_eval, 1);
            assert_int_equal(written.replays, 1);
        }
    }
}

/* What takes always the same needs no second replay. */
static void the_end_is_kept(void **state)
{
    (void)state;
    for (int may_again = 0; may_again < 2; may_again++) {
        const struct run run = {1024 * MIB, 14 * MIB, 4000, much, true, may_again, false};
        struct written written = replay_all(&run);
        assert_int_equal(written.replays, 1);
        assert_true(written.bytes > 700 * MIB && written.bytes <= 1024 * MIB);
        assert_true(written.most_bytes <= 1024 * MIB);
        assert_true(written.dumped_bytes < 6144 * MIB);
    }
}

static uint64_t (*const changes[])(uint64_t eval) = {late, growing, changing, early, bursts};

static void what_changes(void **state)
{
    (void)state;
    for (unsigned i = 0; changes[i] != bursts; i++)
        for (uint64_t last = 90000; last < 300000; last += 7777) {
            const struct run run = {1024 * MIB, MIB, last, changes[i], true, false, false};
            struct written written = replay_all(&run);
            if (written.most_bytes > (1024 + 128) * MIB || (written.times > 1 && written.bytes < 50 * MIB))
                fail_msg("%u, %lu: %lu MiB, at most %lu, %u times from %lu", i, last, written.bytes / MIB,
                         written.most_bytes / MIB, written.times, written.first_eval);
        }
}

static uint64_t total(const struct run *run)
{
    uint64_t bytes = run->head_bytes;

    for (uint64_t eval = 1; eval <= run->last_eval; eval++)
        bytes += run->takes(eval);
    return bytes;
}

static void check_use(const struct run *run, unsigned which)
{
    struct written written = replay_all(run);
    uint64_t all_bytes = total(run), next_bytes = run->takes(written.first_eval - 1);

    if (written.replays > 2 ||
        written.most_bytes > run->most_bytes + run->most_bytes / 16 + run->takes(run->last_eval) ||
        written.bytes > run->most_bytes ||
        (written.first_eval > 1 && written.bytes + next_bytes < run->most_bytes / 10 * 7))
        fail_msg("%u, %lu: %lu KiB of %lu, at most %lu, %u times in %u from %lu; all: %lu", which,
                 run->last_eval, written.bytes >> 10, run->most_bytes >> 10, written.most_bytes >> 10,
                 written.times, written.replays, written.first_eval, all_bytes >> 10);
    if (all_bytes <= run->most_bytes)
        assert_int_equal(written.first_eval, 1);
}

/* With another replay most of what there is room for is used, however it changes. */
static void another_replay(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++)
        for (uint64_t last = 90000; last < 300000; last += 7777) {
            const struct run run = {1024 * MIB, MIB, last, changes[i], true, true, false};
            check_use(&run, i);
        }
}

/* What is small is measured wholly. */
static void another_replay_of_little(void **state)
{
    (void)state;
    for (uint64_t most_kib = 300; most_kib < 8000; most_kib += 333) {
        const struct run run = {most_kib << 10, 20000, 20000, less_and_less, true, true, false};
        check_use(&run, 99);
    }
}

static uint64_t steadily(uint64_t eval)
{
    return 500 + eval % 5 * 60;
}

/* The end may come where it has just become a little larger than it may be: another replay makes it smaller.
 */
static void a_little_too_much_is_too_much(void **state)
{
    (void)state;
    for (uint64_t head_bytes = 8000; head_bytes < 22000; head_bytes += 1000)
        for (uint64_t last = 100; last < 200; last++) {
            const struct run run = {40 << 10, head_bytes, last, steadily, true, true, false};
            check_use(&run, 98);
        }
}

/* Where a dump takes its time, few evals are dumped to learn from. */
static void learning_has_an_end(void **state)
{
    (void)state;
    for (unsigned i = 1; changes[i] != bursts; i++) { /* not what becomes too large late */
        const struct run run = {64 * MIB, 100000, 300000, changes[i], true, true, true};
        struct written written = replay_all(&run);
        if (written.replays > 2 || written.dumped_evals > 300000 / 8 + 2 * (300000 - written.first_eval))
            fail_msg("%u: %lu dumps for %lu", i, written.dumped_evals, 300000 - written.first_eval);
    }
}

static void no_end_is_known(void **state)
{
    const struct run run = {1024 * MIB, 14 * MIB, 4000, much, false, false, false};
    struct written written = replay_all(&run);

    (void)state;
    assert_true(written.times > 20 && written.times < 40);
    assert_true(written.most_bytes <= (1024 + 128) * MIB);
}

static void one_eval_is_always_there(void **state)
{
    (void)state;
    for (int may_again = 0; may_again < 2; may_again++) {
        const struct run run = {1024 * MIB, 0, 50, more_than_all, true, may_again, false};
        struct written written = replay_all(&run);
        assert_int_equal(written.first_eval, 50);
        assert_true(written.times <= 50);
    }
}

static void any_size(void **state)
{
    const struct run run = {0, 14 * MIB, 4000, much, true, true, false};
    struct written written = replay_all(&run);

    (void)state;
    assert_int_equal(written.first_eval, 1);
    assert_int_equal(written.replays, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_left_alone),
        cmocka_unit_test(the_end_is_kept),
        cmocka_unit_test(what_changes),
        cmocka_unit_test(another_replay),
        cmocka_unit_test(another_replay_of_little),
        cmocka_unit_test(a_little_too_much_is_too_much),
        cmocka_unit_test(learning_has_an_end),
        cmocka_unit_test(no_end_is_known),
        cmocka_unit_test(one_eval_is_always_there),
        cmocka_unit_test(any_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
