/* SPDX-License-Identifier: MIT */
/* Words for what a report says. */
#include "unit.h"

#include <stdlib.h>

#include "words.h"

static char words[WORDS_SIZE];

static void check_bytes(uint64_t bytes, const char *right)
{
    words_bytes(words, bytes);
    assert_string_equal(words, right);
}

static void bytes(void **state)
{
    (void)state;
    check_bytes(0, "0");
    check_bytes(1023, "1023");
    check_bytes(1024, "1.0K");
    check_bytes(19000000, "18.1M");
    check_bytes(UINT64_MAX, "16.0E");
}

static void check_end(const char *report, const char *right, const char *eval)
{
    json_t *json = json_loads(report, 0, NULL);

    words_end(words, json);
    assert_string_equal(words, right);
    words_eval(words, json);
    assert_string_equal(words, eval);
    json_decref(json);
}

static void ends(void **state)
{
    (void)state;
    check_end("{\"end\": {\"kind\": \"abort\", \"signal\": \"SIGABRT\", \"eval\": 7}}", "SIGABRT", "7");
    check_end("{\"end\": {\"kind\": \"kill\", \"signal\": \"SIGKILL\"}}", "SIGKILL", "-");
    check_end("{\"end\": {\"kind\": \"exit\", \"status\": 3, \"eval\": 1}}", "exit 3", "1");
    check_end("{\"end\": {\"kind\": \"exit\"}}", "exit", "-");
    check_end("{\"end\": {\"kind\": \"finish\", \"status\": 0}}", "finish", "-");
    check_end("{\"end\": {\"kind\": \"trigger\", \"signal\": null, \"eval\": 9, \"point_eval\": 8}}",
              "trigger", "8");
    check_end("{}", "-", "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),
        cmocka_unit_test(ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
