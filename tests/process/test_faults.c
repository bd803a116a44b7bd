/* SPDX-License-Identifier: MIT */
/* Each call that the library makes, of the kernel or of libc, fails in its turn, in the original and in its
 * copies. The original's result is that of a run without the library, nothing hangs, nothing is left over,
 * and whatever is lost by it is said. LIGHTSSS_TEST_FULL: all of them, several at once, as mostly somebody
 * waits; else a sample, other ones with LIGHTSSS_TEST_SEED.
 */
#define _GNU_SOURCE
#include "compare.h"
#include "inject.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLE   12u /* runs per scenario in the short form */
#define PATIENCE 20  /* seconds, on a busy machine */
#define SLICES   8   /* of a scenario, in the full form */

struct scenario {
    const char *name;
    const char *const *steps, *const *environment;
    bool fails; /* there is a report */
    bool alone; /* only the snapshots see it */
    bool asked; /* by SIGUSR1, once there is the file `ready`; then `go` is made */
    bool often; /* so many snapshots are tried that what fails each time is said before the end */
    bool libc;  /* what fails are functions of libc */
    bool opens; /* the model is in a shared object that is opened by dlopen() */
};

#define EVERY_FIVE "LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=5evals"
#define WORDS      "LIGHTSSS_MATCH=no such (word|line)", "LIGHTSSS_WAKE_CALL=fake_number(\"7\")"

/* A file that is written, one that is read, a pipe, threads: so that there is something to be set back. */
#define WORK                                                                                                 \
    "worker", "write_name:a:one", "open:0:wc:b", "eval:3", "fd_write:0:two", "print:text", "eval:9",         \
        "fd_write:0:three", "error:words", "eval:2"

static const struct scenario scenarios[] = {
    {.name = "good", LIST(WORK, "exit:0"), LIST(EVERY_FIVE)},
    {.name = "exit", LIST(WORK, "exit:3"), LIST(EVERY_FIVE), .fails = true},
    {.name = "abort", LIST(WORK, "abort"), LIST("LIGHTSSS_WAVE=off"), .fails = true},
    {.name = "thread", LIST("worker", "eval:12", "work:abort"), LIST(EVERY_FIVE), .fails = true},
    {.name = "killed", LIST(WORK, "raise:KILL"), LIST(EVERY_FIVE), .fails = true, .alone = true},
    {.name = "killed late",
     LIST("eval:16", "raise:KILL"),
     LIST("LIGHTSSS_WAVE=off", "LIGHTSSS_INTERVAL=1evals"),
     .fails = true,
     .alone = true,
     .often = true},
    {.name = "request",
     LIST(WORK, "touch:ready", "await:go", "exit:0"),
     LIST(EVERY_FIVE),
     .fails = true,
     .asked = true},
    {.name = "hang",
     LIST(WORK, "sleep:700", "exit:0"),
     LIST(EVERY_FIVE, "LIGHTSSS_HANG=200ms"),
     .fails = true,
     .alone = true},
    {.name = "libc", LIST(WORK, "exit:3"), LIST(EVERY_FIVE, WORDS), .fails = true, .libc = true},
    {.name = "libc good", LIST(WORK, "exit:0"), LIST(EVERY_FIVE, "LIGHTSSS_HANG=10s"), .libc = true},
    {.name = "libc opened",
     LIST(WORK, "abort"),
     LIST(EVERY_FIVE, WORDS),
     .fails = true,
     .libc = true,
     .opens = true},
};

static struct inject_state *state;
static char state_path[] = "/tmp/lightsss-inject.XXXXXX";
static unsigned long seed = 1;

