/* SPDX-License-Identifier: MIT */
/* When the waveform of a replay is open: see dumping.h. */
#define _GNU_SOURCE
#include "replay/dumping.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/text.h"
#include "base/u64.h"
#include "record/thread_key.h"
#include "replay/again.h"
#include "replay/beyond.h"
#include "replay/bound.h"
#include "replay/goal.h"
#include "replay/scope_choice.h"
#include "replay/tracer_crash.h"
#include "replay/window.h"
#include "report/wave_file.h"
#include "run/notes.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "sandbox/sandbox.h"

#define RACING_EVALS_PASSED 1000
#define LEARNT_SHARE        UINT64_C(8)
#define LEARN_TIMES         UINT64_C(3)
#define LEARN_NS            (2 * SECOND_NS)
#define OPEN_PATIENCE_NS    (2 * SECOND_NS) /* it may take long, but not for ever */
#define OPEN_STEP_NS        (SECOND_NS / 10000)

static uint64_t first_dump; /* eval */
static bool tried, begun_anew;
static bool was_testbench;    /* the first one was written by a tracer of the testbench's */
static uint64_t known_last;   /* eval, where a replay before this one has come; 0: there was none */
static unsigned passed;       /* evals of threads that may not open it */
static _Atomic pid_t closing; /* the thread that does, for good; 0: none */
static _Atomic pid_t opening; /* the thread that does; 0: none */
static struct bound bound;

/* Up to which the replay is to come. */
static uint64_t stop_eval(void)
{
    return run.page->stop_eval != 0 ? run.page->stop_eval : run.page->end.eval;
}

/* From which the window is counted back. */
static uint64_t window_end(void)
{
    return run.page->stop_eval == 0 && goal_eval() != 0 ? goal_eval() : stop_eval();
}

/* Absolute, as the sandbox knows it. */
static void name_in_directory(struct text *path, const char *name)
{
    if (sandbox_sees_names())
        run_directory_held_path(path, name);
    else
        run_directory_link_path(path, name);
}

static void open_wave(void)
{
    char path[RUN_DIRECTORY_PATH_SIZE], later_path[RUN_DIRECTORY_PATH_SIZE];
    /* Where several threads eval, ours is that of the one that fails; the testbench's may be any. */
    struct hooks_wave_options options = {
        .path = path,
        .later_path = later_path,
        .choice = scope_choice(),
        .tick = run.options.tick,
        .testbench = run.options.hold && !run.page->races,
        .last_eval = stop_eval(),
        .anew = begun_anew,
        .mark = run.page->wave_marked ? &run.page->wave_mark : NULL,
    };
    struct hooks_why why = {""};

    tried = true;
    *run.page->replay.wave_why = '\0';
    if (run.options.wave == WAVE_OFF) {
        strcpy(run.page->replay.wave_why, "LIGHTSSS_WAVE=off");
        return;
    }
    struct text text = text_in(path, sizeof path), later = text_in(later_path, sizeof later_path);
    name_in_directory(&later, wave_file_name());
    name_in_directory(&text, run.page->wave_is_draft != 0 ? wave_file_draft_name() : wave_file_name());
    thread_key_at_waveform(true);
    int r = run.hooks->wave_open(&options, &why);
    thread_key_at_waveform(false);
    if (r < 0) {
        text = text_in(run.page->replay.wave_why, sizeof run.page->replay.wave_why);
        text_format(&text, "%s", why.text);
    }
    tried = r != -EAGAIN;
}

/* Where several threads eval, the models of the one that will fail are what the user wants to see, if it
 * evals at all. */
static bool may_open_here(void)
{
    return !run.page->races || run.page->end_thread == (uint64_t)pthread_self() ||
           ++passed > RACING_EVALS_PASSED;
}

/* Nobody knows its last eval where several threads eval, nor how many come behind a failure. */
static uint64_t last_eval(void)
{
    if (known_last != 0)
        return known_last;
    return run.page->races ? 0 : u64_sum(stop_eval(), run.page->stop_eval != 0 ? 0 : beyond_most_evals());
}

void dumping_begin(uint64_t eval)
{
    first_dump = run.page->races ? eval : window_first(eval - 1, window_end(), run.options.window_evals);
    run.page->replay.wave_asked_eval = first_dump;
    if (run.page->wave_from_eval > first_dump)
        first_dump = run.page->wave_from_eval;
    if (run.page->wave_from_eval != 0 && run.page->replay.wave_last_eval >= run.page->wave_from_eval)
        known_last = run.page->replay.wave_last_eval;
    bound = (struct bound){
        .most_bytes = run.options.size_bytes,
        .last_eval = last_eval(),
        .rates = &run.page->rates,
        .explores = again_may(),
    };
    if (run.page->races)
        run.hooks->take_turns();
}

/* A thread may evaluate on while another one exits: soon there is nothing left of Verilator that a tracer
 * could be opened with. */
static void open_unless_closing(uint64_t eval)
{
    atomic_store(&opening, kernel_gettid());
    if (atomic_load(&closing) == 0) {
        open_wave();
        bound_begin(&bound, run.hooks->format() == HOOKS_FORMAT_FST, eval);
    }
    atomic_store(&opening, 0);
}

