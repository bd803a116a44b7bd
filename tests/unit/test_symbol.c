/* SPDX-License-Identifier: MIT */
/* symbol_find_behind() tells what dlsym() does: of libc's functions, of those that choose between several
 * bodies for the processor, of those that have old versions, and of names that nobody has. */
#include "unit.h"

#include "base/symbol.h"

#include <dlfcn.h>

static const char *const names[] = {
    "malloc", "free",   "write",  "sigaction", "pthread_create", "dlopen", "memcpy",  "strlen",
    "time",   "memmem", "execve", "_exit",     "gettimeofday",   "strchr", "regexec",
};

static void test_behind_an_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *expected = dlsym(RTLD_NEXT, names[i]);
        assert_non_null(expected);
        assert_ptr_equal(symbol_find_behind((const void *)test_behind_an_object, names[i]), expected);
    }
}

static void test_of_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ptr_equal(symbol_find_behind(NULL, names[i]), dlsym(RTLD_DEFAULT, names[i]));
}

static void test_nobody_has_it(void **state)
{
    (void)state;
    assert_null(symbol_find_behind(NULL, "lightsss_no_such_function"));
    /* Behind the last object there is nothing. */
    assert_null(symbol_find_behind((const void *)(uintptr_t)8, "malloc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_behind_an_object),
        cmocka_unit_test(test_of_all),
        cmocka_unit_test(test_nobody_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
