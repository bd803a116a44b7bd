/* SPDX-License-Identifier: MIT */
/* Programs that are no simulators run as if the library were not there: same output, same status, no thread,
 * no descriptor, no signal handler, no other library. */
#define _GNU_SOURCE
#include "compare.h"
#include "process.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS_AT_START 12 /* ours and the loader's for our pages, in a process that has no model */

struct bystander {
    const char *path;
    const char *const *arguments;
};

/* What a shell can see of itself, the addresses left out. */
#define LOOK_AROUND                                                                                          \
    "grep -E '^(Threads|Sig[PBIC]|Shd)' /proc/self/status; ls -l /proc/self/fd | wc -l; "                    \
    "while read -r key rest; do case $key in Threads:|Sig[PBIC]*) echo \"$key $rest\";; esac; done "         \
    "</proc/$$/status; "                                                                                     \
    "ls /proc/$$/fd; ls /proc/$$/task | wc -l; cat /proc/$$/comm; umask; ulimit -a"

static const struct bystander bystanders[] = {
    {"true", LIST("")},
    {"false", LIST("")},
    {"sh", LIST("-c", "echo text; echo words >&2; exit 7")},
    {"sh", LIST("-c", "kill -9 $$")},
    {"sh", LIST("-c", "kill -SEGV $$")},
    {"sh", LIST("-c", "kill -TERM $$")},
    {"sh", LIST("-c", LOOK_AROUND)},
    {"bash", LIST("-c", "echo $((6 * 7)); exit 3")},
    {"bash", LIST("-c", "trap 'echo caught' TERM; kill -TERM $$; trap - TERM; trap -p; kill -TERM $$")},
    {"bash",
     LIST("-c",
          "trap 'echo abort' ABRT; kill -ABRT $$; echo still here; (exit 5); echo $?; false | true; echo "
          "${PIPESTATUS[@]}")},
    {"bash", LIST("-c", LOOK_AROUND)},
    {"timeout", LIST("0.2", "sleep", "10")},
    {"timeout", LIST("10", "sh", "-c", "exit 9")},
    {"env", LIST("LIGHTSSS_SLOTS=many", "LIGHTSSS_WRONG=1", "true")},
    {"make", LIST("-s", "-f", "/dev/null", "nothing-to-make")},
    {"make", LIST("-s", "--eval", "all:;@echo made; exit 2")},
    {"python3",
     LIST("-S", "-E", "-c",
          "import os, signal, subprocess, sys, threading\n"
          "print([signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGABRT, signal.SIGSEGV)])\n"
          "print(sorted(os.listdir('/proc/self/fd')), threading.active_count())\n"
          "print(subprocess.run(['sh', '-c', 'exit 4']).returncode)\n"
          "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
          "sys.stdout.flush()\n"
          "os._exit(6)")},
    {"python3", LIST("-S", "-E", "-c", "import os; os.abort()")},
    {"python3", LIST("-S", "-E", "-c", "import ctypes; ctypes.string_at(0)")},
    {"python3", LIST("-S", "-E", "-c", "import os\nif os.fork() == 0: os._exit(3)\nprint(os.wait()[1])")},
};

static void check_bystander(void **state)
{
    const struct bystander *bystander = *state;
    struct program program = {.path = bystander->path, .arguments = bystander->arguments};
    struct outcome without, with;

    run_program(&program, &without);
    program.preload = true;
    run_program(&program, &with);
    if (WIFEXITED(without.status) && WEXITSTATUS(without.status) == 127)
        fail_msg("%s is not installed", bystander->path);
    compare_same(&without, &with);
    assert_string_equal(with.said, "");
    assert_null(with.run);
    run_discard(&without);
    run_discard(&with);
}

/* Of the list of mappings: how many libraries it names. Each has several, side by side. */
static unsigned count_libraries(const char *maps)
{
    const char *last = "", *path;
    size_t length, last_length = 0;
    unsigned found = 0;

    for (; (path = strchr(maps, '/')) != NULL; maps = path + length) {
        length = strcspn(path, "\n");
        if (memmem(path, length, ".so", 3) == NULL ||
            (length == last_length && memcmp(path, last, length) == 0))
            continue;
        found++;
        last = path;
        last_length = length;
    }
    return found;
}

/* The library itself is there; what it makes for a simulator is not. */
static void test_maps(void **state)
{
    const struct program program = {.path = "cat", .arguments = LIST("/proc/self/maps"), .preload = true};
    const struct program simulator = {.arguments = LIST("eval:1", "system:cat /proc/$PPID/maps", "exit:0"),
                                      .preload = true};
    const struct program without = {.arguments = simulator.arguments};
    struct outcome outcome, alone;

    (void)state;
    run_program(&program, &outcome);
    assert_non_null(strstr(outcome.out, "liblightsss.so"));
    assert_null(strstr(outcome.out, "memfd:lightsss"));
    run_discard(&outcome);
    /* A simulator has it: the name above is the right one. No library comes with it. */
    run_program(&simulator, &outcome);
    assert_non_null(strstr(outcome.out, "liblightsss.so"));
    assert_non_null(strstr(outcome.out, "memfd:lightsss"));
    run_program(&without, &alone);
    assert_int_equal(count_libraries(outcome.out), count_libraries(alone.out) + 1);
    run_discard(&alone);
    run_discard(&outcome);
}

/* System calls of a process from its exec to its end; those of its children are not counted. */
static unsigned count_calls(const struct bystander *bystander, const char *preload)
{
    const char *argv[8] = {bystander->path};
    unsigned stops = 0;
    int status = 0;

    for (size_t i = 0; bystander->arguments[i] != NULL; i++)
        argv[i + 1] = bystander->arguments[i];
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        setenv("LD_PRELOAD", preload, 1);
        if (dup2(nothing, STDOUT_FILENO) < 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(126);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        bool is_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
        stops += is_call;
        ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
        int signal = is_call || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (ptrace(PTRACE_SYSCALL, pid, NULL, signal) != 0)
            break;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s with %s ends with %#x", bystander->path, preload, (unsigned)status);
    return stops / 2;
}

/* What a process without a model pays for, also a larger one; how long that takes is measured by
 * scripts/bench. A library that does nothing shows what the loader does for any. */
static void test_start_is_short(void **state)
{
    const struct bystander quick[] = {
        {"true", LIST("")}, {"bash", LIST("-c", ":")}, {"make", LIST("--version")}};
    char nothing[PATH_MAX];

    (void)state;
    snprintf(nothing, sizeof nothing, "%s", run_test_program("libnothing.so"));
    for (size_t i = 0; i < sizeof quick / sizeof *quick; i++) {
        unsigned other = count_calls(&quick[i], nothing), with = count_calls(&quick[i], run_library());
        print_message("%s: %u system calls, with the library %u\n", quick[i].path, other, with);
        assert_true(with > other);
        assert_true(with - other <= CALLS_AT_START);
    }
}

int main(void)
{
    enum { COUNT = sizeof bystanders / sizeof *bystanders };
    static struct CMUnitTest tests[COUNT + 2] = {
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_start_is_short),
    };

    for (int i = 0; i < COUNT; i++) {
        const char *const *arguments = bystanders[i].arguments;
        tests[i + 2] = (struct CMUnitTest){.name = arguments[1] != NULL ? arguments[1] : bystanders[i].path,
                                           .test_func = check_bystander,
                                           .initial_state = (void *)&bystanders[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
