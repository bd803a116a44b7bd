/* SPDX-License-Identifier: MIT */
/* Which words an expression has; and whatever it is, libc finds nothing where they allow nothing. */
#include "unit.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/literals.h"

static struct literals literals;

/* The words with commas between. */
static const char *words_of(const char *expression)
{
    static char words[300];

    literals_find(&literals, expression);
    words[0] = '\0';
    for (size_t i = 0; i < literals.count; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%s%.*s", i > 0 ? "," : "",
                 (int)literals.list[i].size, literals.bytes + literals.list[i].start);
    return words;
}

static void each_alternative_has_one(void **state)
{
    static const char *const rows[][2] = {
        {"TEST FAILED", "TEST FAILED"},
        {"^.*panic", "panic"},
        {"FAIL=[1-9]", "FAIL="},
        {"assert.*failed", "assert"},
        {"Error|Fatal", "Error,Fatal"},
        {"ab.*abcd|^FATAL: [0-9]+$", "abcd,FATAL: "},
        {"FAIL(ED|URE)$", "FAIL"},
        {"abcd?e", "abc"},
        {"abcd{2}", "abc"},
        {"abc+de", ""},
        {"[]|]abcd", "abcd"},
        {"[[:space:]]abcd[[:digit:]|]", "abcd"},
        {"a\\.bcd\\|efgh", "efgh"},
        {"(abcd)?", ""},
        {"abcd|x", ""},
        {"abcd|", ""},
        {"", ""},
        {".*", ""},
        {"[abcd", ""},
        {"(abcd", ""},
        {"abcd)", ""},
        {"abcd\\", ""},
        {"aaa|bbb|ccc|ddd|eee|fff|ggg|hhh", "aaa,bbb,ccc,ddd,eee,fff,ggg,hhh"},
        {"aaa|bbb|ccc|ddd|eee|fff|ggg|hhh|iii", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(words_of(rows[i][0]), rows[i][1]) != 0)
            fail_msg("%s: %s instead of %s", rows[i][0], words_of(rows[i][0]), rows[i][1]);
}

static void long_words_are_kept_or_none(void **state)
{
    char expression[2 * LITERALS_SIZE + 2];

    (void)state;
    memset(expression, 'a', sizeof expression);
    expression[LITERALS_SIZE] = '\0';
    literals_find(&literals, expression);
    assert_int_equal(literals.count, 1);
    expression[LITERALS_SIZE] = '|';
    expression[LITERALS_SIZE + 5] = '\0';
    literals_find(&literals, expression);
    assert_int_equal(literals.count, 0);
}

static void put_together(char *text, const char *const *parts, size_t count, unsigned most)
{
    text[0] = '\0';
    for (unsigned left = 1 + (unsigned)rand() % most; left > 0; left--) /* NOLINT: the same each time */
        strncat(text, parts[(size_t)rand() % count], 20);               /* NOLINT */
}

static void libc_finds_nothing_where_they_are_not(void **state)
{
    static const char *const parts[] = {"abc", "b",    "c",   ".",           "*",   "+",  "?",
                                        "|",   "(",    ")",   "[ab]",        "^",   "$",  "\\.",
                                        "{2}", "[]a]", "\\|", "[[:alpha:]]", "abc", "cab"};
    static const char *const letters[] = {"a", "b", "c", "abc", "cab", "."};
    char expression[400], text[200];
    unsigned matched = 0, had_words = 0;

    (void)state;
    srand(3); /* NOLINT: the same each time */
    for (unsigned i = 0; i < 30000; i++) {
        regex_t compiled;

        put_together(expression, parts, COUNT_OF(parts), 8);
        if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
            continue;
        literals_find(&literals, expression);
        for (unsigned j = 0; j < 10; j++) {
            put_together(text, letters, COUNT_OF(letters), 8);
            if (regexec(&compiled, text, 0, NULL, 0) != 0)
                continue;
            matched++;
            had_words += literals.count > 0;
            if (!literals_allow(&literals, text, strlen(text)))
                fail_msg("%s is in %s", expression, text);
        }
        regfree(&compiled);
    }
    assert_true(matched > 1000 && had_words > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alternative_has_one),
        cmocka_unit_test(long_words_are_kept_or_none),
        cmocka_unit_test(libc_finds_nothing_where_they_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
