/* SPDX-License-Identifier: MIT */
/* See retell.h. A signal that is told is sent to the thread itself: the kernel gives its handler the same
 * frame at the same place that the original's had. Where a replay does not come by at the recorded
 * instruction (a register differs, a thread waits less long), the signal comes with the end of its eval where
 * it came in one, else with the next recorded call, before the next eval, or before the end. */
#define _GNU_SOURCE
#include "record/retell.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/types.h>

#include "base/kernel.h"
#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "record/breakpoint.h"
#include "record/call_count.h"
#include "record/identity.h"
#include "record/signal_log.h"
#include "run/run.h"

#define BATCH_MAX     8u /* that came at once */
#define BEING_HANDLED (-1)
#define TOLD_MAX      32u   /* on their way */
#define PASSES_MAX    5000u /* of the place, with other registers: then it is as good as any */
#define AWAIT_STEPS   2000u
#define AWAIT_STEP_NS 50000
#define HOOK_FRAMES   1024u /* what our own frames take of the stack in front of an eval that is announced */
#define POINTER_MIN   0x10000u
#define POINTER_MAX   (UINT64_C(1) << 47)

static struct {
    struct signal_record record[BATCH_MAX];
    unsigned count; /* 0: there are no more */
    unsigned told;  /* of them, so far */
    unsigned batch; /* its number */
    unsigned passes;
    bool is_set; /* breakpoints wait for it */
} next;

static struct signal_record ahead;
static bool has_ahead;
static pid_t evaluating;         /* thread */
static volatile bool is_before;  /* it is in retell_before() */
static atomic_bool is_last_told; /* there are no more records ... */
static atomic_uint told_count;   /* ... and so many of those that were told are on their way */

static struct told {
    _Atomic pid_t thread; /* 0: free */
    _Atomic int signal;   /* 0: not known yet */
    bool is_aside;        /* it is told elsewhere than it came */
    struct signal_record copy;
} told[TOLD_MAX];

static const struct signal_record *place_of_next(void)
{
    return &next.record[next.count - 1];
}

/* The record behind those that were taken. */
static const struct signal_record *look_ahead(void)
{
    if (!has_ahead)
        has_ahead = signal_log_next(&ahead);
    return has_ahead ? &ahead : NULL;
}

/* The kernel gives a signal to another thread where the one that evals has one that waits: that one has not
 * gone on then, and its place is that of both. */
static bool is_with_next(const struct signal_record *record)
{
    const struct signal_record *following = look_ahead();

    return following != NULL &&
           (record->is_other ? following->evals == record->evals && following->calls == record->calls
                             : record->nesting == SIGNAL_BEFORE_NEXT);
}

static void load(void)
{
    next.count = next.told = next.passes = 0;
    next.batch++;
    next.is_set = false;
    while (next.count < BATCH_MAX && look_ahead() != NULL) {
        has_ahead = false;
        next.record[next.count++] = ahead;
        if (!is_with_next(&next.record[next.count - 1]))
            break;
    }
    atomic_store(&is_last_told, next.count == 0);
}

bool retell_is_over(void)
{
    return atomic_load_explicit(&is_last_told, memory_order_relaxed) && atomic_load(&told_count) == 0;
}

/* --- sending --- */

static void note_told(pid_t thread, const struct signal_record *record, bool is_aside)
{
    for (unsigned i = 0; i < TOLD_MAX; i++) {
        pid_t nobody = 0;
        if (!atomic_compare_exchange_strong(&told[i].thread, &nobody, thread))
            continue;
        atomic_fetch_add(&told_count, 1);
        told[i].copy = *record;
        told[i].is_aside = is_aside;
        atomic_store(&told[i].signal, record->signal);
        return;
    }
}

/* NULL: it is not on its way. */
static struct told *find_told(pid_t thread, int signal)
{
    for (unsigned i = 0; i < TOLD_MAX; i++)
        if (atomic_load(&told[i].thread) == thread && told[i].signal == signal)
            return &told[i];
    return NULL;
}

