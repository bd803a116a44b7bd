/* SPDX-License-Identifier: MIT */
/* What is a value and what is not. A refused string leaves the value alone. */
#include "unit.h"

#include <string.h>

#include "options/parse.h"

#define UNTOUCHED UINT64_C(0x5555555555555555)

static void assert_reads(bool (*parse)(const char *, uint64_t *), const char *string, uint64_t expected)
{
    uint64_t value = UNTOUCHED;

    if (!parse(string, &value))
        fail_msg("'%s' was refused", string);
    if (value != expected)
        fail_msg("'%s' became %llu", string, (unsigned long long)value);
}

static void assert_refuses(bool (*parse)(const char *, uint64_t *), const char *const *strings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = UNTOUCHED;

        if (parse(strings[i], &value))
            fail_msg("'%s' was taken as %llu", strings[i], (unsigned long long)value);
        assert_true(value == UNTOUCHED);
    }
}

static void numbers(void **state)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1.0", "18446744073709551616"};

    (void)state;
    assert_reads(parse_number, "0", 0);
    assert_reads(parse_number, "007", 7);
    assert_reads(parse_number, "18446744073709551615", UINT64_MAX);
    assert_refuses(parse_number, bad, COUNT_OF(bad));
}

static void evals(void **state)
{
    static const char *const bad[] = {"",         "evals",   "0evals",   "10",
                                      "10 evals", "10EVALS", "1.5evals", "99999999999999999999evals",
                                      "10evalss"};

    (void)state;
    assert_reads(parse_evals, "1eval", 1);
    assert_reads(parse_evals, "100000evals", 100000);
    assert_reads(parse_evals, "18446744073709551615evals", UINT64_MAX);
    assert_refuses(parse_evals, bad, COUNT_OF(bad));
}

static void assert_point(const char *string, bool is_time, uint64_t value, const char *rest)
{
    bool was_time = !is_time;
    uint64_t was = 0;

    assert_true(parse_point(&string, &was_time, &was));
    assert_int_equal(was_time, is_time);
    assert_int_equal(was, value);
    assert_string_equal(string, rest);
}

static void points(void **state)
{
    static const char *const bad[] = {
        "", "5", "evals", "0evals", "0t", "t", "-1t", "5x", "99999999999999999999t"};

    (void)state;
    assert_point("12evals", false, 12, "");
    assert_point("1eval,2t", false, 1, ",2t");
    assert_point("617283t", true, 617283, "");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const char *string = bad[i];
        uint64_t value = 7;
        bool is_time;
        assert_false(parse_point(&string, &is_time, &value));
        assert_ptr_equal(string, bad[i]);
        assert_int_equal(value, 7);
    }
}

static void times(void **state)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "s",
                                      "0s",
                                      "0.0s",
                                      "-1s",
                                      "1 s",
                                      "1S",
                                      "1.s",
                                      ".5s",
                                      "1d",
                                      "1sec",
                                      "1,5s",
                                      "1ss",
                                      "1e9ns",
                                      "0.1ns",
                                      "nan",
                                      "1.5.s",
                                      "1h30m",
                                      "5124095577h",
                                      "18446744073709551616ns",
                                      "1.0000000001s"};

    (void)state;
    assert_reads(parse_time_ns, "1ns", 1);
    assert_reads(parse_time_ns, "2us", 2000);
    assert_reads(parse_time_ns, "500ms", 500000000);
    assert_reads(parse_time_ns, "2s", 2000000000);
    assert_reads(parse_time_ns, "1m", 60000000000);
    assert_reads(parse_time_ns, "1h", 3600000000000);
    assert_reads(parse_time_ns, "1.5s", 1500000000);
    assert_reads(parse_time_ns, "0.000000001s", 1);
    assert_reads(parse_time_ns, "1.5ns", 1);
    assert_reads(parse_time_ns, "18446744073709551615ns", UINT64_MAX);
    assert_reads(parse_time_ns, "18446744073.709551615s", UINT64_MAX);
    assert_refuses(parse_time_ns, bad, COUNT_OF(bad));
    assert_refuses(parse_time_ns, (const char *const[]){"18446744073.8s"}, 1);
}

static void sizes(void **state)
{
    static const char *const bad[] = {"", "1", "0G", "1g", "1GB", "1 G", "-1G", "16777216T", "0.1B"};

    (void)state;
    assert_reads(parse_size_bytes, "1K", 1024);
    assert_reads(parse_size_bytes, "500M", 500u << 20);
    assert_reads(parse_size_bytes, "2G", UINT64_C(2) << 30);
    assert_reads(parse_size_bytes, "1.5G", UINT64_C(3) << 29);
    assert_reads(parse_size_bytes, "16777215T", UINT64_C(16777215) << 40);
    assert_refuses(parse_size_bytes, bad, COUNT_OF(bad));
}

