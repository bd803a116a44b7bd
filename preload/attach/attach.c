/* SPDX-License-Identifier: MIT */
/* Looks at new objects, and has the hooks patch those that hold a model: see attach.h.
 * One thread at a time does; another that has opened the same library waits, so that it cannot be in an eval
 * that is being patched. */
#define _GNU_SOURCE
#include "attach/attach.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "attach/candidates.h"
#include "attach/choice.h"
#include "base/aside.h"
#include "base/expression.h"
#include "base/kernel.h"
#include "base/loaded_code.h"
#include "base/log.h"
#include "base/own_thread.h"
#include "base/program_file.h"
#include "base/signal_mask.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/vdso.h"
#include "interpose/dlopen.h"
#include "interpose/exit.h"
#include "interpose/libc.h"
#include "moved.h"
#include "options/options.h"
#include "record/match.h"
#include "record/watch.h"
#include "report/annotation.h"
#include "restore/affinity.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/descriptors.h"
#include "snapshot/shared_memory.h"

MOVED(dlerror, MOVED_FIRST);

static const struct hooks_events *told; /* whom the hooks tell */
static const struct attach_observer *observer;
static bool can_see_exit;

static _Atomic pid_t looking;            /* process whose thread is looking; 0: nobody */
static _Atomic uintptr_t looking_thread; /* which thread of it */
static struct candidates_loader loader;
static struct candidates candidates;
static struct choice choice;

static enum { UNPREPARED, READY, HOPELESS } state;
static bool attached;
static pid_t expected_pid;

/* --- one at a time --- */

/* A child that was forked meanwhile has the word, but not the thread. */
static bool begin_look(bool wait)
{
    pid_t self = kernel_getpid();

    for (;;) {
        pid_t other = 0;
        if (atomic_compare_exchange_strong(&looking, &other, self) ||
            (other != self && atomic_compare_exchange_strong(&looking, &other, self)))
            break;
        if (!wait)
            return false;
        kernel_futex_wait(&looking, (uint32_t)other, 0);
    }
    atomic_store(&looking_thread, (uintptr_t)pthread_self());
    return true;
}

/* What was opened may have been looked at, and not be patched yet: who then evals waits as well. */
static bool somebody_looks(void)
{
    return atomic_load(&looking) == kernel_getpid();
}

/* This thread looks: what it opens on the way is our own. */
static bool is_looking(void)
{
    return somebody_looks() && atomic_load(&looking_thread) == (uintptr_t)pthread_self();
}

static void end_look(void)
{
    atomic_store(&looking_thread, 0);
    atomic_store(&looking, 0);
    kernel_futex_wake(&looking, INT_MAX);
}

/* --- getting ready, once --- */

static void warn(const char *line)
{
    log_line(LOG_INFO, "%s", line);
}

/* LIGHTSSS_DIR as it is meant now, wherever the simulator goes later. */
static void note_directories(void)
{
    struct text path = text_in(run.base_directory, sizeof run.base_directory);

    /* libc's own would take memory where the kernel cannot name it. */
    if (raw_syscall2(SYS_getcwd, run.directory, sizeof run.directory) < 0 || run.directory[0] != '/')
        run.directory[0] = '\0';
    if (run.options.dir[0] != '/' && run.directory[0] != '\0')
        text_format(&path, "%s/", run.directory);
    text_format(&path, "%s", run.options.dir);
    while (path.length > 1 && path.bytes[path.length - 1] == '/') /* a link is a link, with a slash too */
        path.bytes[--path.length] = '\0';
}

/* It translates the program's code, and keeps to itself what a snapshot would have to copy. Its own libraries
 * come first. */
static bool is_under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload != NULL && strstr(preload, "/vgpreload_core") != NULL;
}

static void prepare(void)
{
    state = HOPELESS;
    if (program_file_name(run.program, sizeof run.program) < 0)
        strcpy(run.program, "simulator");
    /* Such a program's environment is another user's: nothing in it is looked at. */
    if (getauxval(AT_SECURE) != 0) {
        log_line(LOG_INFO,
                 "%s runs with more rights than its user (set-user-ID, set-group-ID, capabilities); start it "
                 "as its owner; running without snapshots",
                 run.program);
        return;
    }
    observer->begins();
    descriptors_note_output();
    if ((getenv("LIGHTSSS_MATCH") != NULL || getenv("LIGHTSSS_TRIGGER") != NULL) && aside_prepare())
        expression_set_memory(aside_begin, aside_end);
    affinity_note();
    terminal_note(getenv("TERM"), getenv("NO_COLOR"));
    annotation_note();
    options_read(&run.options, environ, warn);
    log_set_level(run.options.log_level);
    if (!run.options.enabled)
        return;
    if (is_under_valgrind()) {
        log_line(LOG_INFO, "%s runs under valgrind, where there can be no replay; running without snapshots",
                 run.program);
        return;
    }
    note_directories();
    if (own_thread_prepare() < 0) {
        log_line(LOG_INFO,
                 "%s has no key left for a thread's data (pthread_key_create); running without snapshots",
                 run.program);
        return;
    }
    vdso_find();
    run.hooks = lightsss_hooks();
    run.hooks->program(program_file(NULL));
    state = READY;
}

/* --- attaching --- */

static void note_wave_format(void)
{
    const bool asks_fst = run.options.wave == WAVE_FST;

    if (run_is_other_format(run.options.wave))
        log_line(LOG_INFO,
                 "LIGHTSSS_WAVE asks for %s, but %s was built to write %s; rebuild it with %s; "
                 "its own format is used",
                 asks_fst ? "fst" : "vcd", run.program, asks_fst ? "vcd" : "fst",
                 asks_fst ? "--trace-fst" : "--trace");
}

