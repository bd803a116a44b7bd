/* SPDX-License-Identifier: MIT */
/* Calls of a counted function that reach its stub at once: counted as before, and only direct calls of it. */
#include "unit.h"

#include "golden.h"

#include <string.h>

#define CALL_SIZE 5u

GOLDEN(golden_counted, "endbr64\n"
                       "lea 7(%rdi), %rax\n"
                       "nop\n"
                       "ret\n")
GOLDEN(golden_another, "lea 5(%rdi), %rax\n"
                       "ret\n")
GOLDEN(golden_calls, ".byte 0xe8\n"
                     ".long golden_counted - . - 4\n"
                     "ret\n")
GOLDEN(golden_calls_by_pointer, "lea golden_counted(%rip), %rax\n"
                                "call *%rax\n"
                                "ret\n")
GOLDEN(golden_calls_another, "call golden_another\n"
                             "ret\n")

static const struct golden golden = PATCHABLE(golden_counted);
static struct patch patch;
static int dues;
static void *object;

static long call(const uint8_t *function, long argument)
{
    return ((long (*)(long))(uintptr_t)function)(argument);
}

static long answer_due(void *self, void *context)
{
    (void)context;
    dues++;
    object = self;
    return call((const uint8_t *)(uintptr_t)patch.original, (long)self);
}

static int install(void **state)
{
    struct hooks_why why = {""};
    struct patch_target target = target_of(&golden);
    void (*due)(void *, void *) = (void (*)(void *, void *))(uintptr_t)answer_due;

    (void)state;
    return patch_check(&patch, &target, &why) || patch_count(&patch, NULL, 100, due, NULL, &why);
}

static void other_calls_stay_as_they_are(void **state)
{
    (void)state;
    assert_true(patch_call(&patch, (uintptr_t)golden_calls_by_pointer_end - 1) == 0);
    assert_true(patch_call(&patch, (uintptr_t)golden_calls_another + CALL_SIZE) == 0);
    assert_true(patch_call(&patch, (uintptr_t)golden_calls + CALL_SIZE - 1) == 0);
}

/* What stands before a page's begin may not be readable. */
static void a_page_begins_with_no_call(void **state)
{
    (void)state;
    assert_true(patch_call(&patch, 4096) == 0);
    assert_true(patch_call(&patch, 4096 + CALL_SIZE - 1) == 0);
}

static void a_call_can_reach_the_stub_at_once(void **state)
{
    uintptr_t caller = (uintptr_t)golden_calls, back = caller + CALL_SIZE;
    int32_t displacement;

    (void)state;
    assert_true(patch_call(&patch, back) == caller);
    assert_int_equal(patch_redirect(&patch, caller), 0);
    memcpy(&displacement, (const void *)(caller + 1), sizeof displacement);
    assert_true(back + (uintptr_t)(intptr_t)displacement == patch.stub);
    assert_true(patch_call(&patch, back) == 0); /* it is so already */
    for (int i = 0; i < 5; i++)
        assert_int_equal(call(golden_calls, i), i + 7);
    assert_true(*patch.countdown == 95);
}

static void all_calls_are_counted_and_come_due(void **state)
{
    (void)state;
    assert_int_equal(call(golden_calls_by_pointer, 1), 8);
    assert_int_equal(call(golden_counted, 2), 9);
    assert_true(*patch.countdown == 93);
    assert_int_equal(dues, 0);
    *patch.countdown = 1;
    assert_int_equal(call(golden_calls, 3), 10);
    assert_int_equal(dues, 1);
    assert_ptr_equal(object, (void *)3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_calls_stay_as_they_are),
        cmocka_unit_test(a_page_begins_with_no_call),
        cmocka_unit_test(a_call_can_reach_the_stub_at_once),
        cmocka_unit_test(all_calls_are_counted_and_come_due),
    };
    return cmocka_run_group_tests(tests, install, NULL);
}
