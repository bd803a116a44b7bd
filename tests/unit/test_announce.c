/* SPDX-License-Identifier: MIT */
/* Threads that eval at once: an announced eval is one at a time, and each time that it is somebody's turn it
 * is his alone. What else announce.c asks is answered here. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "model/announce.h"
#include "model/dump_time.h"
#include "model/eval_calls.h"
#include "model/eval_frames.h"
#include "model/evals.h"
#include "model/model.h"
#include "model/objects.h"
#include "model/sites.h"

#define THREADS 4
#define EVALS   200000u

static void (*eval_comes)(void *self, void *site);
static struct site site;
static atomic_uint announced, evals_announced, evals_made;
static atomic_bool shared; /* two announced one at once */
static _Thread_local bool in_eval;

int sites_install(const struct site_callbacks *callbacks, struct hooks_why *why)
{
    (void)why;
    eval_comes = callbacks->due;
    return 0;
}

bool evals_joined(const struct site *asked)
{
    (void)asked;
    return true;
}

bool evals_look(struct site *asked)
{
    (void)asked;
    return true;
}

bool objects_find(const void *self, struct object *found)
{
    (void)self;
    found->evaluated = true;
    return true;
}

void model_set_in_eval(bool now)
{
    in_eval = now;
}

bool model_in_eval(void)
{
    return in_eval;
}

bool objects_remove(const void *self)
{
    (void)self;
    return false;
}

uint64_t counts_sum(void)
{
    return atomic_load(&evals_made);
}

/* clang-format off */
void evals_consider(struct site *asked, bool inside) { (void)asked; (void)inside; }
void evals_listen(bool listens) { (void)listens; }
void evals_expect(struct site *asked) { (void)asked; }
void evals_expect_any(void) {}
void count_arm(struct count *count, uint64_t evals) { (void)count; (void)evals; }
void objects_add(void *self, void *context, const struct site *of) { (void)self; (void)context; (void)of; }
void objects_evaluated(const void *self) { (void)self; }
void model_note_eval(const struct object *object) { (void)object; }
void model_context_gone(const struct patch_arguments *arguments) { (void)arguments; }
uint64_t model_time(uint64_t tick) { return tick; }
void dump_time_eval_done(void) {}
void eval_frames_note(const uintptr_t *top, const struct patch *patch) { (void)top; (void)patch; }
void eval_calls_note(const struct patch *patch, uintptr_t address) { (void)patch; (void)address; }
/* clang-format on */

/* From here to eval_done() nobody else may come. */
static void eval_due(uint64_t eval)
{
    (void)eval;
    if (atomic_fetch_add(&announced, 1) != 0)
        atomic_store(&shared, true);
    atomic_fetch_add(&evals_announced, 1);
}

static void eval_done(uint64_t eval)
{
    (void)eval;
    atomic_fetch_sub(&announced, 1);
}

static void eval(void *self)
{
    (void)self;
    atomic_fetch_add(&evals_made, 1);
}

static void *evaluate(void *model)
{
    for (unsigned i = 0; i < EVALS; i++)
        eval_comes(model, &site);
    return NULL;
}

static void evaluate_at_once(void)
{
    static char models[THREADS];
    pthread_t threads[THREADS];

    atomic_store(&evals_made, 0);
    atomic_store(&evals_announced, 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, evaluate, &models[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&evals_made), THREADS * EVALS);
    assert_false(atomic_load(&shared));
    assert_int_equal(atomic_load(&announced), 0);
    assert_true(atomic_load(&evals_announced) > 0);
}

static void others_pass_by(void **state)
{
    (void)state;
    evaluate_at_once();
}

static void others_wait_for_their_turn(void **state)
{
    (void)state;
    announce_take_turns();
    evaluate_at_once();
}

static int install(void **state)
{
    static const struct hooks_events events = {.eval_due = eval_due, .eval_done = eval_done};

    (void)state;
    site.patch.original = eval;
    return announce_install(&events, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_pass_by),
        cmocka_unit_test(others_wait_for_their_turn),
    };

    return cmocka_run_group_tests(tests, install, NULL);
}
