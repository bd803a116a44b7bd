/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_MEMORY: for how long nobody need look what snapshots hold, and what is left. */
#include "unit.h"

#include "snapshot/limits/memory_limit.h"

#define MIB         (UINT64_C(1) << 20)
#define GIB         (UINT64_C(1) << 30)
#define MS_NS       UINT64_C(1000000)
#define SECOND_NS   UINT64_C(1000000000)
#define BYTES_IN_NS 4u /* so fast memory may be taken */

struct world {
    struct memory_limit limit;
    struct slots slots;
    struct memory_now now;
};

/* The original has so much, snapshots may hold bytes, or that part of what is left. */
static void start(struct world *world, uint64_t own_bytes, uint64_t bytes, uint32_t share_ppm)
{
    const struct options_memory option = {.bytes = bytes, .share_ppm = share_ppm};

    *world = (struct world){.now = {.ns = 0}};
    memory_limit_now(&world->now, 5 * SECOND_NS, own_bytes, own_bytes);
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

static void leave(struct world *world, uint64_t left_bytes, uint64_t of_bytes)
{
    const struct memory_left left = {.left_bytes = left_bytes, .of_bytes = of_bytes};

    memory_limit_left(&world->limit, &left, &world->now);
}

static uint64_t quiet_ns(const struct world *world)
{
    return memory_limit_quiet_ns(&world->limit, &world->slots, &world->now);
}

/* Nothing comes of copies that hold little, whatever is touched; of others not before what is left could be
 * taken. */
static void looks_are_as_rare_as_the_room_is_large(void **state)
{
    struct world world;

    (void)state;
    start(&world, GIB, 0, OPTIONS_PPM / 4);
    leave(&world, 8 * GIB, 16 * GIB);
    assert_int_equal(quiet_ns(&world), UINT64_MAX);
    take(&world, 1);
    assert_int_equal(quiet_ns(&world), SECOND_NS);
    leave(&world, 2 * GIB, 16 * GIB); /* a quarter of it is less than a copy may hold */
    assert_in_range(quiet_ns(&world), GIB / 2 / 4 - MIB, GIB / 2 / 4 + MIB);
    leave(&world, 17 * GIB, 16 * GIB);
    assert_int_equal(quiet_ns(&world), UINT64_MAX);
    take(&world, 2);
    assert_int_equal(quiet_ns(&world), SECOND_NS);
    world.limit.left.commit.is_strict = true;
    assert_int_equal(quiet_ns(&world), 10 * MS_NS);
}

/* The less snapshots may hold, the less they may hold too much. */
static void looks_come_soon_where_little_may_be_held(void **state)
{
    static const uint64_t sizes[][2] = {{1, 1}, {15, 1}, {100, 7}, {160, 10}, {500, 10}}; /* MiB, ms */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct world world;

        start(&world, GIB, sizes[i][0] * MIB, 0);
        leave(&world, 8 * GIB, 16 * GIB);
        take(&world, 1);
        memory_limit_held(&world.limit, sizes[i][0] * MIB, 1, &world.now);
        assert_in_range(quiet_ns(&world), (sizes[i][1] * 2 - 1) * MS_NS / 2, sizes[i][1] * MS_NS);
    }
}

/* Between two looks no more is taken than there is, however slow the original seemed while it waited for a
 * processor. */
static void what_is_left_lasts_until_the_next_look(void **state)
{
    static const uint64_t group_mib[] = {32, 105, 1000, 4000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(group_mib); i++) {
        uint64_t of_bytes = group_mib[i] * MIB;
        struct world world;

        start(&world, of_bytes, 0, OPTIONS_PPM);
        take(&world, 1);
        for (uint64_t left_bytes = of_bytes; left_bytes >= of_bytes / 16; left_bytes -= of_bytes / 50) {
            leave(&world, left_bytes, of_bytes);
            assert_in_range(quiet_ns(&world) * BYTES_IN_NS, of_bytes / 64, left_bytes);
        }
    }
}

static void what_was_touched_is_not_left(void **state)
{
    struct world world;

    (void)state;
    start(&world, GIB, 0, OPTIONS_PPM);
    leave(&world, 2 * GIB, 16 * GIB);
    take(&world, 1);
    uint64_t ns = quiet_ns(&world);
    memory_limit_now(&world.now, 6 * SECOND_NS, GIB + 100 * MIB, GIB + 100 * MIB);
    assert_int_equal(quiet_ns(&world), ns - 100 * MIB / BYTES_IN_NS);
}

/* It may be full in a moment, and then even little is too much. */
static void little_is_looked_after_in_a_small_group(void **state)
{
    struct world world;

    (void)state;
    start(&world, MIB, 0, OPTIONS_PPM / 4);
    leave(&world, 103 * MIB, 105 * MIB);
    take(&world, 1);
    assert_in_range(quiet_ns(&world), MS_NS, 26 * MS_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_are_as_rare_as_the_room_is_large),
        cmocka_unit_test(looks_come_soon_where_little_may_be_held),
        cmocka_unit_test(what_is_left_lasts_until_the_next_look),
        cmocka_unit_test(what_was_touched_is_not_left),
        cmocka_unit_test(little_is_looked_after_in_a_small_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
