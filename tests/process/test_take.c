/* SPDX-License-Identifier: MIT */
/* Snapshots of a process full of threads: the original goes on undisturbed, every woken copy has all its
 * threads again and they work, and wait() and SIGCHLD see nothing. LIGHTSSS_TEST_FULL=1: many more. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "child_signals.h"
#include "plain_take.h"
#include "process.h"
#include "snapshot/park.h"
#include "snapshot/take.h"
#include "snapshot/threads/threads.h"
#include "snapshot/threads/threads_revive.h"
#include "torture.h"

static bool tortured; /* the threads of torture.c run */

/* In a woken copy: everything must work again. Never returns. */
static _Noreturn void live_as_copy(const struct take *take)
{
    int r = threads_revive();

    signal_mask_restore(take->mask);
    if (r == 0)
        alarm(60);
    if (r == 0 && tortured)
        r = torture_check();
    if (r == 0 && tortured)
        r = torture_finish();
    _exit(r == 0 ? 0 : 1);
}

static pid_t snapshot(struct shared_page *page, struct shared_slot **slot)
{
    struct take take = plain_take(page);
    int r;

    for (int tries = 0; (r = take_snapshot(&take)) == -EAGAIN && tries < 10; tries++)
        print_message("no stop: %s\n", take.why);
    if (r == TAKE_COPY)
        live_as_copy(&take);
    assert_int_equal(r, TAKE_ORIGINAL);
    *slot = take.slot;
    return take.pid;
}

static void test_copies_revive(void **state)
{
    int count = full_test() ? 1000 : 40;
    struct shared_page *page = NULL;
    struct shared_slot *slot;
    unsigned seed = 1;
    int status;

    (void)state;
    assert_int_equal(shared_page_create(&page), 0);
    signal(SIGCHLD, child_signals_count);
    torture_start();
    tortured = true;
    for (int i = 0; i < count; i++) {
        torture_feed(rand_r(&seed) % 20);
        if (rand_r(&seed) % 3 == 0)
            usleep((useconds_t)(rand_r(&seed) % 1500));
        if (rand_r(&seed) % 2 == 0) {
            threads_prepare();
            if (rand_r(&seed) % 2 == 0)
                usleep((useconds_t)(rand_r(&seed) % 1000));
        }
        pid_t pid = snapshot(page, &slot);
        assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
        park_command(slot, SLOT_WAKE);
        assert_int_equal(waitpid(pid, &status, __WALL), pid);
        if (status != 0)
            fail_msg("copy %d ended with wait status %#x", i, (unsigned)status);
        atomic_store(&slot->pid, 0);
        assert_int_equal(torture_check(), 0);
    }
    assert_int_equal(torture_finish(), 0);
    assert_int_equal(child_signals, 0);
}

static void test_parked_dies_with_original(void **state)
{
    struct shared_page *page = NULL;
    struct shared_slot *slot;
    int status;

    (void)state;
    assert_int_equal(shared_page_create(&page), 0);
    /* The orphan becomes ours: then we see it end. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t original = fork();
    if (original == 0) {
        page->original_pid = getpid();
        snapshot(page, &slot);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(original, &status, 0), original);
    assert_true(WIFSIGNALED(status));
    pid_t orphan = waitpid(-1, &status, __WALL);
    assert_true(orphan > 0 && orphan != original);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* PR_SET_PDEATHSIG fires when the thread that cloned ends: the snapshot must not take that for its original's
 * end. */
static void *take_and_end(void *result)
{
    struct shared_page *page = *(struct shared_page **)result;
    struct shared_slot *slot;

    snapshot(page, &slot);
    *(struct shared_slot **)result = slot;
    return NULL;
}

static void test_parked_survives_its_thread(void **state)
{
    struct shared_page *page = NULL;
    struct shared_slot *slot;
    pthread_t thread;
    int status;

    (void)state;
    assert_int_equal(shared_page_create(&page), 0);
    void *result = page;
    pthread_create(&thread, NULL, take_and_end, &result);
    pthread_join(thread, NULL);
    slot = result;
    pid_t pid = atomic_load(&slot->pid);
    usleep(100000);
    assert_int_equal(waitpid(pid, &status, __WALL | WNOHANG), 0);
    assert_int_equal(atomic_load(&slot->command), SLOT_SLEEP);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, __WALL), pid);
}

