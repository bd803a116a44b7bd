/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_AGES: which snapshots stay, in schedules that are known and in such as nobody has thought of. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/u64.h"
#include "snapshot/limits/ladder.h"

#define SCHEDULES 400
#define STEPS     600

/* A run: time and evals go on, and snapshots are taken. */
struct world {
    struct ages ages;
    struct slots slots;
    uint64_t ns, eval, number;
    uint64_t longest_ns, longest_evals; /* from one snapshot to the next */
};

static void start(struct world *world, const char *ages, unsigned newest)
{
    *world = (struct world){.ns = 1000, .eval = 100};
    assert_true(ages_parse(ages, &world->ages));
    slots_init(&world->slots, ages_newest(&world->ages, newest));
}

static void thin(struct world *world)
{
    pid_t pid;

    ladder_mark(&world->ages, &world->slots, world->ns, world->eval);
    while ((pid = slots_excess(&world->slots)) != 0)
        assert_true(slots_remove(&world->slots, pid));
}

static void take(struct world *world)
{
    const struct slot *last = slots_newest(&world->slots);
    const struct slot newest = {.pid = (pid_t)(100 + world->number),
                                .number = world->number + 1,
                                .eval = world->eval,
                                .taken_ns = world->ns};

    world->number++;
    if (last != NULL) {
        world->longest_ns = u64_max(world->longest_ns, world->ns - last->taken_ns);
        world->longest_evals = u64_max(world->longest_evals, world->eval - last->eval);
    }
    assert_int_equal(slots_push(&world->slots, &newest), 0);
    thin(world);
}

static void pass(struct world *world, uint64_t ns, uint64_t evals)
{
    world->ns += ns;
    world->eval += evals;
}

/* One every so many nanoseconds, and an eval in each. */
static void run(struct world *world, unsigned snapshots, uint64_t interval_ns)
{
    for (unsigned i = 0; i < snapshots; i++) {
        take(world);
        pass(world, interval_ns, interval_ns);
    }
}

