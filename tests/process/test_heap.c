/* SPDX-License-Identifier: MIT */
/* A process without a model has the heap that it has without the library: the same blocks, with the same
 * bytes. Where it opens libraries, the loader's notes of them tell how many others there are: then it is
 * compared with one that has another preloaded library, which does nothing. */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_program.h"

/* Meson asks for a pattern in new blocks. */
#define PLAIN     LIST("MALLOC_PERTURB_=0")
#define LIBRARIES LIST("libz.so.1", "libexpat.so.1", "nonexistent.so", "libm.so.6")

static void compare(const struct program *one, const struct program *other)
{
    struct outcome first, second;

    run_program(one, &first);
    run_program(other, &second);
    assert_int_equal(first.status, 0);
    assert_int_equal(second.status, 0);
    assert_non_null(strstr(first.out, "end: new blocks"));
    assert_string_equal(first.out, second.out);
    assert_string_equal(second.said, "");
    run_discard(&first);
    run_discard(&second);
}

static void test_same_blocks(void **state)
{
    const char *program = run_test_program("heap");

    (void)state;
    compare(&(struct program){.path = program, .environment = PLAIN},
            &(struct program){.path = program, .environment = PLAIN, .preload = true});
    compare(&(struct program){.path = program},
            &(struct program){
                .path = program, .environment = LIST("LIGHTSSS=0", "MALLOC_PERTURB_=0"), .preload = true});
}

static void test_same_blocks_with_libraries(void **state)
{
    char nothing[PATH_MAX];

    (void)state;
    snprintf(nothing, sizeof nothing, "%s", run_test_program("libnothing.so"));
    struct program plain = {.path = run_test_program("heap"),
                            .arguments = LIBRARIES,
                            .environment = PLAIN,
                            .preload = true,
                            .library = nothing};
    struct program preloaded = plain;
    preloaded.library = NULL;
    compare(&plain, &preloaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_blocks),
        cmocka_unit_test(test_same_blocks_with_libraries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
