/* SPDX-License-Identifier: MIT */
/* What stands where, as the loader tells: which code belongs together. */
#include "unit.h"

#include "elf/loaded.h"

#include <stdlib.h>

static uintptr_t address_of(void (*function)(void))
{
    return (uintptr_t)function;
}

__attribute__((noinline)) static void one(void)
{
    __asm__ volatile("");
}

__attribute__((noinline)) static void another(void)
{
    __asm__ volatile(" ");
}

static void code_of_one_object_belongs_together(void **state)
{
    uintptr_t here = address_of(one);
    static int variable;
    static const int constant = 1;

    (void)state;
    assert_true(loaded_share_code(here, address_of(another)));
    assert_true(loaded_share_code(here, here));
    assert_false(loaded_share_code(here, (uintptr_t)state));
    assert_false(loaded_share_code((uintptr_t)state, (uintptr_t)state));
    assert_false(loaded_share_code(here, (uintptr_t)&variable));
    assert_false(loaded_share_code((uintptr_t)&constant, here));
    /* another object's, which the linker cannot have put into this one */
    assert_false(loaded_share_code(here, (uintptr_t)atoi));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_of_one_object_belongs_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
