/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_MEMORY against a simulated original: it takes memory and writes over it, the test answers what is
 * asked. */
#include "unit.h"

#include <stdbool.h>

#include "snapshot/limits/memory_limit.h"

#define MIB       (UINT64_C(1) << 20)
#define GIB       (UINT64_C(1) << 30)
#define MS_NS     UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
#define COST_NS   (5 * MS_NS) /* of measuring */

/* The true state of things. */
struct world {
    struct memory_limit limit;
    struct slots slots;
    struct memory_now now;
    uint64_t ns, fault_bytes, peak_bytes;
    struct memory_left left;
    uint64_t held_bytes;
    bool is_silent; /* the kernel does not tell what snapshots hold */
    unsigned looks, measured, given_up;
};

static void pass(struct world *world, uint64_t ns)
{
    world->ns += ns;
    memory_limit_now(&world->now, world->ns, world->fault_bytes, world->peak_bytes);
    memory_limit_look(&world->limit, &world->now);
}

static void start(struct world *world, uint64_t bytes, uint32_t share_ppm)
{
    const struct options_memory option = {.bytes = bytes, .share_ppm = share_ppm};

    *world = (struct world){
        .ns = 5 * SECOND_NS, .peak_bytes = GIB, .left = {.left_bytes = 8 * GIB, .of_bytes = 16 * GIB}};
    memory_limit_now(&world->now, world->ns, GIB, GIB);
    world->fault_bytes = GIB;
    memory_limit_init(&world->limit, &option, &world->now);
    slots_init(&world->slots, 4);
}

static void take(struct world *world, uint64_t number)
{
    const struct slot newest = {
        .pid = (pid_t)(1000 + number), .place = (unsigned)(number % SLOTS_PLACES), .number = number};

    slots_push(&world->slots, &newest);
    world->limit.table_bytes = MIB;
    memory_limit_taken(&world->limit, newest.place, &world->now);
}

/* What the caller of memory_limit_step() does. Returns the last answer. */
static enum memory_step settle(struct world *world)
{
    enum memory_step step = MEMORY_ENOUGH;

    for (unsigned tries = 0; tries < 3; tries++) {
        step = memory_limit_step(&world->limit, &world->slots, &world->now);
        if (step == MEMORY_LOOK) {
            world->looks++;
            memory_limit_left(&world->limit, &world->left, &world->now);
        } else if (step == MEMORY_MEASURE) {
            world->measured++;
            memory_limit_held(&world->limit, world->is_silent ? UINT64_MAX : world->held_bytes, COST_NS,
                              &world->now);
        } else
            return step;
    }
    fail_msg("the same is asked again: %d", (int)step);
    return step;
}

static enum memory_step give_up_one(struct world *world, uint64_t held_after_bytes)
{
    enum memory_step step = settle(world);

    if (step == MEMORY_PAST || step == MEMORY_SHORT) {
        slots_remove(&world->slots, slots_oldest(&world->slots)->pid);
        memory_limit_gave_up(&world->limit);
        world->held_bytes = held_after_bytes;
        world->given_up++;
    }
    return step;
}

/* The original writes over what it has: faults, and no more memory. */
static void write_over(struct world *world, uint64_t bytes)
{
    world->fault_bytes += bytes;
    world->held_bytes += bytes;
    world->left.left_bytes -= bytes < world->left.left_bytes ? bytes : world->left.left_bytes;
    pass(world, 10 * MS_NS);
}

/* It takes more. */
static void grow(struct world *world, uint64_t bytes)
{
    world->fault_bytes += bytes;
    world->peak_bytes += bytes;
    world->left.left_bytes -= bytes < world->left.left_bytes ? bytes : world->left.left_bytes;
    pass(world, 10 * MS_NS);
}

static void nothing_is_asked_without_snapshots(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, 0);
    write_over(&world, 3 * GIB);
    pass(&world, 5 * SECOND_NS);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    assert_int_equal(world.looks + world.measured, 0);
}

