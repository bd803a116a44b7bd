/* SPDX-License-Identifier: MIT */
/* What is said of a replay that has just begun, is on its way, waits, is done. */
#include "unit.h"

#include "report/progress_words.h"

#define SECOND UINT64_C(1000000000)

static void expect(struct progress_words progress, const char *wanted)
{
    char bytes[200];
    struct text line = text_in(bytes, sizeof bytes);

    progress_words_describe(&line, &progress);
    assert_string_equal(bytes, wanted);
}

static void on_its_way(void **state)
{
    struct progress_words progress = {
        .first_eval = 1000,
        .last_eval = 4001000,
        .eval = 1001000,
        .recent_evals = 500000,
        .recent_ns = SECOND,
    };

    (void)state;
    expect(progress, "replay 25%: 1.0M of 4.0M evals, 500.0k evals/s, at least 6 s left");
    progress.is_dumping = true;
    expect(progress, "replay 25%: 1.0M of 4.0M evals, 500.0k evals/s, 6 s left");
    progress.recent_evals = 20;
    expect(progress, "replay 25%: 1.0M of 4.0M evals, 20 evals/s, 41 h left");
    progress.recent_evals = 3000000;
    progress.recent_ns = SECOND / 2;
    expect(progress, "replay 25%: 1.0M of 4.0M evals, 6.0M evals/s, 1 s left");
    progress.recent_evals = 9999;
    progress.recent_ns = SECOND;
    expect(progress, "replay 25%: 1.0M of 4.0M evals, 9999 evals/s, 5 min left");
    progress.recent_evals = 10000;
    expect(progress, "replay 25%: 1.0M of 4.0M evals, 10.0k evals/s, 5 min left");
}

static void nothing_of_late(void **state)
{
    (void)state;
    expect((struct progress_words){.first_eval = 5, .last_eval = 10, .eval = 0}, "replay 0%: 0 of 5 evals");
    expect((struct progress_words){.first_eval = 5, .last_eval = 10, .eval = 7, .recent_ns = SECOND},
           "replay 40%: 2 of 5 evals");
    expect((struct progress_words){.first_eval = 5, .last_eval = 10, .eval = 7, .recent_evals = 2},
           "replay 40%: 2 of 5 evals");
}

/* LIGHTSSS_AFTER, or a replay that has gone another way. */
static void behind_the_end(void **state)
{
    (void)state;
    expect((struct progress_words){.first_eval = 5, .last_eval = 10, .eval = 10},
           "replay 100%: 5 of 5 evals");
    expect(
        (struct progress_words){
            .first_eval = 5, .last_eval = 10, .eval = 30, .recent_evals = 1, .recent_ns = SECOND},
        "replay 100%: 5 of 5 evals, 1 evals/s");
}

/* Threads that eval at once have no end that can be counted; a snapshot of the failing eval has nothing to
 * do. */
static void no_goal(void **state)
{
    (void)state;
    expect((struct progress_words){.first_eval = 5, .eval = 30, .recent_evals = 7, .recent_ns = SECOND},
           "replay: 25 evals, 7 evals/s");
    expect((struct progress_words){.first_eval = 5, .last_eval = 5, .eval = 5}, "replay: 0 evals");
}

/* It would be cut on a line of 80 columns. */
static void it_is_short(void **state)
{
    char bytes[200];
    struct text line = text_in(bytes, sizeof bytes);

    (void)state;
    progress_words_describe(&line, &(struct progress_words){.last_eval = UINT64_C(9999900000000),
                                                            .eval = UINT64_C(8888800000000),
                                                            .recent_evals = 999999,
                                                            .recent_ns = SECOND});
    assert_string_equal(bytes,
                        "replay 88%: 8888800.0M of 9999900.0M evals, 1000.0k evals/s, at least 308 h left");
}

static void the_largest(void **state)
{
    (void)state;
    expect((struct progress_words){.first_eval = 0,
                                   .last_eval = UINT64_MAX,
                                   .eval = UINT64_MAX / 2,
                                   .recent_evals = UINT64_MAX,
                                   .recent_ns = 1},
           "replay 49%: 9223372036854.8M of 18446744073709.6M evals, 18446744073709.6M evals/s, at least "
           "1 s left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_its_way), cmocka_unit_test(nothing_of_late), cmocka_unit_test(behind_the_end),
        cmocka_unit_test(no_goal),    cmocka_unit_test(it_is_short),     cmocka_unit_test(the_largest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
