/* SPDX-License-Identifier: MIT */
/* Run directories by their names and reports. What is removed, tests/process/test_clean.py tells. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "run_folder.h"

static void expect_name(const char *name, const char *wanted, int wanted_pid)
{
    char program[RUN_FOLDER_PROGRAM_SIZE];
    int pid;

    if (!run_folder_is_name(name, program, &pid))
        fail_msg("%s is not taken for one", name);
    assert_string_equal(program, wanted);
    assert_int_equal(pid, wanted_pid);
}

static void test_names(void **state)
{
    static const char *const others[] = {
        "emu",     "emu.",  ".42",       "emu.42x",      "emu.x42",         "emu.42-", "emu.-2",
        "emu.042", "emu.0", "emu.42-2x", "emu.42-2.bak", "emu.99999999999", "42",      "emu.42 "};
    char program[RUN_FOLDER_PROGRAM_SIZE], longest[RUN_FOLDER_PROGRAM_SIZE + 8],
        wanted[RUN_FOLDER_PROGRAM_SIZE];
    int pid;

    (void)state;
    expect_name("emu.42", "emu", 42);
    expect_name("emu.42-2", "emu", 42);
    expect_name("my.emu-3.7.2147483647-1000", "my.emu-3.7", INT32_MAX);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (run_folder_is_name(others[i], program, &pid))
            fail_msg("%s is taken for one", others[i]);
    memset(longest, 'a', sizeof longest);
    memcpy(longest + RUN_FOLDER_PROGRAM_SIZE, ".42", 4);
    assert_false(run_folder_is_name(longest, program, &pid));
    memset(wanted, 'a', sizeof wanted);
    wanted[sizeof wanted - 1] = '\0';
    expect_name(longest + 1, wanted, 42);
}

static bool read_report(struct run_folder *folder, const char *program, const char *text)
{
    *folder = (struct run_folder){.pid = 42};
    strcpy(folder->program, program); /* NOLINT: it fits */
    return run_folder_read_report(folder, text);
}

#define HEAD "{\n  \"version\": 1, \"program\": \"emu\", \"pid\": 42, \"model\": \"V\""

static void test_reports(void **state)
{
    struct run_folder folder;

    (void)state;
    assert_true(read_report(&folder, "emu", HEAD ",\n  \"run\": { \"host\": \"farm7\" }\n}\n"));
    assert_true(folder.has_report && folder.is_finished);
    assert_string_equal(folder.host, "farm7");
    assert_true(read_report(&folder, "emu", HEAD ", \"why\": \"the replay was killed before it was done\""));
    assert_false(folder.is_finished);
    assert_string_equal(folder.host, "");
    assert_false(read_report(&folder, "other", HEAD));
    assert_true(folder.has_other_report);
    assert_false(read_report(&folder, "emu", &HEAD[1]));
    assert_true(folder.has_other_report);
    assert_false(read_report(&folder, "emu", ""));
    assert_false(folder.has_other_report);
    assert_false(read_report(&folder, "emu", "{\n  \"version\": 1, \"program\": \"em"));
    assert_false(folder.has_other_report);
    folder.pid = 4;
    assert_true(read_report(&folder, "e\"m", "{\n  \"version\": 1, \"program\": \"e\\\"m\", \"pid\": 42,"));
}

/* What a run has printed cannot say so. */
static void test_strings_in_reports(void **state)
{
    struct run_folder folder;

    (void)state;
    assert_true(
        read_report(&folder, "emu",
                    HEAD ", \"match\": \"\\\"host\\\": \\\"mine\\\", \\\"why\\\": \\\"the replay was killed "
                         "before it was done\\\"\", \"host\": \"yours\""));
    assert_string_equal(folder.host, "yours");
    assert_true(folder.is_finished);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_strings_in_reports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
