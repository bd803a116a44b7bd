/* SPDX-License-Identifier: MIT */
/* See finish.h. It is by exit_group: whatever the simulator would still do after its end (exit handlers, core
 * dump) has either happened or is none of the replay's business. */
#define _GNU_SOURCE
#include "replay/finish.h"

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/stack.h"
#include "record/output.h"
#include "record/tape.h"
#include "replay/again.h"
#include "replay/ask_time.h"
#include "replay/beyond.h"
#include "replay/dumping.h"
#include "replay/kept_files.h"
#include "replay/orphan.h"
#include "replay/partner.h"
#include "replay/progress.h"
#include "replay/stand.h"
#include "replay/tracer_crash.h"
#include "replay/where.h"
#include "run/notes.h"
#include "run/run.h"
#include "snapshot/threads/threads_signal.h"

#define TICK_NS    100000000
#define TICKS      20u                      /* without work: it is stuck */
#define AT_WORK_NS (TICK_NS / UINT64_C(50)) /* of processor time in one tick; the tick itself takes some */

/* Set by finish_stop(). */
static struct {
    enum verdict verdict;
    char why[SHARED_PAGE_WHY];
} stopped;

static _Atomic pid_t finishing; /* the thread that does; 0: none */
static const struct end *finishing_with;

/* What finish_with() does, one after the other. */
enum finish_step {
    FINISH_LAST_WORDS,
    FINISH_CLOSE,
    FINISH_PUBLISH,
    FINISH_FLUSH,
    FINISH_FILES,
    FINISH_REPORT,
    FINISH_GONE,
};

static void publish(enum verdict verdict, const struct end *end)
{
    struct shared_replay *replay = &run.page->replay;

    replay->verdict = verdict;
    replay->end = *end;
    progress_of_wave();
    replay->done_ns = clock_ns();
    atomic_store(&replay->state, REPLAY_DONE);
}

void finish_in_vain(const char *what, int error)
{
    const struct end end = {.kind = END_NONE};

    text_print(run.page->replay.why, sizeof run.page->replay.why, "%s (%s)", what, strerrorname_np(-error));
    publish(VERDICT_INCOMPLETE, &end);
    orphan_report();
    for (;;)
        kernel_exit_group(1);
}

/* The tracer gives up when it cannot write; then there is a waveform, but not up to the failure. Of one that
 * has crashed there is none. */
static bool wave_was_lost(void)
{
    if (!tracer_crash_was_left())
        return run_wave().lost;
    struct text why = text_in(run.page->replay.wave_why, sizeof run.page->replay.wave_why);
    tracer_crash_explain_left(&why);
    notes_add("%s", run.page->replay.wave_why);
    return false;
}

/* What kept the replay from getting there is none of the simulator's doing. */
static bool is_incomplete(const struct end *end, struct text *why)
{
    uint32_t asked = atomic_load(&run.page->replay.asked);

    if (end->kind == END_NONE && asked != REPLAY_ASKED_NOTHING)
        verdict_explain_asked(asked, &run.page->end, end, why);
    else if (end->signal == SIGXFSZ && run.page->end.signal != SIGXFSZ)
        text_format(why,
                    "a file of the replay reached the limit of file sizes at eval %" PRIu64
                    " (raise it: ulimit -f)",
                    end->eval);
    else if (output_write_error() != 0)
        text_format(why, "the replay's files could not be written to their end (%s)",
                    strerrordesc_np(output_write_error()));
    else if (tracer_crash_explain(end, why))
        return true;
    else if (wave_was_lost())
        text_format(why, "the waveform could not be written to its end (is the disk full?)");
    else if (run_wave().open)
        text_format(why, "the waveform could not be closed: the failure has broken the simulator's heap, or "
                         "keeps it locked");
    else
        return false;
    return true;
}

static enum printed_stop stop(void)
{
    return run.page->is_part ? PRINTED_IN_PART : run.page->end.outside ? PRINTED_EARLY : PRINTED_AT_END;
}

static enum verdict decide(const struct end *end, struct text *why)
{
    char output_bytes[SHARED_PAGE_WHY];
    struct text output = text_in(output_bytes, sizeof output_bytes);

    output_end();
    if (stopped.why[0] != '\0' && atomic_load(&run.page->replay.asked) == REPLAY_ASKED_NOTHING) {
        text_format(why, "%s", stopped.why);
        return stopped.verdict;
    }
    if (is_incomplete(end, why))
        return VERDICT_INCOMPLETE;
    if (beyond_has_verdict())
        return beyond_verdict(why);
    output_is_same(stop(), &output);
    return verdict_decide(&run.page->end, end, output.bytes, why);
}

/* What a replay ends with that has gone on behind its verdict is not its end. */
static void decide_and_publish(const struct end *end)
{
    struct text why = text_in(run.page->replay.why, sizeof run.page->replay.why);

    if (beyond_has_verdict()) {
        stopped.why[0] = '\0';
        end = &run.page->end;
    }
    enum verdict verdict = decide(end, &why);
    beyond_ends();
    if (verdict == VERDICT_DIVERGED && *run.page->notes.cause != '\0')
        text_format(&why, "; %s", run.page->notes.cause);
    publish(verdict, end);
}

/* Has it come as far as it could by itself? */
static bool is_through(const struct end *end)
{
    bool is_there = end->kind != END_NONE && end->eval == run.page->end.eval && *stopped.why == '\0';

    return (is_there || beyond_has_verdict()) &&
           atomic_load(&run.page->replay.asked) == REPLAY_ASKED_NOTHING && !run_wave().open &&
           !run_wave().lost && !tracer_crash_was_left();
}

/* The waveform is closed. One that is much shorter than it may be is there until another replay, which knows
 * what evals take, has written a better one. */