static void what_may_be_held_yet(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * MIB, 0);
    world.limit.left = world.left;
    assert_int_equal(memory_limit_spare(&world.limit, &world.slots, &world.now), 100 * MIB);
    take(&world, 1);
    write_over(&world, 60 * MIB);
    uint64_t spare_bytes = memory_limit_spare(&world.limit, &world.slots, &world.now);
    assert_true(spare_bytes <= 40 * MIB);
    world.limit.left.left_bytes = 8 * MIB; /* less than is left for the original */
    assert_int_equal(memory_limit_spare(&world.limit, &world.slots, &world.now), 0);
}

static void a_size_is_a_limit(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * MIB, 0);
    take(&world, 1);
    for (unsigned i = 0; i < 10; i++) {
        write_over(&world, 9 * MIB);
        assert_int_equal(settle(&world), MEMORY_ENOUGH);
    }
    write_over(&world, 20 * MIB);
    assert_int_equal(settle(&world), MEMORY_PAST);
    assert_int_equal(world.measured, 1);
}

/* Where the faults were of files, or for memory that is new, measuring saves the snapshot. */
static void the_estimate_is_checked(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * MIB, 0);
    take(&world, 1);
    write_over(&world, 150 * MIB);
    world.held_bytes = 50 * MIB;
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    assert_int_equal(world.measured, 1);
    write_over(&world, 40 * MIB); /* 90 MB in all: no need to ask again */
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    assert_int_equal(world.measured, 1);
    for (unsigned i = 0; i < 20; i++)
        write_over(&world, MIB);
    assert_int_equal(settle(&world), MEMORY_PAST);
    assert_int_equal(world.measured, 2);
    assert_int_equal(world.limit.most_bytes, 110 * MIB);
}

static void growing_is_not_held(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * MIB, 0);
    take(&world, 1);
    for (unsigned i = 0; i < 50; i++) {
        grow(&world, 20 * MIB);
        assert_int_equal(settle(&world), MEMORY_ENOUGH);
    }
    assert_int_equal(world.measured, 0);
}

static void a_share_is_of_what_would_be_left(void **state)
{
    struct world world;

    (void)state;
    start(&world, 0, 250000);
    take(&world, 1);
    write_over(&world, GIB); /* a quarter of 8 GB is 2 GB */
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    pass(&world, SECOND_NS);
    write_over(&world, GIB / 2);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    pass(&world, SECOND_NS);
    write_over(&world, GIB);
    assert_int_equal(settle(&world), MEMORY_PAST);
    assert_int_equal(memory_limit_allowed(&world.limit, world.held_bytes), 2 * GIB);
}

/* Others have taken the rest. */
static void a_share_shrinks_with_what_is_left(void **state)
{
    struct world world;

    (void)state;
    start(&world, 0, 250000);
    take(&world, 1);
    write_over(&world, GIB);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    world.left.left_bytes = 2 * GIB;
    pass(&world, 100 * MS_NS);
    assert_int_equal(settle(&world), MEMORY_ENOUGH); /* not looked yet */
    pass(&world, SECOND_NS);
    assert_int_equal(settle(&world), MEMORY_PAST);
}

static void the_oldest_go_until_it_fits(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * MIB, 0);
    for (uint64_t number = 1; number <= 4; number++) {
        take(&world, number);
        write_over(&world, 40 * MIB);
    }
    assert_int_equal(give_up_one(&world, 120 * MIB), MEMORY_PAST);
    assert_int_equal(give_up_one(&world, 80 * MIB), MEMORY_PAST);
    assert_int_equal(give_up_one(&world, 0), MEMORY_ENOUGH);
    assert_int_equal(world.given_up, 2);
    assert_int_equal(world.looks, 3); /* once, and after each */
    assert_int_equal(slots_oldest(&world.slots)->number, 3);
}