static void forget_told(struct told *one)
{
    if (one == NULL)
        return;
    atomic_store(&one->signal, 0);
    if (atomic_exchange(&one->thread, 0) != 0) /* not by two threads */
        atomic_fetch_sub(&told_count, 1);
}

/* The testbench looks at what the handler of another thread has done when its eval is over. */
static void await(pid_t thread, int signal)
{
    for (unsigned i = 0; i < AWAIT_STEPS; i++) {
        if (find_told(thread, signal) == NULL && find_told(thread, BEING_HANDLED) == NULL)
            return;
        kernel_sleep(AWAIT_STEP_NS);
    }
    forget_told(find_told(thread, signal));
    forget_told(find_told(thread, BEING_HANDLED)); /* it has left by a jump */
}

static void send(const struct signal_record *record, pid_t thread, bool is_aside)
{
    /* Of another thread no other code is allowed; its handler is shown what the original's was. */
    siginfo_t info = {.si_signo = record->signal, .si_code = SI_QUEUE};

    info.si_pid = run.pid;
    note_told(thread, record, is_aside);
    if (kernel_tgsigqueueinfo(run.pid, thread, record->signal, &info) < 0)
        forget_told(find_told(thread, record->signal));
    else if (thread != evaluating)
        await(thread, record->signal);
}

static void wait_for_place(void);

static pid_t thread_of(const struct signal_record *record)
{
    if (!record->is_other)
        return evaluating;
    pid_t thread = identity_tid_of((pthread_t)record->thread);
    return thread != 0 ? thread : evaluating;
}

/* A handler may run before send() returns, and end the process: then the rest is told from there. So what is
 * sent is no longer among what is to come. */
static void send_batch(bool is_aside)
{
    const unsigned batch = next.batch;

    while (next.batch == batch && next.count > 0) {
        const struct signal_record record = next.record[next.told++];
        if (next.told == next.count)
            load();
        send(&record, thread_of(&record), is_aside || record.is_other);
    }
}

/* What comes next may be due in the same eval. */
static void tell(bool is_aside)
{
    send_batch(is_aside);
    if (next.count == 0 || next.record[0].nesting == SIGNAL_BEHIND_LAST)
        return;
    if (place_of_next()->evals <= run.hooks->evals())
        wait_for_place();
    run.hooks->due_in(1);
}

static void tell_late(void)
{
    breakpoint_clear();
    tell(true);
}

bool retell_is_told(int signal, siginfo_t *info)
{
    pid_t self = kernel_gettid();
    struct told *one = find_told(self, signal);

    if (one == NULL)
        return false;
    memcpy(info, one->copy.info, sizeof one->copy.info);
    own_thread()->is_told_aside = one->is_aside;
    own_thread()->told_error = one->copy.error;
    if (self != evaluating) {
        atomic_store(&one->signal, BEING_HANDLED);
        return true;
    }
    forget_told(one);
    if (next.count > 0 && next.record[0].nesting == SIGNAL_BEHIND_LAST)
        tell(false);
    return true;
}

bool retell_is_awaited(void)
{
    return evaluating != 0 && find_told(kernel_gettid(), BEING_HANDLED) != NULL;
}

void retell_handled(void)
{
    forget_told(find_told(kernel_gettid(), BEING_HANDLED));
}

/* --- at an instruction --- */

static bool is_pointer(uint64_t value)
{
    return value >= POINTER_MIN && value < POINTER_MAX;
}

/* With a waveform open, the replay's heap has more in it than the original's. */
static bool is_same(const struct code_place *here, const struct code_place *there)
{
    const bool is_dumped = run_wave().dumped;

    for (unsigned i = 0; i < CODE_PLACE_KEPT; i++) {
        bool may_differ = is_dumped && is_pointer(here->kept[i]) && is_pointer(there->kept[i]);
        if (here->kept[i] != there->kept[i] && !may_differ)
            return false;
    }
    return true;
}

/* In an eval that is announced our frames lie between the testbench's and its own, and its registers are
 * saved there. */
static bool is_below(uint64_t here, uint64_t there)
{
    return here < there && there - here <= HOOK_FRAMES;
}