uint64_t dumping_due(uint64_t eval)
{
    if (eval < first_dump)
        return first_dump - eval;
    if (!tried && may_open_here())
        open_unless_closing(eval);
    return 1;
}

bool dumping_is_on(void)
{
    return tried;
}

bool dumping_is_cut(void)
{
    return begun_anew;
}

bool dumping_has_come(void)
{
    return run_wave().dumped && tried;
}

/* Another replay begins it where it has room. Where there is none, there is no room. */
static void leave_too_large(void)
{
    if (bound.explores)
        return;
    notes_add("the waveform may be larger than LIGHTSSS_SIZE: its tracer cannot be opened again");
    bound.most_bytes = 0;
}

/* What was dumped so far stays until the next one begins: the replay need not come there. */
static void begin_anew(uint64_t eval)
{
    if (!run.hooks->wave_may_begin_anew()) {
        leave_too_large();
        return;
    }
    if (!bound.explores && !shared_page_is_again(run.page) && !run.page->races)
        notes_add("where the waveform begins is a guess: there was no room for a copy of the replay");
    run.page->replay.wave_begun++;
    was_testbench = was_testbench || run_wave().testbench;
    run.hooks->wave_close();
    first_dump = eval;
    tried = false;
    begun_anew = true;
    passed = 0;
    if (run.page->races)
        run.hooks->take_turns();
}

/* A dump takes its time where nothing changes, too. To learn what evals take may last as long as some
 * waveforms of LIGHTSSS_SIZE would by the first share of one, as the replay before them, and some time more.
 */
static bool is_hurried(void)
{
    static uint64_t until_ns;
    const struct shared_replay *replay = &run.page->replay;
    uint64_t now_ns = clock_ns(), dumping_ns = u64_difference(now_ns, replay->dumping_ns);

    if (until_ns != 0)
        return now_ns > until_ns;
    if (bound.measured_bytes >= bound.most_bytes / LEARNT_SHARE)
        until_ns = now_ns + u64_product(dumping_ns, LEARNT_SHARE * LEARN_TIMES) +
                   u64_difference(replay->dumping_ns, replay->start_ns) + LEARN_NS;
    return false;
}

void dumping_look(uint64_t eval)
{
    if (!tried || eval < bound.next_eval || run.options.size_bytes == 0)
        return;
    const struct hooks_wave_state wave = run_wave();
    if (!wave.open || !wave.dumped || atomic_load(&closing) != 0)
        return;
    if (!bound.in_blocks)
        run.hooks->wave_flush();
    bound.is_hurried = bound.explores && is_hurried();
    bound.last_eval = last_eval(); /* of a point in time it may have been found just now */
    uint64_t first = bound_look(&bound, eval, run.hooks->wave_bytes());
    if (!run.page->races &&
        first > stop_eval()) /* what may come behind a failure must not cost that itself */
        first = eval < stop_eval() ? stop_eval() : 0;
    if (first != 0)
        begin_anew(first);
    else if (bound.wants_flush)
        run.hooks->wave_flush();
}

/* Who opens it while it is to be closed has not seen that. */
static void wait_for_open(pid_t self)
{
    uint64_t start_ns = clock_ns();

    for (pid_t other = atomic_load(&opening); other != 0 && other != self; other = atomic_load(&opening)) {
        if (clock_ns() - start_ns > OPEN_PATIENCE_NS)
            return;
        kernel_sleep(OPEN_STEP_NS);
    }
}

/* Two threads may exit at once: the one that is first out of libc's exit() would end the process while the
 * other closes the waveform on its way there. So it waits, and sleeps meanwhile: what is stuck is known by
 * nobody's being at work. */
void dumping_close(void)
{
    static _Atomic uint32_t closed;
    pid_t self = kernel_gettid(), other = 0;
    bool is_first = atomic_compare_exchange_strong(&closing, &other, self) || other == self;

    while (!is_first && atomic_load(&closed) == 0)
        kernel_futex_wait(&closed, 0, 0);
    wait_for_open(self);
    run.hooks->wave_close(); /* by the second too: the first may have waited in vain */
    atomic_store(&closed, 1);
    kernel_futex_wake(&closed, INT_MAX);
}

/* Who asks for the end of another replay, or ends it, must not lose what the one before has written. */
void dumping_settle(void)
{
    const struct hooks_wave_state wave = run_wave();
    bool is_better = wave.dumped && !wave.open && !wave.lost && !tracer_crash_was_left() &&
                     wave.last_eval >= run.page->replay.wave_last_eval;

    if (run.page->wave_is_draft == 0)
        return;
    if (is_better && run_directory_rename(wave_file_draft_name(), wave_file_name()) == 0) {
        run.page->wave_is_draft = 0;
        return;
    }
    run.hooks->wave_remove();
}

/* A tracer of the testbench's that can be opened only once is opened where that is right. */
uint64_t dumping_again(void)
{
    const struct hooks_wave_state wave = run_wave();

    if (!wave.dumped || !tried)
        return 0;
    if (bound.last_eval > wave.last_eval)
        bound.last_eval = wave.last_eval; /* less came behind the failure than may */
    uint64_t from_eval = bound_again(&bound, run.page->replay.wave_asked_eval, run.hooks->wave_bytes());
    return from_eval == 0 && was_testbench && !wave.testbench ? bound.first_eval : from_eval;
}
