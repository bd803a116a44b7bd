/* SPDX-License-Identifier: MIT */
/* The core dump of a simulator is that of a run without the library: the same signal, its cause, and the
 * place where it happened, not somewhere inside our handler. */
#define _GNU_SOURCE
#include "core_file.h"
#include "process.h"
#include "run_program.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* With core_uses_pid the name has a number behind it. */
static void find_core(const struct outcome *outcome, char path[PATH_MAX])
{
    char name[64];

    if (strncmp(outcome->files, "core", 4) != 0)
        fail_msg("no core file; in the directory:\n%s", outcome->files);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(outcome->files, "\n"), outcome->files);
    if (snprintf(path, PATH_MAX, "%s/%s", outcome->directory, name) >= PATH_MAX)
        fail_msg("%s is too long", outcome->directory);
}

static void run_to_core(const char *const *steps, bool preload, struct core_end *end)
{
    struct outcome outcome;
    char path[PATH_MAX];

    run_program(&(struct program){.arguments = steps, .preload = preload}, &outcome);
    assert_true(WIFSIGNALED(outcome.status) && WCOREDUMP(outcome.status));
    assert_true((outcome.run != NULL) == preload);
    find_core(&outcome, path);
    if (!core_file_read(path, end))
        fail_msg("%s cannot be read", path);
    run_discard(&outcome);
}

/* place: the end happens in the simulator's own code, whose address must be the same. */
static void check_core(const char *const *steps, bool place)
{
    struct core_end without, with;

    run_to_core(steps, false, &without);
    run_to_core(steps, true, &with);
    assert_int_equal(with.signal, without.signal);
    assert_int_equal(with.code, without.code);
    if (with.signal != SIGBUS) /* of a mapping, which has another place where there are more libraries */
        assert_int_equal(with.address, without.address);
    if (place)
        assert_int_equal(with.program_counter, without.program_counter);
}

static void test_cores(void **state)
{
    (void)state;
    check_core(LIST("eval:3", "segv"), true);
    check_core(LIST("eval:3", "in:segv"), true);
    check_core(LIST("eval:3", "fpe"), true);
    check_core(LIST("eval:3", "ill"), true);
    check_core(LIST("eval:3", "bus"), true);
    check_core(LIST("eval:3", "thread:segv", "join"), true);
    check_core(LIST("eval:3", "action:SEGV:resethand", "segv"), true);
    check_core(LIST("eval:3", "abort"), false);
    check_core(LIST("eval:3", "raise:QUIT"), false);
}

/* Can this machine show us a core file? */
static const char *obstacle(void)
{
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
    char pattern[256] = "";

    if (file != NULL) {
        if (fgets(pattern, sizeof pattern, file) == NULL)
            pattern[0] = '\0';
        fclose(file);
    }
    if (strcmp(pattern, "core\n") != 0)
        return "core files go elsewhere (kernel.core_pattern is not \"core\")";
    if (setrlimit(RLIMIT_CORE, &limit) != 0)
        return "core files are not allowed (ulimit -c)";
    if (personality(ADDR_NO_RANDOMIZE) == -1)
        return "addresses cannot be kept the same (personality is refused)";
    return NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cores),
    };
    const char *why_not = obstacle();

    if (why_not != NULL) {
        printf("skipped: %s\n", why_not);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