static void run_scenario(const struct scenario *scenario, bool preload, struct outcome *outcome)
{
    const char *arguments[40] = {state_path};
    char simulator[PATH_MAX], inject[PATH_MAX], open[PATH_MAX + 5], libraries[2 * PATH_MAX];
    struct running running;
    size_t count = 1;

    snprintf(simulator, sizeof simulator, "%s",
             run_test_program(scenario->opens ? "opener" : "fake_simulator"));
    snprintf(inject, sizeof inject, "%s", run_test_program("inject"));
    snprintf(open, sizeof open, "open:%s", run_test_program("libfake_model.so"));
    snprintf(libraries, sizeof libraries, "%s %s", run_library(), run_test_program("libinject_libc.so"));
    arguments[count++] = simulator;
    if (scenario->opens) {
        arguments[count++] = open;
        arguments[count++] = "main";
    }
    for (const char *const *step = scenario->steps; *step != NULL; step++)
        arguments[count++] = *step;
    run_start(&running, &(struct program){.path = inject,
                                          .arguments = arguments,
                                          .environment = scenario->environment,
                                          .preload = preload,
                                          .library = scenario->libc ? libraries : NULL,
                                          .timeout_s = 30});
    if (scenario->asked) {
        run_await_file(&running, "ready");
        if (preload)
            kill(running.pid, SIGUSR1);
        usleep(20000);
        run_touch(&running, "go");
    }
    run_wait(&running, outcome);
    if (WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == 77) {
        print_message("%s", outcome->err);
        skip();
    }
}

static void count_calls(const struct scenario *scenario)
{
    struct outcome outcome;

    memset(state, 0, sizeof *state);
    run_scenario(scenario, true, &outcome);
    if (state->blind) {
        print_message("processes cannot be looked into (/proc/PID/maps)\n");
        skip();
    }
    if (scenario->fails &&
        (outcome.report == NULL || strstr(outcome.report, "\"verdict\": \"reproduced\"") == NULL))
        fail_msg("%s: not even without a fault is it reproduced:\n%s%s%s", scenario->name, outcome.err,
                 outcome.said, outcome.report);
    run_discard(&outcome);
}

/* --- one run --- */

/* The line could not be written, as a call on stderr failed: its write, or the look at it (in a replay that
 * keeps the user's stderr for later). Or signals cannot be blocked: nothing is written where SIGPIPE could
 * end the simulator. */
static bool excused(void)
{
    const char *name = inject_calls[state->call].name;
    static const char *const calls[] = {"write", "writev", "fcntl", NULL};

    for (const char *const *call = calls; *call != NULL; call++)
        if (strcmp(name, *call) == 0)
            return state->mute > 0;
    return strcmp(name, "rt_sigprocmask") == 0;
}

/* There was no snapshot when it was killed or began to hang: nobody is left who could say it. Said is what
 * fails five times in a row, which takes more tries than there are in these scenarios. */
static bool nobody_is_left(const struct scenario *scenario, const struct outcome *with)
{
    return scenario->alone && !scenario->often && state->role == INJECT_ORIGINAL && state->lasting &&
           with->run == NULL;
}

static bool says_what_is_lost(const struct scenario *scenario, const struct outcome *with)
{
    static const char *const reasons[] = {"no snapshot",           "running without snapshots",
                                          "ran without snapshots", "cannot make a run directory",
                                          "could not be written",  "replay incomplete: ",
                                          "replay diverged: ",     "no waveform of this failure",
                                          "there is no snapshot",  "no waveform: a snapshot cannot be copied",
                                          "no waveform of this ",  NULL};

    if (!scenario->fails || state->failed == 0 || excused() || nobody_is_left(scenario, with) ||
        (with->report != NULL && strstr(with->report, "\"verdict\": \"reproduced\"") != NULL))
        return true;
    for (const char *const *reason = reasons; *reason != NULL; reason++)
        if (strstr(with->said, *reason) != NULL)
            return true;
    print_message("something is lost and nothing is said\n");
    return false;
}

static void describe(const struct scenario *scenario, const struct outcome *with)
{
    print_message("%s: the %s's %s number %u%s fails with %s, in %s at %#llx\n%s\n", scenario->name,
                  state->role == INJECT_ORIGINAL ? "original" : "copy", inject_calls[state->call].name,
                  state->nth, state->lasting ? " and all after it" : "", strerrorname_np((int)state->error),
                  state->library, (unsigned long long)state->place, with->said);
}

