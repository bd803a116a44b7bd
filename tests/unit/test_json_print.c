/* SPDX-License-Identifier: MIT */
/* JSON on a stream: nothing in a string can change a terminal, and its readers read what was there. */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_print.h"

static char *made;

static const char *document(const char *json)
{
    size_t size;

    free(made);
    FILE *file = open_memstream(&made, &size);
    json_print_document(file, json);
    fclose(file);
    return made;
}

static void documents(void **state)
{
    static const char *const names[] = {"\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xf3\xa0\x81\x81"};

    (void)state;
    assert_string_equal(document("{\n  \"a\": \"\xc3\xa4\\n\"\n}"), "{\n  \"a\": \"\xc3\xa4\\n\"\n}");
    assert_string_equal(document("[\"\xe2\x80\xae\x7f\"]"), "[\"\\u202e\\u007f\"]");
    assert_string_equal(document("[\"\xf3\xa0\x81\x81\"]"), "[\"\\udb40\\udc41\"]");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *string = json_string(names[i]);
        char *text = json_dumps(string, JSON_ENCODE_ANY);
        json_t *again = json_loads(document(text), JSON_DECODE_ANY, NULL);
        assert_null(strstr(made, names[i]));
        assert_string_equal(json_string_value(again), names[i]);
        json_decref(again);
        free(text);
        json_decref(string);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(made);
    return failed;
}