static void pass_on_for_size(const struct end *end)
{
    uint64_t from_eval = is_through(end) ? dumping_again() : 0;

    if (from_eval == 0)
        return;
    if (!again_may() || !again_has_time()) {
        notes_add("more of the end would fit, but there is no %s for another replay",
                  again_may() ? "time" : "room");
        return;
    }
    progress_of_wave();
    run.hooks->wave_remove_others();
    run.page->wave_from_eval = from_eval;
    run.page->wave_is_draft = 1;
    again_pass_on();
}

/* A replay that closes its waveform uses the simulator's heap. Where malloc() itself has found the failure,
 * its lock is held, and nobody ever lets go of it. */
static void watch_for_lock(void)
{
    const uint64_t own_signal = UINT64_C(1) << (THREADS_SIGNAL - 1);
    const int timer = kernel_timer_create(THREADS_SIGNAL);

    if (timer < 0)
        return;
    kernel_sigprocmask(SIG_UNBLOCK, &own_signal, NULL);
    kernel_timer_tick(timer, TICK_NS);
}

/* Has nothing in this process used a processor for two seconds? A thread that waits for the disk gets no
 * signal meanwhile, so that time alone says nothing: signals are counted. Another thread may compress what
 * this one waits for: so the time of all of them counts. */
static bool is_stuck(void)
{
    static uint64_t used_ns; /* processor time at the last tick */
    static unsigned idle_ticks;
    uint64_t now_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID);

    idle_ticks = now_ns < used_ns + AT_WORK_NS ? idle_ticks + 1 : 0;
    used_ns = now_ns;
    return idle_ticks >= TICKS;
}

/* A fault in one step comes back here and goes on with the next; so does a step that is stuck. */
static void finish_on_own_stack(void *argument)
{
    static enum finish_step next;
    const struct end *end = argument;

    for (;;)
        switch (next++) {
        case FINISH_LAST_WORDS:
            finishing_with = end;
            partner_watch_end();
            watch_for_lock();
            run.hooks->wave_last_words();
            break;
        case FINISH_CLOSE:
            dumping_close();
            break;
        case FINISH_PUBLISH:
            pass_on_for_size(end);
            dumping_settle();
            decide_and_publish(end);
            break;
        case FINISH_FLUSH: /* a stream may be locked for good */
            kept_files_flush();
            break;
        case FINISH_FILES:
            finishing_with = NULL;
            kept_files_end();
            break;
        case FINISH_REPORT:
            orphan_report();
            break;
        default:
            kernel_exit_group(0);
        }
}

void finish_with(const struct end *end)
{
    pid_t self = kernel_gettid(), other = 0;
    const struct end *original = &run.page->end;
    /* Where the original was ended from outside, the replay cannot be: it has come as far. */
    struct end own = original->outside && end->eval >= original->eval ? *original : *end;

    if (!atomic_compare_exchange_strong(&finishing, &other, self))
        while (other != self)
            kernel_ppoll(NULL, 0, NULL); /* for ever: that thread ends us all */
    stand_at_end(stopped.why);
    for (;;)
        stack_run(finish_on_own_stack, &own);
}

void finish_stop(enum verdict verdict, const char *why)
{
    const struct end unknown = {.kind = END_NONE, .eval = run.hooks->evals()};
    static atomic_flag taken = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&taken)) {
        stopped.verdict = verdict;
        strncpy(stopped.why, why, sizeof stopped.why - 1);
    }
    finish_with(&unknown);
}

bool finish_is_under_way(void)
{
    return atomic_load(&finishing) != 0;
}

/* The original waits no longer. Where it was ended from outside, inside its last eval, and the replay is
 * there too, nothing is missing. A tracer at work comes first: its file would end inside a block. */
void finish_if_asked(void)
{
    const struct end unknown = {.kind = END_NONE, .eval = run.hooks->evals()};
    bool is_there = run.page->end.outside && atomic_load(&run.page->replay.last_due_ns) != 0;

    orphan_watch();
    if (atomic_load(&run.page->replay.asked) != REPLAY_ASKED_NOTHING && !run.hooks->wave_at_work())
        finish_with(is_there ? &run.page->end : &unknown);
}

/* What another process would write never comes. Where the window has not begun, a copy begins it earlier. */
void finish_for_partner(void)
{
    char bytes[SHARED_PAGE_WHY];

    if ((!dumping_has_come() || dumping_is_cut()) && run.options.wave != WAVE_OFF)
        partner_pass_on();
    struct text why = text_in(bytes, sizeof bytes);
    partner_explain(&why);
    finish_stop(VERDICT_INCOMPLETE, bytes);
}

/* The original asks by THREADS_SIGNAL, and says why in the shared page; one that is alone asks itself. The
 * waveform is whole between two evals; who does not get there is asked once more. */
void finish_on_signal(void *ucontext)
{
    static atomic_bool asked_before;

    ask_time_tick(ucontext);
    if (atomic_load(&finishing) == kernel_gettid() && finishing_with != NULL && is_stuck())
        finish_with(finishing_with);
    if (atomic_load(&finishing) != 0)
        return;
    bool is_alone = orphan_watch();
    uint32_t asked = atomic_load(&run.page->replay.asked);
    if (asked == REPLAY_ASKED_LAST && run.page->end.kind == END_HANG)
        where_note(ucontext, tape_awaited());
    if (asked == REPLAY_ASKED_LAST || (asked != REPLAY_ASKED_NOTHING && atomic_exchange(&asked_before, true)))
        finish_if_asked();
    if (asked == REPLAY_ASKED_NOTHING && partner_is_awaited(ucontext))
        finish_for_partner();
    if (asked != REPLAY_ASKED_NOTHING || is_alone)
        run.hooks->due_in(1);
}