static void little_left_is_enough_to_go(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * GIB, 0);
    take(&world, 1);
    world.left.left_bytes = 65 * MIB;
    write_over(&world, 0);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    write_over(&world, 2 * MIB);
    assert_int_equal(settle(&world), MEMORY_SHORT);
    /* In a small control group the floor is lower. */
    world.left = (struct memory_left){.left_bytes = 20 * MIB, .of_bytes = 256 * MIB};
    pass(&world, 2 * SECOND_NS);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    world.left.left_bytes = 15 * MIB;
    pass(&world, SECOND_NS);
    assert_int_equal(settle(&world), MEMORY_SHORT);
}

/* One that takes 300 MB between two looks needs more than a floor. */
static void fast_growth_needs_more_left(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * GIB, 0);
    take(&world, 1);
    world.left.left_bytes = GIB;
    write_over(&world, 100 * MIB);
    grow(&world, 300 * MIB);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    grow(&world, 200 * MIB); /* 424 MB are left */
    assert_int_equal(settle(&world), MEMORY_SHORT);
}

/* The closer the end, the more often it is looked. */
static void looks_come_with_the_need(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * GIB, 0);
    take(&world, 1);
    for (unsigned i = 0; i < 90; i++) { /* 0.9 s, 900 of 8192 MB */
        grow(&world, 10 * MIB);
        settle(&world);
    }
    assert_int_equal(world.looks, 1);
    world.left.left_bytes = 128 * MIB;
    pass(&world, SECOND_NS);
    settle(&world);
    world.looks = 0;
    grow(&world, 20 * MIB);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    assert_int_equal(world.looks, 1);
}

static void measuring_stays_cheap(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * GIB, 0);
    take(&world, 1);
    for (unsigned i = 0; i < 10000; i++) { /* 100 s */
        write_over(&world, MIB / 4);
        assert_int_equal(settle(&world), MEMORY_ENOUGH);
    }
    assert_in_range(world.measured, 10, 21); /* 5 ms each: a thousandth */
    assert_in_range(world.looks, 90, 110);
}

static void a_silent_kernel_leaves_the_estimate(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * MIB, 0);
    world.is_silent = true;
    world.left.left_bytes = UINT64_MAX;
    take(&world, 1);
    write_over(&world, 90 * MIB);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    take(&world, 2);
    write_over(&world, 20 * MIB);
    assert_int_equal(give_up_one(&world, 0), MEMORY_PAST);
    assert_int_equal(give_up_one(&world, 0), MEMORY_ENOUGH); /* since the second: 20 MB */
    assert_int_equal(world.measured, 1);
    assert_int_equal(world.limit.most_bytes, 0);
    /* A share of nobody knows what is no limit. */
    start(&world, 0, 1);
    world.is_silent = true;
    world.left.left_bytes = UINT64_MAX;
    take(&world, 1);
    write_over(&world, 100 * GIB);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
}

static void a_fresh_one_needs_room(void **state)
{
    struct world world;

    (void)state;
    start(&world, 100 * MIB, 0);
    pass(&world, 10 * MS_NS);
    memory_limit_left(&world.limit, &world.left, &world.now);
    assert_int_equal(memory_limit_fresh(&world.limit, &world.slots, &world.now), MEMORY_ENOUGH);
    world.left.left_bytes = 127 * MIB; /* twice the floor: or it would be given up at once */
    memory_limit_left(&world.limit, &world.left, &world.now);
    assert_int_equal(memory_limit_fresh(&world.limit, &world.slots, &world.now), MEMORY_SHORT);
    start(&world, 100 * MIB, 0);
    write_over(&world, 200 * MIB); /* and again until the next look */
    memory_limit_left(&world.limit, &world.left, &world.now);
    assert_int_equal(memory_limit_fresh(&world.limit, &world.slots, &world.now), MEMORY_PAST);
}

static void extremes_do_not_overflow(void **state)
{
    struct world world;

    (void)state;
    start(&world, 0, 1000000);
    world.left = (struct memory_left){.left_bytes = UINT64_MAX, .of_bytes = UINT64_MAX};
    take(&world, 1);
    world.fault_bytes = UINT64_MAX;
    world.held_bytes = UINT64_MAX - 1;
    pass(&world, UINT64_MAX - 10 * SECOND_NS);
    settle(&world);
    world.fault_bytes = 0; /* getrusage was refused */
    world.peak_bytes = 0;
    pass(&world, 1);
    settle(&world);
}

