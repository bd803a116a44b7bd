/* SPDX-License-Identifier: MIT */
/* The table of contents of liblightsss.so. Constructor: is there a model in this process? Then options,
 * hooks, and the entry of eval is patched. First eval: this process is the original; from here on snapshots
 * are taken and every end is seen. A woken copy goes on as the replay. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "doctor.h"
#include "interpose/exit.h"
#include "interpose/libc.h"
#include "interpose/signal.h"
#include "log.h"
#include "match.h"
#include "options.h"
#include "raw_syscall.h"
#include "recognise.h"
#include "replay/files.h"
#include "replay/replay.h"
#include "run.h"
#include "snapshot/keeper.h"
#include "text.h"

#define HOOKS_LIBRARY "liblightsss-hooks.so"

static bool no_replay;         /* there can be no snapshots, and so no replay */
static atomic_bool first_look; /* it is known whether there was a first snapshot */

static void replace_libc(void)
{
    const uint64_t all = ~UINT64_C(0);
    uint64_t mask;

    raw_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&mask, sizeof all);
    libc_commit();
    raw_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof mask);
}

/* The first eval: the process that runs it is the original, which need not be the one that was started (a
 * testbench may fork and simulate in its children). */
static void become_original(void)
{
    const struct keeper_hooks hooks = {run.hooks->due_in, run_time, files_let_go};
    int r = shared_page_create(&run.page);

    if (r < 0) {
        log_line(LOG_INFO,
                 "no memory can be shared with snapshots (memfd_create: %s); allow it in the sandbox or "
                 "raise the limits; running without snapshots",
                 strerrordesc_np(-r));
        run.hooks->due_in(UINT64_MAX);
        no_replay = true;
        return;
    }
    run.pid = (pid_t)raw_syscall0(SYS_getpid);
    run.start_ns = clock_ns();
    keeper_init(run.page, &run.options, &hooks);
    run.role = RUN_ORIGINAL;
    signal_arm();
    replace_libc();
}

/* Asked whenever the testbench opens a waveform. It is held back until the first snapshot shows whether there
 * can be a replay, and from then on where there can. A child that the simulator forks is never replayed: it
 * writes what it opens. */
static bool on_may_hold(const char *path)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;

    if (!run.options.hold || run.options.wave == WAVE_OFF || no_replay)
        return false;
    if (run.role == RUN_ORIGINAL &&
        (!run_is_self() || (atomic_load(&first_look) && keeper_figures()->taken == 0)))
        return false;
    if (!atomic_flag_test_and_set(&said))
        log_line(LOG_INFO,
                 "the testbench's waveform %s is held back, and written by the replay of a failure; "
                 "LIGHTSSS_HOLD=0 leaves it alone",
                 path);
    return true;
}

/* Without a snapshot nobody would ever write what is held back. */
static void release_waveforms(void)
{
    atomic_store(&first_look, true);
    if (keeper_figures()->taken == 0 && run.hooks->wave_release() > 0)
        log_line(LOG_INFO, "the testbench's waveform is not held back any more: there is no snapshot");
}

static void on_eval_due(uint64_t eval)
{
    if (run.role == RUN_INERT)
        become_original();
    if (!run_is_self()) /* nothing works, or a child that the simulator forked */
        run.hooks->due_in(UINT64_MAX);
    else if (run.role == RUN_REPLAY)
        replay_eval_due(eval);
    else {
        match_search(false);
        if (keeper_look(eval))
            replay_begin(eval);
    }
    if (run.role == RUN_ORIGINAL ? run_is_self() : no_replay)
        release_waveforms();
}

static void on_eval_done(uint64_t eval)
{
    if (run.role == RUN_REPLAY)
        replay_eval_done(eval);
}

static void warn(const char *line)
{
    log_line(LOG_INFO, "%s", line);
}

/* libelf and Zydis are only loaded where a model can be. */
static int open_hooks(void)
{
    void *library = dlopen(HOOKS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        log_line(LOG_INFO, "%s; install it beside liblightsss.so; running without snapshots", dlerror());
        return -ENOENT;
    }
    const struct hooks *(*get)(void) = (const struct hooks *(*)(void))dlsym(library, "lightsss_hooks");
    const struct hooks *hooks = get != NULL ? get() : NULL;
    if (hooks == NULL || hooks->version != HOOKS_VERSION) {
        log_line(LOG_INFO,
                 "%s is of another release than liblightsss.so; install both anew; running without "
                 "snapshots",
                 HOOKS_LIBRARY);
        return -EPROTO;
    }
    run.hooks = hooks;
    return 0;
}

