/* SPDX-License-Identifier: MIT */
/* The table of releases: which row a release gets, and what is found out of one that is newer than the
 * table, from fake simulators that are laid out in one way or another. */
#include "unit.h"

#include "model/verilator_abi.h"

#include <string.h>

static void test_parse(void **state)
{
    (void)state;
    assert_int_equal(verilator_abi_parse("4.038 2020-07-11"), 4038);
    assert_int_equal(verilator_abi_parse("5.006 2023-01-22"), 5006);
    assert_int_equal(verilator_abi_parse("10.120"), 10120);
    assert_int_equal(verilator_abi_parse("5.06 2023-01-22"), 0);
    assert_int_equal(verilator_abi_parse("devel"), 0);
    assert_int_equal(verilator_abi_parse(""), 0);
}

/* The last row that is not newer counts. */
static void test_rows(void **state)
{
    static const struct {
        unsigned release, since;
    } expected[] = {
        {4038, 4038}, {4100, 4038}, {4228, 4226}, {5006, 5004}, {5020, 5018},
        {5032, 5028}, {5047, 5046}, {5048, 5048}, {9999, 5050},
    };
    (void)state;
    assert_null(verilator_abi_release(4036));
    assert_null(verilator_abi_release(0));
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
        assert_int_equal(verilator_abi_release(expected[i].release)->since, expected[i].since);
    assert_false(verilator_abi_is_guess(0));
    assert_false(verilator_abi_is_guess(5050));
    assert_true(verilator_abi_is_guess(5052));
}

/* --- a simulator of an unknown release --- */

static struct {
    size_t flag, second_flag; /* what calcUnusedSigs() sets; 0: nothing */
    int flag_value;
    size_t last, second_last; /* where dump() notes the time; 0: nowhere */
    bool constructed;
} fake;

static void fake_set_unused(void *context, int flag)
{
    if (fake.flag)
        ((uint8_t *)context)[fake.flag] = (uint8_t)(flag * fake.flag_value);
    if (fake.second_flag)
        ((uint8_t *)context)[fake.second_flag] = 1;
}

static void fake_construct(void *tracer, const void *null)
{
    assert_null(null);
    memset(tracer, 0xff, 8);
    fake.constructed = true;
}

static void fake_dump(void *tracer, uint64_t time)
{
    assert_true(fake.constructed);
    if (fake.last)
        memcpy((uint8_t *)tracer + fake.last, &time, sizeof(time));
    if (fake.second_last)
        memcpy((uint8_t *)tracer + fake.second_last, &time, sizeof(time));
}

static const struct verilator_probe whole = {fake_set_unused, fake_construct, fake_dump};

static void fake_new(size_t flag, size_t last)
{
    memset(&fake, 0, sizeof(fake));
    fake.flag = flag;
    fake.flag_value = 1;
    fake.last = last;
}

static void expect_probe(unsigned context_time, unsigned tracer_last)
{
    struct verilator_release release = *verilator_abi_release(9999);
    assert_true(verilator_abi_probe(&whole, &release));
    assert_int_equal(release.context_time, context_time);
    assert_int_equal(release.context_unused, fake.flag);
    assert_int_equal(release.tracer_last, tracer_last);
    assert_int_equal(verilator_abi_context_time(&release, fake_set_unused), context_time);
    assert_int_equal(release.tracer, 16); /* nothing else changed */
    assert_true(release.trace_by_context && release.context_in_model);
}

static void expect_refused(const struct verilator_probe *probe)
{
    struct verilator_release release = *verilator_abi_release(9999);
    assert_false(verilator_abi_probe(probe, &release));
}

static void test_probe(void **state)
{
    (void)state;
    fake_new(164, 304); /* as the last row */
    expect_probe(40, 304);
    fake_new(52, 256); /* as an older one */
    expect_probe(40, 256);
    fake_new(41, 4096); /* in new places */
    expect_probe(48, 4096);
}

static void test_probe_disagrees(void **state)
{
    (void)state;
    fake_new(53, 304); /* a flag where no known release has it */
    expect_refused(&whole);
    fake_new(0, 304);
    expect_refused(&whole);
    fake_new(52, 304);
    fake.second_flag = 41;
    expect_refused(&whole);
    fake_new(52, 304);
    fake.flag_value = 3;
    expect_refused(&whole);
    fake_new(52, 0); /* the time is not kept */
    expect_refused(&whole);
    fake_new(52, 304);
    fake.second_last = 320; /* which of them? */
    expect_refused(&whole);
}

static void test_probe_needs_all(void **state)
{
    struct verilator_probe part = whole;
    (void)state;
    fake_new(52, 304);
    part.dump = NULL;
    expect_refused(&part);
    part = whole;
    part.construct = NULL;
    expect_refused(&part);
    part = whole;
    part.set_unused = NULL;
    expect_refused(&part);
}

/* A known release whose context is not as its row says has no time that can be read. */
static void test_context_time(void **state)
{
    (void)state;
    fake_new(41, 0);
    assert_int_equal(verilator_abi_context_time(verilator_abi_release(5006), fake_set_unused), 48);
    assert_int_equal(verilator_abi_context_time(verilator_abi_release(4038), fake_set_unused), 0);
    assert_int_equal(verilator_abi_context_time(verilator_abi_release(5006), NULL), 0);
    assert_int_equal(verilator_abi_context_time(NULL, fake_set_unused), 0);
    fake_new(60, 0);
    assert_int_equal(verilator_abi_context_time(verilator_abi_release(5006), fake_set_unused), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),           cmocka_unit_test(test_rows),
        cmocka_unit_test(test_probe),           cmocka_unit_test(test_probe_disagrees),
        cmocka_unit_test(test_probe_needs_all), cmocka_unit_test(test_context_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
