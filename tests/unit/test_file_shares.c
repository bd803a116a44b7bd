/* SPDX-License-Identifier: MIT */
/* LIGHTSSS_FILES among several files: who is whole, whose end is kept, and who has nothing. */
#include "unit.h"

#include "run/file_shares.h"

#define WHOLE FILE_SHARES_WHOLE

struct share_case {
    uint64_t most;
    struct file_share files[4]; /* as they are to come out; one without bytes ends the list */
};

static const struct share_case cases[] = {
    {100, {{100, false, WHOLE}}},
    {100, {{101, false, 0}}},
    {100, {{101, true, 100}}},
    {100, {{40, true, WHOLE}, {60, false, WHOLE}}},
    {100, {{10, true, WHOLE}, {200, true, 90}}},
    {100, {{10, true, WHOLE}, {200, true, 45}, {300, true, 45}}},
    {100, {{10, true, WHOLE}, {50, true, 45}, {90, true, 45}}},
    /* what is in vain leaves its share to others, the largest first */
    {100, {{90, true, WHOLE}, {200, false, 0}}},
    {100, {{90, false, WHOLE}, {200, false, 0}}},
    {100, {{60, false, 0}, {55, false, WHOLE}, {30, true, WHOLE}}},
    {100, {{1000, false, 0}, {500, false, 0}, {300, true, 100}}},
    {0, {{1, true, 0}}},
};

static void divided(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct file_share files[4];
        size_t count = 0;

        for (; count < 4 && cases[i].files[count].bytes != 0; count++) {
            files[count] = cases[i].files[count];
            files[count].granted = 12345;
        }
        file_shares_divide(files, count, cases[i].most);
        for (size_t j = 0; j < count; j++)
            if (files[j].granted != cases[i].files[j].granted)
                fail_msg("row %zu, file %zu: %llu", i, j, (unsigned long long)files[j].granted);
    }
}

/* Whatever they are, they take no more than is there. */
static void never_too_much(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct file_share files[20];
        uint64_t most, sum = 0;

        for (size_t i = 0; i < COUNT_OF(files); i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            files[i] = (struct file_share){seed >> 40, (seed >> 33 & 1) != 0, 0};
        }
        most = seed >> 38;
        file_shares_divide(files, COUNT_OF(files), most);
        for (size_t i = 0; i < COUNT_OF(files); i++) {
            bool is_whole = files[i].granted == WHOLE;
            assert_true(is_whole || files[i].granted == 0 || files[i].may_be_cut);
            assert_true(is_whole || files[i].granted < files[i].bytes);
            sum += is_whole ? files[i].bytes : files[i].granted;
        }
        assert_true(sum <= most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divided),
        cmocka_unit_test(never_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
