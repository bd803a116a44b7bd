/* SPDX-License-Identifier: MIT */
/* What a look makes of processes that end between being found and being measured: they are not there, and
 * what is told of the others does not suffer. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "live_bare.h"
#include "live_cards.h"
#include "live_look.h"
#include "others.h"
#include "snapshot/limits/memory_use.h"

#define ORIGINAL 100

static int gone[4];     /* processes that have ended meanwhile, or may not be looked at */
static int error_of[4]; /* what the kernel says of them */
static int stopped;     /* a process */
static size_t measured; /* snapshots that were counted with */

bool live_cards_add(struct live *live)
{
    struct live_run *run = live_add(live);

    run->pid = run->original_pid = ORIGINAL;
    run->count = 3;
    run->snapshots = calloc(run->count, sizeof *run->snapshots);
    for (size_t i = 0; i < run->count; i++)
        run->snapshots[i] = (struct live_snapshot){.pid = ORIGINAL + 1 + (int)i, .number = i};
    return true;
}

bool live_bare_add(struct live *live)
{
    (void)live;
    return true;
}

int others_thread(int pid)
{
    return pid;
}

bool others_is_stopped(int pid)
{
    return pid == stopped;
}

int memory_use_read(pid_t pid, struct memory_use *use)
{
    *use = (struct memory_use){.private_bytes = 4096};
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (pid == gone[i])
            return error_of[i];
    return 0;
}

void memory_use_divide(const struct memory_use *original, const struct memory_use *copies, size_t count,
                       uint64_t *held_bytes)
{
    (void)original;
    measured = count;
    for (size_t i = 0; i < count; i++)
        held_bytes[i] = copies[i].private_bytes;
}

static int forget(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        gone[i] = error_of[i] = 0;
    stopped = 0;
    measured = 0;
    return 0;
}

static struct live look(void)
{
    struct live live;

    assert_int_equal(live_look(&live, true), 0);
    return live;
}

static void all_are_there(void **state)
{
    struct live live = look();

    (void)state;
    assert_true(live.runs[0].is_measured);
    assert_false(live.runs[0].is_stopped);
    assert_int_equal(measured, 3);
    assert_int_equal(live.runs[0].snapshots[2].memory_bytes, 4096);
    live_free(&live);
}

static void a_snapshot_has_gone(void **state)
{
    (void)state;
    gone[0] = ORIGINAL + 2;
    error_of[0] = -ESRCH;
    struct live live = look();
    assert_int_equal(live.runs[0].count, 2);
    assert_int_equal(live.runs[0].snapshots[0].number, 0);
    assert_int_equal(live.runs[0].snapshots[1].number, 2);
    assert_true(live.runs[0].is_measured);
    assert_int_equal(measured, 2);
    live_free(&live);
}

static void the_simulator_has_gone(void **state)
{
    (void)state;
    gone[0] = ORIGINAL;
    error_of[0] = -ENOENT;
    struct live live = look();
    assert_int_equal(live.runs[0].pid, 0);
    assert_true(live.runs[0].is_measured);
    assert_int_equal(measured, 3);
    live_free(&live);
}

static void all_have_gone(void **state)
{
    struct live live;

    (void)state;
    for (int i = 0; i < 3; i++) {
        gone[i] = ORIGINAL + 1 + i;
        error_of[i] = -ENOENT;
    }
    live = look();
    assert_int_equal(live.count, 1);
    assert_int_equal(live.runs[0].count, 0);
    live_free(&live);
    gone[3] = ORIGINAL;
    error_of[3] = -ESRCH;
    live = look();
    assert_int_equal(live.count, 0);
    live_free(&live);
}

static void one_may_not_be_looked_at(void **state)
{
    (void)state;
    gone[0] = ORIGINAL + 1;
    error_of[0] = -EACCES;
    struct live live = look();
    assert_int_equal(live.runs[0].count, 3);
    assert_false(live.runs[0].is_measured);
    live_free(&live);
}

static void it_is_stopped(void **state)
{
    (void)state;
    stopped = ORIGINAL;
    struct live live = look();
    assert_true(live.runs[0].is_stopped);
    live_free(&live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_are_there, forget),
        cmocka_unit_test_setup(a_snapshot_has_gone, forget),
        cmocka_unit_test_setup(the_simulator_has_gone, forget),
        cmocka_unit_test_setup(all_have_gone, forget),
        cmocka_unit_test_setup(one_may_not_be_looked_at, forget),
        cmocka_unit_test_setup(it_is_stopped, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