/* --- where memory is strictly accounted --- */

static struct commit promised(uint64_t left_bytes)
{
    return (struct commit){
        .is_strict = true, .left_bytes = left_bytes, .of_bytes = 4 * GIB, .charge_bytes = GIB};
}

static void what_is_promised_is_a_limit(void **state)
{
    struct world world;

    (void)state;
    start(&world, 0, OPTIONS_PPM);
    world.left.commit = promised(2 * GIB);
    memory_limit_left(&world.limit, &world.left, &world.now);
    assert_int_equal(memory_limit_fresh(&world.limit, &world.slots, &world.now), MEMORY_ENOUGH);
    take(&world, 1);
    world.left.commit = promised(GIB);
    assert_int_equal(settle(&world), MEMORY_ENOUGH); /* and it was asked: a snapshot counts at once */
    assert_int_equal(world.looks, 1);
    assert_int_equal(memory_limit_fresh(&world.limit, &world.slots, &world.now), MEMORY_PROMISED);
    assert_true(memory_limit_may_replace(&world.limit, &world.slots));
    assert_true(memory_limit_may_help(&world.limit, &world.slots, GIB + GIB / 2));
    assert_false(memory_limit_may_help(&world.limit, &world.slots, GIB / 2));
    world.left.commit = promised(63 * MIB);
    pass(&world, SECOND_NS);
    assert_int_equal(give_up_one(&world, 0), MEMORY_PROMISED);
    assert_false(memory_limit_may_replace(&world.limit, &world.slots));
}

/* The simulator has become so large that not even the place of the oldest would do. */
static void too_large_to_replace(void **state)
{
    struct world world;

    (void)state;
    start(&world, 0, OPTIONS_PPM);
    world.left.commit = promised(2 * GIB);
    memory_limit_left(&world.limit, &world.left, &world.now);
    take(&world, 1);
    world.left.commit = promised(GIB);
    world.left.commit.charge_bytes = 2 * GIB;
    pass(&world, SECOND_NS);
    assert_int_equal(settle(&world), MEMORY_ENOUGH);
    assert_int_equal(memory_limit_fresh(&world.limit, &world.slots, &world.now), MEMORY_PROMISED);
    assert_false(memory_limit_may_replace(&world.limit, &world.slots));
}

/* A rare look does not take what has come since the last for what may come in a moment. */
static void growth_is_of_a_moment(void **state)
{
    struct world world;

    (void)state;
    start(&world, 0, OPTIONS_PPM / 4);
    world.fault_bytes += GIB;
    world.peak_bytes += GIB;
    pass(&world, SECOND_NS);
    assert_int_equal(world.limit.growth_bytes, GIB / 100);
    world.fault_bytes += 64 * MIB;
    world.peak_bytes += 64 * MIB;
    pass(&world, MS_NS);
    assert_int_equal(world.limit.growth_bytes, 64 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_without_snapshots),
        cmocka_unit_test(what_may_be_held_yet),
        cmocka_unit_test(a_size_is_a_limit),
        cmocka_unit_test(the_estimate_is_checked),
        cmocka_unit_test(growing_is_not_held),
        cmocka_unit_test(a_share_is_of_what_would_be_left),
        cmocka_unit_test(a_share_shrinks_with_what_is_left),
        cmocka_unit_test(the_oldest_go_until_it_fits),
        cmocka_unit_test(little_left_is_enough_to_go),
        cmocka_unit_test(fast_growth_needs_more_left),
        cmocka_unit_test(looks_come_with_the_need),
        cmocka_unit_test(measuring_stays_cheap),
        cmocka_unit_test(a_silent_kernel_leaves_the_estimate),
        cmocka_unit_test(a_fresh_one_needs_room),
        cmocka_unit_test(extremes_do_not_overflow),
        cmocka_unit_test(what_is_promised_is_a_limit),
        cmocka_unit_test(too_large_to_replace),
        cmocka_unit_test(growth_is_of_a_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
