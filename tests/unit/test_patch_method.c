/* SPDX-License-Identifier: MIT */
/* Methods that another function stands in for, and the shortcut past it: taken while it is shut, and only by
 * a number that grows. */
#include "unit.h"

#include "golden.h"

#include <stddef.h>

/* What stands in for a method of an object with a word that grows. */
struct method {
    struct patch patch;
    int calls;
    void *object;
    uintptr_t argument;
};

struct grown {
    uint64_t before, word, behind;
};

/* A method: answers how far the argument is from the word. */
GOLDEN(golden_method, "mov %rsi, %rax\n"
                      "sub 8(%rdi), %rax\n"
                      "ret\n")
GOLDEN(golden_method_plain, "mov 8(%rdi), %rax\n"
                            "add %rsi, %rax\n"
                            "ret\n")

static uintptr_t call_method(const void *function, struct grown *object, uintptr_t argument)
{
    return ((uintptr_t(*)(void *, uintptr_t))(uintptr_t)function)(object, argument);
}

static uintptr_t replacement(void *object, uintptr_t argument, void *context)
{
    struct method *method = context;
    method->calls++;
    method->object = object;
    method->argument = argument;
    return call_method((const void *)(uintptr_t)method->patch.original, object, argument) + 1000;
}

static void install_method(struct method *method, const struct golden *golden, int32_t shortcut)
{
    struct hooks_why why = {""};
    struct patch_target target = target_of(golden);

    *method = (struct method){.calls = 0};
    if (patch_check(&method->patch, &target, &why) != 0 ||
        patch_method(&method->patch, shortcut, replacement, method, &why) != 0)
        fail_msg("%s", why.text);
}

static void a_handler_stands_in_for_a_method_and_can_call_it(void **state)
{
    static const struct golden golden = PATCHABLE(golden_method_plain);
    static struct method method;
    struct grown object = {1, 40, 3};

    (void)state;
    assert_int_equal(call_method(golden_method_plain, &object, 2), 42);
    install_method(&method, &golden, 0);
    *method.patch.shut = 1; /* means nothing without a shortcut */
    assert_int_equal(call_method(golden_method_plain, &object, 2), 1042);
    assert_int_equal(method.calls, 1);
    assert_ptr_equal(method.object, &object);
    assert_int_equal(method.argument, 2);
}

/* Compared without sign, stored only where it is greater, and only while shut. */
static void a_shortcut_is_taken_while_shut_and_the_number_grows(void **state)
{
    static const struct golden golden = PATCHABLE(golden_method);
    static const struct {
        uint64_t shut, word, argument;
        bool taken;
    } rows[] = {
        {0, 5, 6, false}, {1, 5, 6, true},          {1, 5, 5, false},
        {1, 5, 4, false}, {1, 0, UINT64_MAX, true}, {1, UINT64_MAX, 1, false},
        {1, 0, 0, false}, {UINT64_MAX, 0, 1, true}, {0, 0, 1, false},
    };
    static struct method method;

    (void)state;
    install_method(&method, &golden, offsetof(struct grown, word));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct grown object = {7, rows[i].word, 9};

        method.calls = 0;
        *method.patch.shut = rows[i].shut;
        uintptr_t answer = call_method(golden_method, &object, rows[i].argument);
        assert_int_equal(method.calls, !rows[i].taken);
        assert_true(object.word == (rows[i].taken ? rows[i].argument : rows[i].word));
        assert_true(object.before == 7 && object.behind == 9);
        if (!rows[i].taken)
            assert_true(answer == rows[i].argument - rows[i].word + 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_stands_in_for_a_method_and_can_call_it),
        cmocka_unit_test(a_shortcut_is_taken_while_shut_and_the_number_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
