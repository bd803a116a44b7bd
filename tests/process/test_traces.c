/* SPDX-License-Identifier: MIT */
/* What a simulator, and who looks at it from outside, can see of the library while it runs and when it has
 * ended: nothing. All that a process knows of itself is printed by the fake simulator (fake_traces.c). */
#define _GNU_SOURCE
#include "child_signals.h"
#include "compare.h"
#include "first_child.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACES "traces:start eval:9 traces:between burials atexit:traces:exit eval:4"

/* --- what the simulator sees of itself --- */

/* What is set up before it, by a shell; then its steps. */
struct place {
    const char *set_up;
    const char *steps;
};

static const struct place places[] = {
    {"", PLACES},
    {"", PLACES " exit:3"},
    {"", PLACES " worker traces:two_threads eval:9 traces:later"},
    {"", "eval:9 errno:77 traces:between signal:CHLD:ignore eval:9 traces:ignored burials"},
    {"", "eval:9 system:true wait eval:200 fork:exit:3 wait traces:later"},
    {"umask 027; ulimit -n 60 -c 0 -s 4096; cd /;", PLACES},
    {"trap '' INT HUP PIPE CHLD;", PLACES},
    {"exec </dev/null 5</dev/null 7>&1;", PLACES},
    {"exec <&-;", PLACES},
    {"nice -n 5", PLACES},
    {"ionice -c 3", PLACES},
    {"chrt --batch 0", PLACES},
    {"taskset 1", PLACES},
    {"setarch -R", PLACES},
    {"prlimit --core=0 --memlock=65536 --as=8000000000", PLACES},
    {"setpriv --no-new-privs", PLACES},
    {"setpriv --pdeathsig TERM", PLACES},
    {"env --block-signal=USR1,USR2,RTMIN+3", PLACES},
    {"choom -n 500 --", PLACES},
    {"setsid -w", PLACES},
    {"env -i LIGHTSSS_WAVE=off LIGHTSSS_INTERVAL=2evals LD_PRELOAD=$LD_PRELOAD LC_ALL=C A=B", PLACES},
    {"", PLACES " exec:traces:new_program"},
};

static void check_place(void **state)
{
    const struct place *place = *state;
    struct outcome outcome;
    char command[4096];

    /* The log of the run would be one more line on a terminal. */
    const char *ends = strchr(place->set_up, ';') != NULL ? "exec" : "";
    snprintf(command, sizeof command, "%s %s %s %s", place->set_up, ends, run_test_program("fake_simulator"),
             place->steps);
    const struct program program = {.path = "sh",
                                    .arguments = LIST("-c", command),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=2evals",
                                                        "LIGHTSSS_SLOTS=3", "LIGHTSSS_LOG=quiet",
                                                        "LIGHTSSS_DIR=lightsss")};
    compare_runs(&program, &outcome);
    if (strstr(outcome.out, "traces") == NULL)
        fail_msg("nothing was compared:\n%s", outcome.err);
    run_discard(&outcome);
}