static void expect_numbers(const struct world *world, const uint64_t *numbers, unsigned count)
{
    assert_int_equal(world->slots.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(world->slots.slot[i].number, numbers[i]);
}

#define EXPECT_NUMBERS(world, ...)                                                                           \
    expect_numbers(world, (const uint64_t[]){__VA_ARGS__},                                                   \
                   sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* --- what is asked for --- */

static void without_ages_the_newest_stay(void **state)
{
    struct world world;

    (void)state;
    start(&world, "", 2);
    run(&world, 1, 10);
    EXPECT_NUMBERS(&world, 1);
    run(&world, 1, 10);
    EXPECT_NUMBERS(&world, 1, 2);
    run(&world, 7, 10);
    EXPECT_NUMBERS(&world, 8, 9);
}

static void the_first_stays(void **state)
{
    struct world world;

    (void)state;
    start(&world, "first", 2);
    run(&world, 2, 10);
    EXPECT_NUMBERS(&world, 1, 2);
    run(&world, 30, 10);
    EXPECT_NUMBERS(&world, 1, 31, 32);
}

/* It is that of the first eval, and not the oldest that happens to be left. */
static void nobody_takes_the_place_of_the_first(void **state)
{
    struct world world;

    (void)state;
    start(&world, "first", 2);
    run(&world, 5, 10);
    assert_true(slots_remove(&world.slots, 100));
    run(&world, 5, 10);
    EXPECT_NUMBERS(&world, 9, 10);
}

/* Snapshots 1, 2, 3 ... at 0, 10, 20 ns ...; the age is 50 ns. */
static void one_grows_old_while_the_next_follows(void **state)
{
    struct world world;

    (void)state;
    start(&world, "50ns", 2);
    run(&world, 5, 10);
    EXPECT_NUMBERS(&world, 1, 4, 5); /* the first is on its way */
    take(&world);
    EXPECT_NUMBERS(&world, 1, 4, 5, 6); /* it is 50 ns old, and 4 will follow it, in 20 ns */
    pass(&world, 10, 10);
    take(&world);
    EXPECT_NUMBERS(&world, 1, 4, 6, 7);
    pass(&world, 10, 10);
    take(&world);
    pass(&world, 10, 10);
    EXPECT_NUMBERS(&world, 1, 4, 7, 8);
    take(&world); /* now 4 is old enough */
    EXPECT_NUMBERS(&world, 4, 7, 8, 9);
}

static void ages_count_evals_too(void **state)
{
    struct world world;

    (void)state;
    start(&world, "50evals", 1);
    for (unsigned i = 0; i < 6; i++) {
        take(&world);
        pass(&world, 1000000, 10);
    }
    EXPECT_NUMBERS(&world, 1, 5, 6);
}

/* At any time, and not only when one is taken. */
static void who_has_grown_old_makes_another_spare(void **state)
{
    struct world world;

    (void)state;
    start(&world, "50ns,first", 1);
    run(&world, 20, 10);
    unsigned before = world.slots.count;
    assert_int_equal(before, 4);
    pass(&world, 1000, 1000);
    thin(&world);
    EXPECT_NUMBERS(&world, 1, 20);
}

static uint64_t held[2];

static bool is_wanted(uint64_t number)
{
    return number == held[0] || number == held[1];
}

static void hold(struct world *world, uint64_t first, uint64_t second)
{
    held[0] = first;
    held[1] = second;
    slots_hold(&world->slots, is_wanted);
}

/* It stays when it loses its place, and then takes none from the others. */
static void a_held_one_stays(void **state)
{
    struct world world;

    (void)state;
    start(&world, "", 1);
    take(&world);
    hold(&world, 1, 1);
    assert_false(slots_is_extra(&world.slots, 1));
    run(&world, 2, 10);
    EXPECT_NUMBERS(&world, 1, 3);
    assert_true(slots_is_extra(&world.slots, 1));
    hold(&world, 1, 3);
    run(&world, 2, 10);
    EXPECT_NUMBERS(&world, 1, 3, 5);
    hold(&world, 3, 3);
    thin(&world);
    EXPECT_NUMBERS(&world, 3, 5);
    hold(&world, 0, 0);
    take(&world);
    EXPECT_NUMBERS(&world, 6);
}

static void one_with_a_place_needs_not_be_held(void **state)
{
    struct world world;

    (void)state;
    start(&world, "", 2);
    run(&world, 2, 10);
    hold(&world, 1, 2);
    take(&world);
    assert_true(slots_is_extra(&world.slots, 1));
    assert_false(slots_is_extra(&world.slots, 2));
    hold(&world, 0, 0);
    thin(&world);
    EXPECT_NUMBERS(&world, 2, 3);
}

/* The ladder is what it is without that. */
static void a_held_one_may_be_a_rung(void **state)
{
    struct world world;

    (void)state;
    start(&world, "50ns,first", 1);
    run(&world, 5, 10);
    EXPECT_NUMBERS(&world, 1, 5);
    run(&world, 1, 10);
    hold(&world, 5, 6);
    run(&world, 2, 10);
    EXPECT_NUMBERS(&world, 1, 5, 6, 8);
    assert_false(slots_is_extra(&world.slots, 5)); /* the next to be 50 ns old */
    assert_true(slots_is_extra(&world.slots, 6));
    hold(&world, 0, 0);
    thin(&world);
    EXPECT_NUMBERS(&world, 1, 5, 8);
}

/* The clock may stand still, and go back. */
static void a_clock_that_goes_back_does_no_harm(void **state)
{
    struct world world;

    (void)state;
    start(&world, "50ns", 2);
    run(&world, 10, 10);
    world.ns = 0;
    run(&world, 10, 0);
    assert_true(world.slots.count >= 2 && world.slots.count <= 4);
    assert_int_equal(slots_newest(&world.slots)->number, 20);
}

/* --- what is promised, in any schedule --- */

static uint64_t between(uint64_t least, uint64_t most)
{
    return least + (uint64_t)random() % (most - least + 1);
}

static uint64_t amount(const struct age *age)
{
    return age->evals != 0 ? age->evals : age->ns;
}

static uint64_t age_of(const struct world *world, const struct age *age, const struct slot *slot)
{
    return age->evals != 0 ? world->eval - slot->eval : world->ns - slot->taken_ns;
}

/* The youngest that is so old; UINT64_MAX: there is none. */
static uint64_t found_age(const struct world *world, const struct age *age)
{
    uint64_t found = UINT64_MAX;

    for (unsigned i = 0; i < world->slots.count; i++)
        if (age_of(world, age, &world->slots.slot[i]) >= amount(age))
            found = u64_min(found, age_of(world, age, &world->slots.slot[i]));
    return found;
}

static void check_age(const struct world *world, const struct age *age, const struct slot *first)
{
    uint64_t found = found_age(world, age), wanted = amount(age);
    uint64_t longest = age->evals != 0 ? world->longest_evals : world->longest_ns;
    uint64_t most = u64_max(2 * wanted, wanted + longest);

    if (age_of(world, age, first) < wanted) /* the run is younger */
        assert_int_equal(world->slots.slot[0].number, 1);
    else if (found > most)
        fail_msg("age %lu: the youngest that is so old is %lu old, and not at most %lu",
                 (unsigned long)wanted, (unsigned long)found, (unsigned long)most);
}

static void check(const struct world *world, const struct slot *first)
{
    const struct ages *ages = &world->ages;
    unsigned newest = (unsigned)u64_min(world->slots.limit, world->number);

    for (unsigned i = 0; i < ages->count; i++)
        check_age(world, &ages->list[i], first);
    if (ages->first)
        assert_int_equal(world->slots.slot[0].number, 1);
    assert_true(world->slots.count >= newest);
    for (unsigned i = 0; i < newest; i++)
        assert_int_equal(world->slots.slot[world->slots.count - 1 - i].number, world->number - i);
    assert_true(world->slots.count <= world->slots.limit + 2 * ages->count + (ages->first ? 1 : 0));
    for (unsigned i = 1; i < world->slots.count; i++)
        assert_true(world->slots.slot[i - 1].number < world->slots.slot[i].number);
}

static void begin_schedule(struct world *world)
{
    start(world, "", (unsigned)between(1, 4));
    world->ages.count = (unsigned)between(1, 4);
    world->ages.first = random() % 2 == 0;
    for (unsigned i = 0; i < world->ages.count; i++) {
        struct age *age = &world->ages.list[i];
        uint64_t amount = between(1, 1u << between(2, 11));

        *age = (struct age){0};
        if (random() % 3 == 0)
            age->evals = amount;
        else
            age->ns = amount;
    }
}

/* Time and evals do not go together; between two snapshots it is looked at as often as they come. */
static void promises_hold_in_any_schedule(void **state)
{
    (void)state;
    srandom(7);
    for (unsigned schedule = 0; schedule < SCHEDULES; schedule++) {
        uint64_t most_ns = between(1, 100), most_evals = between(1, 100);
        struct world world;

        begin_schedule(&world);
        take(&world);
        const struct slot first = world.slots.slot[0];
        for (unsigned step = 0; step < STEPS; step++) {
            /* an interval that is under way counts, too */
            const struct slot *last = slots_newest(&world.slots);
            pass(&world, between(0, most_ns), between(0, most_evals));
            world.longest_ns = u64_max(world.longest_ns, world.ns - last->taken_ns);
            world.longest_evals = u64_max(world.longest_evals, world.eval - last->eval);
            check(&world, &first);
            if (random() % 3 == 0)
                thin(&world);
            if (random() % 2 == 0)
                take(&world);
            check(&world, &first);
        }
    }
}

/* Snapshots are given up, or die: twice the age later all is as if they had not. */
static void a_gap_closes(void **state)
{
    (void)state;
    srandom(8);
    for (unsigned schedule = 0; schedule < SCHEDULES; schedule++) {
        struct world world;

        start(&world, "100ns,1000ns", 2);
        run(&world, (unsigned)between(1, 200), 10);
        for (uint64_t losses = between(1, 5); losses > 0 && world.slots.count > 0; losses--)
            slots_remove(&world.slots, world.slots.slot[(unsigned)random() % world.slots.count].pid);
        run(&world, 200, 10);
        assert_true(found_age(&world, &world.ages.list[0]) <= 200);
        assert_true(found_age(&world, &world.ages.list[1]) <= 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_ages_the_newest_stay),
        cmocka_unit_test(the_first_stays),
        cmocka_unit_test(nobody_takes_the_place_of_the_first),
        cmocka_unit_test(one_grows_old_while_the_next_follows),
        cmocka_unit_test(ages_count_evals_too),
        cmocka_unit_test(who_has_grown_old_makes_another_spare),
        cmocka_unit_test(a_held_one_stays),
        cmocka_unit_test(one_with_a_place_needs_not_be_held),
        cmocka_unit_test(a_held_one_may_be_a_rung),
        cmocka_unit_test(a_clock_that_goes_back_does_no_harm),
        cmocka_unit_test(promises_hold_in_any_schedule),
        cmocka_unit_test(a_gap_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