/* Before the first eval, and mostly before there are other threads: one that waits for input at the first
 * snapshot has come by our hook. */
static void replace_libc(void)
{
    role_await();
    loaded_code_find_libc();
    libc_prepare();
    uint64_t mask = signal_mask_block_all();
    libc_commit();
    signal_mask_restore(mask);
}

static void prepare_match(void)
{
    const struct options *options = &run.options;

    if (match_init(options->match, options->trigger, options->watch != NULL) < 0)
        log_line(LOG_INFO, "no memory to search output for what %s looks for; raise the limits",
                 options->match != NULL ? "LIGHTSSS_MATCH" : "LIGHTSSS_TRIGGER");
    else if (match_is_on && options->watch != NULL && watch_init(options->watch) < 0)
        log_line(LOG_INFO, "the names of LIGHTSSS_WATCH are too long with the working directory in front; "
                           "give base names; nothing is watched");
}

/* For the report; the list of candidates is made anew at each look. */
static void note_object(void)
{
    const struct candidate *candidate = candidates.list;

    if (choice.first[0] == '\0')
        return;
    while (choice.first != candidate->name)
        candidate++;
    text_print(run.object, sizeof run.object, "%s", candidate->name);
    run.object_base = candidate->base;
}

static void attach_first(void)
{
    attached = true;
    note_object();
    note_wave_format();
    prepare_match();
    replace_libc();
    log_line(LOG_DEBUG, "%s: model %s, Verilator %s", run.program, run.found.model, run.found.verilator);
}

/* Asked for once. */
static const struct hooks_events *events(void)
{
    static const struct hooks_events *chosen;

    if (chosen == NULL)
        chosen = observer->events(told);
    return chosen;
}

/* Copies see by them how far the original has come. */
static void share_counts(void)
{
    static size_t kept;
    const void *counts;

    for (; run.hooks != NULL && (counts = run.hooks->counts(kept)) != NULL; kept++)
        shared_memory_add_own(counts);
}

static bool has_tracer(void)
{
    char bytes[PATH_MAX];
    struct text words = text_in(bytes, sizeof bytes);

    bool has = choice_has_tracer(&choice, &run.found, run.options.wave != WAVE_OFF, run.program, &words);
    if (words.length > 0)
        log_line(LOG_INFO, "%s", bytes);
    return has;
}

static void install(void)
{
    struct hooks_why why = {""};

    if (!has_tracer())
        return;
    if (!run.found.named && !attached)
        log_line(LOG_INFO,
                 "no model %.60s in %.150s: give the name of a Verilated top-level class to LIGHTSSS_MODEL; "
                 "until it comes, the one that evals is taken",
                 run.options.model, choice.first[0] == '\0' ? run.program : choice.first);
    if (!can_see_exit)
        log_line(LOG_INFO, "no exit handler can be registered; running without snapshots");
    else if (run.hooks->install(events(), &why) < 0)
        log_line(LOG_INFO, "%s; running without snapshots", why.text);
    else if (!attached)
        attach_first();
    share_counts();
}

/* Where one object's models can be hooked, nothing is said of the others. */
static void attach(void)
{
    run.hooks->scope(candidates.started_with, dlopen_is_global_used());
    choice_begin(&choice);
    for (size_t i = 0; i < candidates.count; i++) {
        const struct candidate *candidate = &candidates.list[i];
        struct hooks_why why = {""};

        int r = run.hooks->find(candidate->name, candidate->base, run.options.model, &run.found, &why);
        choice_take(&choice, candidate->name, r, &why);
    }
    expected_pid = kernel_getpid();
    if (choice.first != NULL)
        install();
    else if (choice.refused[0] != '\0' && !attached)
        log_line(LOG_INFO, "%s; running without snapshots", choice.refused);
}

static void look_and_attach(void)
{
    candidates_look(&candidates, &loader);
    if ((candidates.count > 0 || candidates.error != 0) && state == UNPREPARED)
        prepare();
    if (candidates.error != 0 && state == READY && !attached)
        log_line(LOG_INFO,
                 "no memory can be had to look at what was loaded (%s); raise the limits; running without "
                 "snapshots",
                 strerrordesc_np(candidates.error));
    if (candidates.count > 0 && state == READY)
        attach();
}

/* It does not wait for a thread that is looking already where this one may hold the loader's lock. */
static void look_again(bool nested)
{
    if (is_looking() || state == HOPELESS ||
        (!candidates_are_new(&candidates, &loader) && !somebody_looks()) || !begin_look(!nested))
        return;
    look_and_attach();
    end_look();
    if (dlerror != NULL)
        dlerror(); /* what we looked up in vain is no concern of the caller, whose dlopen() went well */
}

void attach_start(const struct hooks_events *events, const struct attach_observer *one)
{
    told = events;
    observer = one;
    loader = (struct candidates_loader){dl_iterate_phdr, lightsss_hooks()->elsewhere};
    dlopen_when_opened(look_again);
    /* The handler that is registered first runs last, also where the model comes later. */
    can_see_exit = exit_register() == 0;
    if (begin_look(false)) {
        look_and_attach();
        end_look();
    }
}

void attach_end(void)
{
    if (choice.expected[0] != '\0' && !attached && kernel_getpid() == expected_pid)
        log_line(LOG_INFO, "%s; ran without snapshots", choice.expected);
}