/* On a terminal of its own, in its foreground. */
static void test_terminal(void **state)
{
    struct outcome outcome;
    char command[4096];

    (void)state;
    snprintf(command, sizeof command, "script -qec '%s %s' /dev/null", run_test_program("fake_simulator"),
             PLACES);
    const struct program program = {.path = "sh",
                                    .arguments = LIST("-c", command),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=2evals")};
    compare_runs(&program, &outcome);
    assert_non_null(strstr(outcome.out, "the terminal's: 1, same session: 1, tty yes"));
    run_discard(&outcome);
}

/* --- what is left --- */

/* Process ids, shared memory and IPC of its own, so that all that is left is the simulator's. */
#define ALONE                                                                                                \
    "unshare -mipf --mount-proc sh -c 'mount -t tmpfs none /dev/shm && mkdir tmp && { TMPDIR=$PWD/tmp %s "   \
    "%s; "                                                                                                   \
    "echo status $?; ls -A /dev/shm tmp; cat /proc/sysvipc/*; "                                              \
    "for i in 1 2 3 4 5 6 7 8 9 10; do set -- /proc/[0-9]*; [ $# = 1 ] && break; sleep 0.1; done; "          \
    "echo processes: /proc/[0-9]*; ls lightsss/* 2>/dev/null; }'"

static const char *const ends[] = {
    "eval:40 exit:0",
    "eval:40 exit:3",
    "eval:40 _exit:3",
    "eval:40 abort",
    "eval:40 segv",
    "eval:40 raise:TERM",
    "eval:40 raise:PIPE",
    "eval:40 thread:exit:4 join",
    "eval:40 raise:KILL",
    "eval:40 exec:exit:3",
    "eval:40 raise:USR1 sleep:300 eval:40 exit:0",
};

static bool can_be_alone(void)
{
    /* NOLINTNEXTLINE(cert-env33-c): a command of our own */
    return system("unshare -mipf --mount-proc mount -t tmpfs none /dev/shm 2>/dev/null") == 0;
}

/* Lines that are no names of the run directory's files. */
static void expect_only_known(const struct outcome *outcome)
{
    static const char known[] = " report.json replay.stdout replay.stderr wave.gtkw tmp: /dev/shm: ";
    char word[128];

    for (const char *line = outcome->out; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t length = strcspn(line, "\n");
        if (length > sizeof word - 3)
            length = sizeof word - 3;
        word[0] = ' ';
        memcpy(word + 1, line, length);
        memcpy(word + 1 + length, " ", 2);
        if (strncmp(line, "status ", 7) == 0 || strcspn(line, "\n") == 0 || strstr(known, word) != NULL ||
            strncmp(line, "processes: /proc/1\n", 19) == 0 || strstr(word, " key ") != NULL ||
            strstr(word, "       key ") != NULL)
            continue;
        fail_msg("left: %s", outcome->out);
    }
    assert_non_null(strstr(outcome->out, "processes: /proc/1\n"));
}

static void check_end(void **state)
{
    const char *steps = *state;
    struct outcome outcome;
    char command[4096];

    if (!can_be_alone()) {
        print_message("namespaces of its own are refused here (unshare)\n");
        skip();
    }
    snprintf(command, sizeof command, ALONE, run_test_program("fake_simulator"), steps);
    const struct program program = {.path = "sh",
                                    .arguments = LIST("-c", command),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=2evals",
                                                        "LIGHTSSS_SLOTS=4", "LIGHTSSS_LOG=quiet"),
                                    .preload = true};
    run_program(&program, &outcome);
    expect_only_known(&outcome);
    assert_int_equal(outcome.left, 0);
    run_discard(&outcome);
}

/* --- what its parent sees --- */

static pid_t start_with_pipe(const char *const *steps, int *out)
{
    const char *argv[16] = {run_test_program("fake_simulator")};
    int fds[2], argc = 1;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    for (; *steps != NULL; steps++)
        argv[argc++] = *steps;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        setenv("LD_PRELOAD", run_library(), 1);
        setenv("LIGHTSSS_WAVE", "off", 1);
        setenv("LIGHTSSS_LOG", "quiet", 1);
        setenv("LIGHTSSS_INTERVAL", "20evals", 1);
        setenv("LIGHTSSS_SLOTS", "16", 1);
        unsetenv("LD_LIBRARY_PATH");
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    assert_true(pid > 0);
    close(fds[1]);
    *out = fds[0];
    return pid;
}

/* Seconds from the end of the process to the end of its output. */
static double wait_for_both(pid_t pid, int out)
{
    struct pollfd both[] = {{.fd = pidfd_open(pid, 0), .events = POLLIN}, {.fd = out, .events = POLLIN}};
    double at[2] = {0, 0};
    char buffer[4096];

    while (at[0] == 0 || at[1] == 0) {
        if (poll(both, 2, 20000) == 0)
            fail_msg("its output does not end");
        if (both[0].fd >= 0 && both[0].revents != 0) {
            at[0] = run_clock();
            close(both[0].fd);
            both[0].fd = -1;
        }
        if (both[1].fd >= 0 && both[1].revents != 0 && read(out, buffer, sizeof buffer) == 0) {
            at[1] = run_clock();
            both[1].fd = -1;
        }
    }
    return at[1] - at[0];
}

