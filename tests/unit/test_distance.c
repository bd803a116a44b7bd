/* SPDX-License-Identifier: MIT */
/* What is said of a snapshot that lies near, far, or most of the run back. */
#include "unit.h"

#include "report/distance.h"

#define SECOND UINT64_C(1000000000)

static void expect(struct distance distance, const char *wanted)
{
    char bytes[200];
    struct text line = text_in(bytes, sizeof bytes);

    distance_describe(&line, &distance);
    assert_string_equal(bytes, wanted);
}

static void near(void **state)
{
    (void)state;
    expect((struct distance){.evals = 1, .ns = 2 * SECOND + 345678901, .run_ns = 3 * SECOND},
           ", 1 evals and 2.3 s back");
    expect((struct distance){.evals = 0, .ns = 10 * SECOND, .run_ns = 10 * SECOND},
           ", 0 evals and 10.0 s back");
}

static void far(void **state)
{
    (void)state;
    expect((struct distance){.evals = 9000000, .ns = 95 * SECOND, .run_ns = 1000 * SECOND},
           ", 9000000 evals and 95.0 s back; the replay takes at least 95 s");
}

/* What it waited for is not waited for again; what many threads used at once is not used one after the
 * other. */
static void time_of_processors(void **state)
{
    (void)state;
    expect((struct distance){.evals = 5, .ns = 95 * SECOND, .used_ns = 20 * SECOND, .run_ns = 1000 * SECOND},
           ", 5 evals and 95.0 s back; the replay takes at least 20 s");
    expect((struct distance){.evals = 5, .ns = 95 * SECOND, .used_ns = 3 * SECOND, .run_ns = 1000 * SECOND},
           ", 5 evals and 95.0 s back");
    expect((struct distance){.evals = 5, .ns = 95 * SECOND, .used_ns = 380 * SECOND, .run_ns = 1000 * SECOND},
           ", 5 evals and 95.0 s back; the replay takes at least 95 s");
}

#define DEAR " of the run (snapshots are dear here, and LIGHTSSS_BUDGET makes them rare)"

static void most_of_the_run(void **state)
{
    struct distance distance = {.evals = 7, .ns = 88 * SECOND, .run_ns = 100 * SECOND, .is_dear = true};

    (void)state;
    expect(distance, ", 7 evals and 88.0 s back, 88%" DEAR "; the replay takes at least 88 s");
    distance.run_ns = 200 * SECOND; /* less than half of it */
    expect(distance, ", 7 evals and 88.0 s back; the replay takes at least 88 s");
    distance.run_ns = 100 * SECOND;
    distance.is_dear = false; /* the user has asked for long intervals */
    expect(distance, ", 7 evals and 88.0 s back; the replay takes at least 88 s");
}

static void dear(void **state)
{
    (void)state;
    assert_false(distance_is_dear(0, 0, 10000));
    assert_false(distance_is_dear(UINT64_C(200000000), 10, 10000)); /* 20 ms each: earned back in 2 s */
    assert_true(distance_is_dear(UINT64_C(200000000) + 10, 10, 10000));
    assert_false(distance_is_dear(UINT64_C(200000000) + 10, 10, 1000000));
    assert_true(distance_is_dear(UINT64_MAX, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near),
        cmocka_unit_test(far),
        cmocka_unit_test(time_of_processors),
        cmocka_unit_test(most_of_the_run),
        cmocka_unit_test(dear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