/* LIGHTSSS_DIR as it is meant now, wherever the simulator goes later. */
static void note_base_directory(void)
{
    char directory[PATH_MAX];
    struct text path;

    text_init(&path, run.base_directory, sizeof run.base_directory);
    if (run.options.dir[0] != '/' && getcwd(directory, sizeof directory) != NULL)
        text_format(&path, "%s/", directory);
    text_format(&path, "%s", run.options.dir);
}

static void note_program(void)
{
    char target[PATH_MAX];
    struct text name;

    text_init(&name, run.program, sizeof run.program);
    long length = readlink("/proc/self/exe", target, sizeof target - 1);
    if (length <= 0) {
        text_format(&name, "simulator");
        return;
    }
    target[length] = '\0';
    text_format(&name, "%s", strrchr(target, '/') + 1);
}

static void note_wave_format(void)
{
    enum hooks_format asked = run.options.wave == WAVE_FST ? HOOKS_FORMAT_FST : HOOKS_FORMAT_VCD;

    if ((run.options.wave == WAVE_VCD || run.options.wave == WAVE_FST) && asked != run.found.format)
        log_line(LOG_INFO,
                 "LIGHTSSS_WAVE asks for %s, but %s was built to write %s; rebuild it with %s; "
                 "its own format is used",
                 asked == HOOKS_FORMAT_FST ? "fst" : "vcd", run.program,
                 asked == HOOKS_FORMAT_FST ? "vcd" : "fst",
                 asked == HOOKS_FORMAT_FST ? "--trace-fst" : "--trace");
}

static void attach(void)
{
    static const struct hooks_events events = {on_eval_due, on_eval_done,
                                               on_may_hold}; /* the hooks keep it */
    struct hooks_why why = {""};

    if (run.hooks->find(run.options.model, &run.found, &why) < 0) {
        log_line(LOG_INFO, "%s; running without snapshots", why.text);
        return;
    }
    if (run.found.format == HOOKS_FORMAT_NONE && run.found.newer) {
        log_line(LOG_INFO,
                 "%s is of Verilator %s, which is newer than this library, and has no tracer that it knows; "
                 "snapshots run without a waveform",
                 run.program, run.found.verilator);
    } else if (run.found.format == HOOKS_FORMAT_NONE && run.options.wave != WAVE_OFF) {
        log_line(LOG_INFO,
                 "%s was built without a tracer, so that no waveform can be made; verilate it with "
                 "--trace or --trace-fst; running without snapshots",
                 run.program);
        return;
    }
    note_wave_format();
    if (exit_register() < 0)
        log_line(LOG_INFO, "no exit handler can be registered; running without snapshots");
    else if (run.hooks->install(doctor_events(&events), &why) < 0)
        log_line(LOG_INFO, "%s; running without snapshots", why.text);
    else {
        if (run.options.match != NULL && match_init(run.options.match) < 0)
            log_line(LOG_INFO, "no memory to search output for LIGHTSSS_MATCH; raise the limits");
        libc_prepare();
        log_line(LOG_DEBUG, "%s: model %s, Verilator %s", run.program, run.found.model, run.found.verilator);
    }
}

static void find_model(void)
{
    enum recognised recognised = recognise_executable();
    if (recognised == RECOGNISED_NOTHING)
        return;

    doctor_begin();
    options_read(&run.options, environ, warn);
    log_set_level(run.options.log_level);
    if (!run.options.enabled)
        return;
    note_program();
    if (getauxval(AT_SECURE) != 0) {
        log_line(LOG_INFO,
                 "%s runs with more rights than its user (set-user-ID, set-group-ID, capabilities); start it "
                 "as its owner; running without snapshots",
                 run.program);
        return;
    }
    note_base_directory();
    if (recognised == RECOGNISED_STRIPPED)
        log_line(LOG_INFO,
                 "%s is stripped: its Verilator model cannot be found; link it without -s and do not "
                 "strip it; running without snapshots",
                 run.program);
    else if (open_hooks() == 0)
        attach();
}

__attribute__((constructor)) static void lightsss_start(void)
{
    find_model();
    doctor_end();
}