static bool is_place(const struct signal_record *record, const struct code_place *here)
{
    const struct code_place *there = &record->place;

    if (here->address == there->back_address &&
        (here->stack == there->back_stack || is_below(here->stack, there->back_stack)))
        return true;
    if (here->address != there->address)
        return false;
    if (is_below(here->stack, there->stack))
        return run.hooks->in_eval();
    if (here->stack != there->stack)
        return false;
    return is_same(here, there) || ++next.passes > PASSES_MAX;
}

static bool at_breakpoint(void *ucontext, uint64_t address)
{
    struct code_place here = {.address = 0};

    if (next.count == 0 || !next.is_set)
        return false;
    const struct signal_record record = *place_of_next();
    code_place_registers(&here, ucontext);
    here.address = address;
    if (!is_place(&record, &here))
        return false;
    breakpoint_clear();
    tell(address != record.place.address);
    if (address == record.place.address && record.place.ends_call)
        breakpoint_interrupt_call(ucontext);
    return true;
}

static void wait_for_place(void)
{
    const struct signal_record *record = place_of_next();
    const uint64_t addresses[BREAKPOINTS] = {record->place.address, record->place.back_address};

    if (record->call == 0 && !record->is_other)
        next.is_set = breakpoint_set(addresses, at_breakpoint) > 0;
}

/* --- in a call --- */

/* So many calls have begun: has the signal come before the last of them? Another thread may have got it in
 * that one. */
static bool is_due_by_calls(const struct signal_record *record, uint64_t begun)
{
    return record->evals <= run.hooks->evals() && begun >= record->calls + !record->is_other;
}

static void at_call(uint64_t number)
{
    if (kernel_gettid() != evaluating)
        return;
    while (next.count > 0) {
        const struct signal_record *record = place_of_next();
        if (record->call == number)
            tell(false);
        else if (is_due_by_calls(record, number))
            tell_late();
        else
            return;
    }
}

/* --- at an eval --- */

static bool is_behind_calls(const struct signal_record *record)
{
    return own_thread()->calls >= record->calls;
}

static bool is_due(const struct signal_record *record, uint64_t eval)
{
    return record->evals < eval || (record->is_other && record->evals == eval && is_behind_calls(record));
}

static bool is_due_behind(const struct signal_record *record, uint64_t eval)
{
    return record->evals == eval && record->call == 0 &&
           (record->in_eval || (!next.is_set && is_behind_calls(record)));
}

static void begin(void)
{
    evaluating = kernel_gettid();
    load();
    if (next.count > 0)
        call_count_told = at_call;
}

void retell_before(uint64_t eval)
{
    if (evaluating == 0)
        begin();
    if (next.count == 0 || kernel_gettid() != evaluating)
        return;
    is_before = true;
    while (next.count > 0 && is_due(place_of_next(), eval))
        tell_late();
    is_before = false;
}

bool retell_is_before(void)
{
    return is_before;
}

uint64_t retell_due(uint64_t eval, uint64_t most)
{
    uint64_t in = most;

    if (next.count > 0 && kernel_gettid() == evaluating) {
        if (place_of_next()->evals == eval && !next.is_set)
            wait_for_place();
        if (place_of_next()->evals - eval < most)
            in = place_of_next()->evals - eval;
    }
    return in == 0 ? 1 : in;
}

void retell_done(uint64_t eval)
{
    if (next.count == 0 || kernel_gettid() != evaluating)
        return;
    while (next.count > 0 && is_due_behind(place_of_next(), eval))
        tell_late();
}

/* --- at the end --- */

static uint64_t bits_of_next(void)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < next.count; i++)
        bits |= UINT64_C(1) << (next.record[i].signal - 1);
    return bits;
}

void retell_rest(void)
{
    if (evaluating == 0 || kernel_gettid() != evaluating)
        return;
    while (next.count > 0 && place_of_next()->evals <= run.hooks->evals()) {
        const uint64_t bits = bits_of_next();
        uint64_t before = 0;

        kernel_sigprocmask(SIG_UNBLOCK, &bits, &before);
        tell_late();
        signal_mask_restore(before);
    }
}
