/* SPDX-License-Identifier: MIT */
/* In the place of an eval that is due, and beside the making and the end of model objects. Compiled with
 * -fexceptions: C++ exceptions may cross the frame of eval_comes(). */
#include "model/announce.h"
#include "elf/written_often.h"
#include "model/dump_time.h"
#include "model/eval_calls.h"
#include "model/eval_frames.h"
#include "model/evals.h"
#include "model/model.h"
#include "model/objects.h"

#include <sched.h>
#include <stdatomic.h>

#define TURN_PATIENCE 10000u /* the threads may wait for each other elsewhere */

static OFTEN_WRITTEN struct {
    const struct hooks_events *events;
    const struct announce_listener *listener;
    void (*gone)(void);
    atomic_flag busy; /* an eval is announced, and has not ended ... */
    /* Whose it is; 0 before `busy` is cleared: nobody may find himself there whose it was. */
    _Atomic pthread_t thread;
    const char *frame;        /* ... or was left by a jump, which nobody tells us */
    void *self;               /* of which object */
    atomic_bool begun;        /* the first eval_due() has returned */
    volatile bool take_turns; /* who comes while an eval is announced waits for his turn */
    bool races;               /* another thread came by while an eval was announced */
} announce;

bool announce_races(void)
{
    return announce.races;
}

void announce_take_turns(void)
{
    announce.take_turns = true;
}

void announce_listen(const struct announce_listener *listener)
{
    announce.listener = listener;
    announce.take_turns = false;
    evals_listen(listener != NULL);
}

void announce_when_gone(void (*gone)(void))
{
    announce.gone = gone;
}

/* --- one announced eval --- */

/* A design may call its testbench, which evaluates that design: then an eval is announced inside of another
 * one, which has begun and goes on behind it. */
struct announced {
    void *self;
    bool due;
    const char *outer_frame; /* NULL: there is none */
};

static bool is_mine(void)
{
    return pthread_equal(atomic_load(&announce.thread), pthread_self());
}

static void go_back(const char *outer_frame)
{
    if (outer_frame == NULL) {
        atomic_store_explicit(&announce.thread, 0, memory_order_relaxed);
        atomic_flag_clear_explicit(&announce.busy, memory_order_release);
        return;
    }
    announce.frame = outer_frame;
    model_set_in_eval(true);
}

static void leave_eval(struct announced *eval)
{
    if (eval->due) {
        model_time(1); /* notes it */
        dump_time_eval_done();
    }
    objects_evaluated(eval->self);
    if (announce.listener != NULL)
        announce.listener->after(eval->self);
    model_set_in_eval(false);
    if (eval->due)
        announce.events->eval_done(counts_sum());
    go_back(eval->outer_frame);
}

/* The cleanup also runs when an exception passes. */
static void run_announced(struct site *site, struct announced begun)
{
    model_set_in_eval(false); /* an outer one, too, stands between two evals now: a snapshot may be taken */
    if (begun.due) {
        announce.events->eval_due(counts_sum());
        atomic_store(&announce.begun, true);
    } else if (announce.listener != NULL) {
        evals_expect(site); /* the next one too */
    }
    if (announce.listener != NULL)
        announce.listener->before(begun.self);
    __attribute__((cleanup(leave_eval))) struct announced eval = begun;
    model_set_in_eval(true);
    site->patch.original(eval.self);
}

static bool is_inside(const char *frame)
{
    return is_mine() && frame < announce.frame;
}

/* Returns false where an eval is announced already. A thread that comes by again above the frame of the eval
 * it announced has jumped out of it. Nobody evals, and fails, before everything is ready for that. */
static bool begin(const struct site *site, const char *frame, struct announced *eval)
{
    for (unsigned tries = 0; atomic_flag_test_and_set(&announce.busy); tries++) {
        if (is_mine()) {
            if (is_inside(frame) && announce.self != eval->self)
                return false;
            eval->outer_frame = is_inside(frame) ? announce.frame : NULL;
            break;
        }
        announce.races = announce.races || evals_joined(site);
        if (atomic_load(&announce.begun) && (!announce.take_turns || tries > TURN_PATIENCE))
            return false;
        sched_yield();
    }
    atomic_store_explicit(&announce.thread, pthread_self(), memory_order_relaxed);
    announce.frame = frame;
    announce.self = eval->self;
    return true;
}

/* Where the order of evals is another one in each run, the listener hears of nothing else. */
static bool is_unwanted(const struct site *site, void *self)
{
    const struct announce_listener *listener = announce.listener;
    return listener != NULL && (announce.races || !evals_joined(site)) && !listener->wants(self);
}

/* The models of one round, and those that run on several threads, share the events: who comes while an eval
 * is announced passes by, and is due again the next time. */
PATCH_HANDLER static void eval_comes(void *self, void *context)
{
    struct site *site = context;
    const char *frame = __builtin_frame_address(0);
    if (site->is_part) {
        count_arm(site->count, COUNTS_NEVER);
        site->patch.original(self);
        return;
    }
    struct announced eval = {.self = self};
    bool is_part = model_in_eval() && is_inside(frame) && self != announce.self;
    evals_consider(site, is_part);
    if (!is_part && !is_unwanted(site, self) && begin(site, frame, &eval)) {
        eval.due = evals_look(site);
        eval_frames_note((const uintptr_t *)__builtin_dwarf_cfa() - 1, &site->patch);
        if (eval.due)
            eval_calls_note(&site->patch, (uintptr_t)__builtin_return_address(0));
        objects_add(self, NULL, site);
        struct object object = {.self = self};
        objects_find(self, &object);
        object.site = site;
        if (evals_joined(site) || announce.listener != NULL)
            model_note_eval(&object);
        if (eval.due || !object.evaluated || announce.listener != NULL) {
            run_announced(site, eval);
            return;
        }
        go_back(eval.outer_frame);
    }
    site->patch.original(self);
}

/* --- objects --- */

/* What is made inside an eval is a part of that model (--hierarchical, --lib-create), which evals and traces
 * it. */
static void object_made(const struct patch_arguments *arguments)
{
    struct site *site = arguments->context;
    if (model_in_eval() && is_mine())
        site->is_part = true;
    if (site->is_part)
        return;
    const struct verilator_syms *syms = &site->model->syms;
    void *context = syms->context ? (void *)arguments->integer[syms->context] : NULL;
    objects_remove((void *)arguments->integer[syms->model]); /* whose end was not seen */
    objects_add((void *)arguments->integer[syms->model], context, site);
    evals_expect(site);
}

static void object_gone(const struct patch_arguments *arguments)
{
    void *self = (void *)arguments->integer[0];
    if (!objects_remove(self))
        return;
    evals_expect_any();
    if (announce.gone != NULL)
        announce.gone();
    if (announce.listener != NULL)
        announce.listener->gone(self);
}

/* --- hooks --- */

int announce_install(const struct hooks_events *events, struct hooks_why *why)
{
    static const struct site_callbacks callbacks = {eval_comes, object_made, object_gone, model_context_gone};
    announce.events = events;
    return sites_install(&callbacks, why);
}

void announce_forked(void)
{
    announce.races = false;
    model_set_in_eval(model_in_eval() && is_mine());
    atomic_store(&announce.begun, false);
    atomic_flag_clear(&announce.busy);
}