/* Without snapshots there is nobody to take SIGUSR1 for a request. */
static bool is_not_taken(const struct scenario *scenario, const struct outcome *with)
{
    return scenario->asked && strstr(with->said, "running without snapshots") != NULL &&
           WIFSIGNALED(with->status) && WTERMSIG(with->status) == SIGUSR1;
}

static bool try_fault(const struct scenario *scenario, const struct outcome *without,
                      const struct inject_state *fault)
{
    struct outcome with;

    memset(state, 0, sizeof *state);
    state->role = fault->role;
    state->call = fault->call;
    state->nth = fault->nth;
    state->error = fault->error;
    state->lasting = fault->lasting;
    double start = run_clock();
    run_scenario(scenario, true, &with);
    bool good = is_not_taken(scenario, &with) || (compare_outcomes(without, &with) && with.left == 0);
    good = says_what_is_lost(scenario, &with) && good;
    if (run_clock() - start > PATIENCE) {
        print_message("it took %.1f s\n", run_clock() - start);
        good = false;
    }
    if (!good || getenv("LIGHTSSS_TEST_VERBOSE") != NULL)
        describe(scenario, &with);
    run_discard(&with);
    return good;
}

/* --- all of them --- */

static bool draw(unsigned one_in)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (seed >> 33) % one_in == 0;
}

static const uint32_t errors[] = {EAGAIN, ENOMEM, ENOSPC, EMFILE, EPERM, ENOSYS, EDQUOT};

/* What is tried: each call of each kind in each role once, and each kind from some call on. */
static unsigned faults_of(const struct scenario *scenario, const struct inject_state *counted, unsigned role,
                          unsigned call)
{
    return scenario->libc == (inject_calls[call].number >= INJECT_LIBC) ? 2 * counted->counts[role][call] : 0;
}

static unsigned count_faults(const struct scenario *scenario, const struct inject_state *counted)
{
    unsigned count = 0;

    for (unsigned role = 0; role < INJECT_ROLES; role++)
        for (unsigned call = 0; inject_calls[call].name != NULL; call++)
            count += faults_of(scenario, counted, role, call);
    return count;
}

/* Where no futex works any more, no lock of the simulator does either. */
static bool is_pointless(const struct inject_state *fault)
{
    return fault->lasting && strcmp(inject_calls[fault->call].name, "futex") == 0;
}

/* LIGHTSSS_TEST_SLICE: this process does but one of SLICES parts of them, whatever the others have counted.
 */
static bool is_of_slice(const struct inject_state *fault)
{
    const char *slice = getenv("LIGHTSSS_TEST_SLICE");

    return slice == NULL || (fault->role + fault->call + fault->nth) % SLICES == strtoul(slice, NULL, 10);
}

static void try_faults(const struct scenario *scenario)
{
    const char *only = getenv("LIGHTSSS_TEST_CALL");
    struct inject_state counted;
    struct outcome without;
    unsigned bad = 0, done = 0, happened = 0;

    count_calls(scenario);
    counted = *state;
    run_scenario(scenario, false, &without);
    unsigned one_in = full_test() || only != NULL ? 1 : count_faults(scenario, &counted) / SAMPLE + 1;
    for (unsigned role = 0; role < INJECT_ROLES; role++)
        for (unsigned call = 0; inject_calls[call].name != NULL; call++)
            for (unsigned i = 0; i < faults_of(scenario, &counted, role, call); i++) {
                struct inject_state fault = {.role = role,
                                             .call = call,
                                             .nth = i / 2 + 1,
                                             .lasting = i % 2,
                                             .error =
                                                 errors[(i / 2 + call) % (sizeof errors / sizeof *errors)]};
                if ((only != NULL && strcmp(only, inject_calls[call].name) != 0) || is_pointless(&fault) ||
                    !is_of_slice(&fault) || !draw(one_in))
                    continue;
                done++;
                bad += !try_fault(scenario, &without, &fault);
                happened += state->failed != 0;
            }
    run_discard(&without);
    print_message("%s: %u faults of %u happened, %u bad\n", scenario->name, happened, done, bad);
    if (done > 0 || getenv("LIGHTSSS_TEST_SLICE") == NULL)
        assert_true(happened > 0 && happened >= done / 2);
    assert_int_equal(bad, 0);
}