/* A snapshot that was evicted from a slot may still wait on the slot's futex when the next one there is
 * woken. */
static void test_wake_is_not_swallowed(void **state)
{
    struct shared_page *page = NULL;
    struct shared_slot *first_slot, *slot;
    int status;

    (void)state;
    assert_int_equal(shared_page_create(&page), 0);
    pid_t evicted = snapshot(page, &first_slot);
    usleep(50000); /* until it waits: it is the first in the queue */
    atomic_store(&first_slot->pid, 0);
    pid_t pid = snapshot(page, &slot);
    assert_ptr_equal(slot, first_slot);
    usleep(50000);
    park_command(slot, SLOT_WAKE);
    for (int tries = 0; (status = -1, waitpid(pid, &status, __WALL | WNOHANG)) == 0 && tries < 1000; tries++)
        usleep(10000);
    assert_int_equal(status, 0);
    assert_int_equal(waitpid(evicted, &status, __WALL), evicted);
}

static struct shared_page *wanted_spare;

static bool goes_on(struct shared_slot *slot)
{
    (void)slot;
    return true;
}

static struct shared_page *wants_spare(void)
{
    return wanted_spare;
}

/* The original dies while it takes a snapshot: that one has its place, and no pid stands there yet. An older
 * one, which is woken, leaves a spare, and that takes a place as well. */
static void test_spare_takes_no_place_of_a_snapshot(void **state)
{
    const struct take_hooks hooks = {
        .before_copy = plain_take_copies,
        .after_copy = plain_take_goes_on,
        .in_copy = plain_take_copies,
        .in_copy_of_copy = plain_take_goes_on,
        .orphaned = goes_on,
        .spare = wants_spare,
    };
    int status;

    (void)state;
    wanted_spare = NULL;
    assert_int_equal(shared_page_create(&wanted_spare), 0);
    wanted_spare->original_pid = getpid();
    struct take take = plain_take(wanted_spare);
    take.hooks = &hooks;
    take.slot->number = 32;
    int r = take_snapshot(&take);
    if (r == TAKE_COPY)
        live_as_copy(&take);
    assert_int_equal(r, TAKE_ORIGINAL);
    struct shared_slot *coming = shared_page_free_slot(wanted_spare);
    coming->number = 33;
    park_command(take.slot, SLOT_WAKE);
    assert_int_equal(waitpid(take.pid, &status, __WALL), take.pid);
    assert_int_equal(status, 0);
    assert_int_equal(coming->number, 33);
    assert_int_equal(atomic_load(&coming->pid), 0);
    pid_t spare = atomic_load(&shared_page_spare(wanted_spare)->pid);
    assert_int_equal(shared_page_slot(wanted_spare, spare)->number, 32);
    kill(spare, SIGKILL);
    assert_int_equal(waitpid(spare, &status, __WALL), spare);
}

static void *sleep_relative(void *duration_ns)
{
    struct timespec time = {.tv_nsec = *(long *)duration_ns};

    return nanosleep(&time, NULL) == 0 ? NULL : (void *)1;
}

/* Snapshots that come faster than a thread's sleep ends must not make it sleep for ever. */
static void test_sleep_ends_between_snapshots(void **state)
{
    struct shared_page *page = NULL;
    struct shared_slot *slot;
    long duration_ns = 300000000;
    pthread_t thread;
    int status, taken = 0;
    void *result;

    (void)state;
    assert_int_equal(shared_page_create(&page), 0);
    pthread_create(&thread, NULL, sleep_relative, &duration_ns);
    while (pthread_tryjoin_np(thread, &result) == EBUSY) {
        usleep(50000);
        pid_t pid = snapshot(page, &slot);
        kill(pid, SIGKILL);
        waitpid(pid, &status, __WALL);
        atomic_store(&slot->pid, 0);
        assert_in_range(++taken, 1, 40);
    }
    assert_null(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parked_dies_with_original),
        cmocka_unit_test(test_parked_survives_its_thread),
        cmocka_unit_test(test_wake_is_not_swallowed),
        cmocka_unit_test(test_spare_takes_no_place_of_a_snapshot),
        cmocka_unit_test(test_sleep_ends_between_snapshots),
        cmocka_unit_test(test_copies_revive),
    };

    if (own_thread_prepare() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
