/* SPDX-License-Identifier: MIT */
/* A page that is patched becomes a mapping of its own: fork() copies the page tables of the one that it lies
 * in. */
#include "unit.h"

#include "golden.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

GOLDEN(golden_patched, "lea 1(%rdi), %rax\n"
                       "ret\n")
GOLDEN(golden_near, "lea 2(%rdi), %rax\n"
                    "ret\n")
GOLDEN(golden_distance, ".skip 0x100000, 0x90\n"
                        "ret\n")
GOLDEN(golden_far, "lea 3(%rdi), %rax\n"
                   "ret\n")

struct mapping {
    uintptr_t start;
    size_t copied_kib; /* pages of its own, not the file's */
};

static struct mapping mapping_of(const uint8_t *place)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    const char *const copied = "Anonymous:";
    struct mapping found = {.copied_kib = SIZE_MAX};
    char line[512], *behind;
    bool is_there = false;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL && found.copied_kib == SIZE_MAX) {
        uintptr_t start = strtoull(line, &behind, 16), end = 0;
        if (*behind == '-') {
            end = strtoull(behind + 1, NULL, 16);
            is_there = (uintptr_t)place >= start && (uintptr_t)place < end;
        }
        if (is_there && end != 0)
            found.start = start;
        else if (is_there && strncmp(line, copied, strlen(copied)) == 0)
            found.copied_kib = strtoull(line + strlen(copied), NULL, 10);
    }
    fclose(maps);
    assert_int_not_equal(found.copied_kib, SIZE_MAX);
    return found;
}

static long call(const uint8_t *function, long argument)
{
    return ((long (*)(long))(uintptr_t)function)(argument);
}

static void due(void *object, void *context)
{
    (void)object;
    (void)context;
}

static void install(const uint8_t *start, const uint8_t *end)
{
    static struct patch patches[3];
    static size_t used;
    const struct golden golden = {"a function", start, end};
    const struct patch_target target = target_of(&golden);
    struct hooks_why why = {""};
    struct patch *patch = &patches[used++];

    if (patch_check(patch, &target, &why) != 0 || patch_count(patch, NULL, 1000, due, NULL, &why) != 0)
        fail_msg("%s", why.text);
}

static void what_is_not_patched_is_not_copied(void **state)
{
    (void)state;
    assert_int_equal(mapping_of(golden_patched).start, mapping_of(golden_far).start);
    install(golden_patched, golden_patched_end);
    assert_true(mapping_of(golden_patched).copied_kib > 0);
    assert_int_equal(mapping_of(golden_far).copied_kib, 0);
    assert_int_equal(call(golden_patched, 5), 6);

    install(golden_far, golden_far_end);
    assert_true(mapping_of(golden_far).copied_kib > 0);
    assert_int_equal(mapping_of(golden_distance + 0x80000).copied_kib, 0);
    assert_int_equal(call(golden_far, 5), 8);
}

static void those_that_are_near_share_one(void **state)
{
    (void)state;
    install(golden_near, golden_near_end);
    assert_int_equal(mapping_of(golden_near).start, mapping_of(golden_patched).start);
    assert_int_equal(call(golden_near, 5), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_patched_is_not_copied),
        cmocka_unit_test(those_that_are_near_share_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