/* The steps after which the output must not end late: `./emu | tee log` would wait for it. */
static void check_parent(const char *const *steps)
{
    const struct sigaction action = {.sa_handler = child_signals_count, .sa_flags = SA_RESTART};
    struct sigaction before;
    double best = 1000;
    int status, out;

    sigaction(SIGCHLD, &action, &before);
    for (int i = 0; i < 3; i++) {
        child_signals = 0;
        pid_t pid = start_with_pipe(steps, &out);
        double late = wait_for_both(pid, out);
        close(out);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        usleep(100000);
        assert_int_equal(child_signals, 1);
        assert_int_equal(waitpid(-1, &status, __WALL | WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
        best = late < best ? late : best;
    }
    sigaction(SIGCHLD, &before, NULL);
    print_message("%s: output ends %.1f ms after the process\n", steps[1], best * 1000);
    assert_true(best < 0.05);
}

static void test_parent(void **state)
{
    char top[PATH_MAX], here[PATH_MAX];

    (void)state;
    run_make_directory(top);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(top), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 0); /* or an orphan would be our child */
    check_parent(LIST("eval:400", "exit:0"));
    check_parent(LIST("eval:400", "exit:3"));
    check_parent(LIST("eval:400", "abort"));
    check_parent(LIST("eval:400", "segv"));
    check_parent(LIST("eval:400", "raise:PIPE"));
    check_parent(LIST("eval:400", "sleep:50", "raise:KILL"));
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(chdir(here), 0);
    run_remove_directory(top);
}

/* --- zombies --- */

static bool is_zombie(pid_t pid)
{
    char path[64], line[256] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    const char *state = fgets(line, sizeof line, file) == NULL ? NULL : strrchr(line, ')');
    fclose(file);
    return state != NULL && strncmp(state, ") Z", 3) == 0;
}

/* For how long one was seen at the most; evals take a millisecond, so that a snapshot comes every 1.5 s. */
static double longest_zombie(const struct running *running)
{
    double longest = 0, since = 0, start = run_clock();
    pid_t last = 0;

    while (run_clock() - start < 5) {
        pid_t zombie = first_child(running->pid, is_zombie);
        if (zombie != last)
            since = run_clock();
        last = zombie;
        if (zombie != 0 && run_clock() - since > longest)
            longest = run_clock() - since;
        usleep(500);
    }
    return longest;
}

static void test_zombies(void **state)
{
    const struct program program = {.arguments = LIST("pace:1000", "eval:forever"),
                                    .environment = LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1200evals",
                                                        "LIGHTSSS_SLOTS=1", "LIGHTSSS_ON=exit"),
                                    .preload = true};
    struct running running;
    struct outcome outcome;

    (void)state;
    run_start(&running, &program);
    run_await_snapshots(&running, 1);
    double longest = longest_zombie(&running);
    kill(running.pid, SIGTERM);
    run_wait(&running, &outcome);
    run_discard(&outcome);
    print_message("a dead snapshot is seen for %.1f ms at the most\n", longest * 1000);
    assert_true(longest < 0.5);
}

/* --- what it does wrong --- */

/* clang-format off */
static const struct compare_case misuses[] = {
    {{"eval:3", "misuse:waiting", "exit:1"}, EXIT(1, 3)},
    {{"eval:3", "misuse:sockets", "exit:1"}, EXIT(1, 3)},
    {{"eval:3", "misuse:lengths", "exit:1"}, EXIT(1, 3)},
    {{"eval:3", "misuse:files", "exit:1"}, EXIT(1, 3)},
    {{"eval:3", "misuse:others", "exit:1"}, EXIT(1, 3)},
    {{"eval:3", "misuse:child", "exit:1"}, EXIT(1, 3)},
};
/* clang-format on */

int main(void)
{
    enum {
        PLACES_COUNT = sizeof places / sizeof *places,
        ENDS_COUNT = sizeof ends / sizeof *ends,
        OTHERS = 3
    };
    static struct CMUnitTest tests[OTHERS + PLACES_COUNT + ENDS_COUNT] = {
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_parent),
        cmocka_unit_test(test_zombies),
    };
    struct CMUnitTest *next = tests + OTHERS;

    for (int i = 0; i < PLACES_COUNT; i++)
        *next++ = (struct CMUnitTest){.name = *places[i].set_up != '\0' ? places[i].set_up : places[i].steps,
                                      .test_func = check_place,
                                      .initial_state = (void *)&places[i]};
    for (int i = 0; i < ENDS_COUNT; i++)
        *next++ = (struct CMUnitTest){
            .name = ends[i], .test_func = check_end, .initial_state = (void *)(uintptr_t)ends[i]};
    int failed = cmocka_run_group_tests_name("traces", tests, NULL, NULL);

    return compare_cases(misuses, sizeof misuses / sizeof *misuses) + failed;
}