static void shares(void **state)
{
    static const char *const bad[] = {"",     "1",         "%",        "0%",  "-1%",
                                      "101%", "100.0001%", "0.00001%", "1 %", "1%%"};
    uint32_t value = 77;

    (void)state;
    assert_true(parse_share_ppm("1%", &value));
    assert_int_equal(value, 10000);
    assert_true(parse_share_ppm("0.5%", &value));
    assert_int_equal(value, 5000);
    assert_true(parse_share_ppm("100%", &value));
    assert_int_equal(value, 1000000);
    assert_true(parse_share_ppm("0.0001%", &value));
    assert_int_equal(value, 1);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        value = 77;
        assert_false(parse_share_ppm(bad[i], &value));
        assert_int_equal(value, 77);
    }
}

static const char *const words[] = {"one", "two", "twofold"};

static void single_words(void **state)
{
    (void)state;
    assert_int_equal(parse_word("one", words, COUNT_OF(words)), 0);
    assert_int_equal(parse_word("twofold", words, COUNT_OF(words)), 2);
    assert_int_equal(parse_word("tw", words, COUNT_OF(words)), -1);
    assert_int_equal(parse_word("two,", words, COUNT_OF(words)), -1);
    assert_int_equal(parse_word("", words, COUNT_OF(words)), -1);
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(parse_distance("", ""), 0);
    assert_int_equal(parse_distance("", "abc"), 3);
    assert_int_equal(parse_distance("abc", ""), 3);
    assert_int_equal(parse_distance("kitten", "sitting"), 3);
    assert_int_equal(parse_distance("flaw", "lawn"), 2);
    assert_int_equal(parse_distance("LIGHTSSS_SLOT", "LIGHTSSS_SLOTS"), 1);
    assert_int_equal(parse_distance("same", "same"), 0);
}

static void distance_of_very_long_names(void **state)
{
    char a[PARSE_NAME_MAX * 4];
    char b[PARSE_NAME_MAX * 4];

    (void)state;
    for (size_t i = 0; i < sizeof(a); i++) {
        a[i] = 'a';
        b[i] = 'b';
    }
    a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
    assert_int_equal(parse_distance(a, b), PARSE_NAME_MAX);
    assert_int_equal(parse_distance(a, ""), PARSE_NAME_MAX);
}

static void the_nearest_name(void **state)
{
    static const char *const names[] = {"run", "doctor", "help", "--interval", "--window"};

    (void)state;
    assert_int_equal(parse_nearest("rnu", names, 5), 0);
    assert_int_equal(parse_nearest("docter", names, 5), 1);
    assert_int_equal(parse_nearest("--windw", names, 5), 4);
    assert_int_equal(parse_nearest("", names, 5), 0); /* three letters are fewer than any other has */
    assert_int_equal(parse_nearest("anything", names, 1), 0);
}

static void expressions_that_stay_small(void **state)
{
    static const char *const small[] = {
        "",
        "FAIL(ED|URE)$",
        "[1-9]+[0-9]*",
        "(error|fatal|assertion)s?:? .*(line|at) *[0-9]+(:[0-9]+)?$",
        "a{2,40}",
        "(a{100}){50}",
        "[+++++++++++++++++++]",
        "\\+\\+\\+\\+",
        "a)+b",
        "[]+++++++++++++++]",
        "[[:alpha:]+++++++++++++++]",
        "(",
        "[",
        "\\",
        "a{",
        "(a+)?b*|c*",
    };
    static const char *const large[] = {
        "a++++++++++++++++",
        "_++++++++++++++++++++++++++++++++++++++++ML=",
        "a{1000}{1000}",
        "((a{100}){100}){100}",
        "(((((((((a*)+)+)+)+)+)+)+)+)+",
        "(((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)",
        "a{0,32000}",
        "a{18446744073709551615}{2}{9999}{9999}",
        "[a]{200}{200}",
        "b++++????????????????????????????????????????++++",
        "b????????????????????????????????++++",
        "b++++**********++++",
        "((((((((((((((a?)?)?)?)?)?)?)?)?)?)?)?)?)?)+",
        "[1]+????6.???????????o$$$$$$$f??++++",
        "a+?",
        "(a)*{2}",
    };
    char deep[4 * PARSE_EXPRESSION_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(small); i++)
        if (!parse_is_small(small[i]))
            fail_msg("'%s' was refused", small[i]);
    for (size_t i = 0; i < COUNT_OF(large); i++)
        if (parse_is_small(large[i]))
            fail_msg("'%s' was not refused", large[i]);
    memset(deep, '(', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    assert_false(parse_is_small(deep));
    memset(deep, 'a', sizeof(deep) - 1);
    assert_false(parse_is_small(deep));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(evals),
        cmocka_unit_test(points),
        cmocka_unit_test(times),
        cmocka_unit_test(sizes),
        cmocka_unit_test(shares),
        cmocka_unit_test(single_words),
        cmocka_unit_test(distances),
        cmocka_unit_test(distance_of_very_long_names),
        cmocka_unit_test(the_nearest_name),
        cmocka_unit_test(expressions_that_stay_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