static void start_slice(const struct scenario *scenario, int slice)
{
    char number[16];

    if (fork() != 0)
        return;
    snprintf(number, sizeof number, "%d", slice);
    setenv("LIGHTSSS_TEST_SLICE", number, 1);
    setenv("LIGHTSSS_TEST_ONLY", scenario->name, 1);
    execl("/proc/self/exe", "test_faults", NULL);
    _exit(127);
}

/* Each is a run of this program, with a state of its own. What cannot be tested here is skipped here. */
static void run_slices(const struct scenario *scenario)
{
    int status, bad = 0;

    count_calls(scenario);
    for (int i = 0; i < SLICES; i++)
        start_slice(scenario, i);
    for (int i = 0; i < SLICES; i++)
        bad += wait(&status) < 0 || status != 0;
    assert_int_equal(bad, 0);
}

static void test_scenario(void **argument)
{
    const struct scenario *scenario = *argument;

    if (full_test() && getenv("LIGHTSSS_TEST_SLICE") == NULL)
        run_slices(scenario);
    else
        try_faults(scenario);
}

/* Where the program's file cannot be looked at, it is not taken for one that is no simulator. */
static void test_doubt(void **argument)
{
    static const struct {
        uint32_t function, lasting;
        const char *said;
    } rows[] = {
        {INJECT_mmap64, 0, "replay reproduced"},
        {INJECT_open64, 1, "running without snapshots"},
    };
    const struct scenario scenario = {
        .name = "doubt", LIST(WORK, "exit:3"), LIST(EVERY_FIVE), .fails = true, .libc = true};
    struct outcome with;

    (void)argument;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(state, 0, sizeof *state);
        while (inject_calls[state->call].number != INJECT_LIBC + (long)rows[i].function)
            state->call++;
        state->nth = 1;
        state->error = EMFILE;
        state->lasting = rows[i].lasting;
        run_scenario(&scenario, true, &with);
        assert_true(state->failed > 0);
        assert_int_equal(with.status, 3 << 8);
        if (strstr(with.said, rows[i].said) == NULL)
            fail_msg("%s: \"%s\" is not said:\n%s", inject_calls[state->call].name, rows[i].said, with.said);
        run_discard(&with);
    }
}

static int make_state(void **unused)
{
    const char *wanted = getenv("LIGHTSSS_TEST_SEED");

    (void)unused;
    int file = mkstemp(state_path);
    if (file < 0 || ftruncate(file, sizeof *state) != 0)
        return -1;
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (wanted != NULL)
        seed = strtoul(wanted, NULL, 0);
    return state == MAP_FAILED ? -1 : 0;
}

static int remove_state(void **unused)
{
    (void)unused;
    return unlink(state_path);
}

int main(void)
{
    struct CMUnitTest tests[sizeof scenarios / sizeof *scenarios + 1];
    const char *only = getenv("LIGHTSSS_TEST_ONLY");
    size_t count = 0;

    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (only == NULL || strcmp(only, scenarios[i].name) == 0)
            tests[count++] = (struct CMUnitTest){.name = scenarios[i].name,
                                                 .test_func = test_scenario,
                                                 .initial_state = (void *)&scenarios[i]};
    if (only == NULL || strcmp(only, "doubt") == 0)
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_doubt);
    return _cmocka_run_group_tests("faults", tests, count, make_state, remove_state);
}
