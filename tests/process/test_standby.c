/* SPDX-License-Identifier: MIT */
/* Threads that stand by for a stop: they hear their own futex meanwhile, lose no wake and invent none, leave
 * by themselves, and are in a woken copy what they were. */
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "plain_take.h"
#include "process.h"
#include "snapshot/park.h"
#include "snapshot/take.h"
#include "snapshot/threads/frame_processor.h"
#include "snapshot/threads/threads.h"
#include "snapshot/threads/threads_revive.h"
#include "snapshot/threads/threads_state.h"

#define MS_NS 1000000u

static void stop_and_resume(void)
{
    sigset_t all, before;
    const char *why;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while ((r = threads_stop(&why)) == -EAGAIN)
        print_message("no stop: %s\n", why);
    assert_int_equal(r, 0);
    threads_resume();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Until the threads are asked: then they stand by now or will in a moment. */
static void prepare(unsigned count)
{
    unsigned asked = 0;

    for (int tries = 0; asked < count && tries < 1000; tries++) {
        stop_and_resume(); /* teaches which of them are idle */
        usleep(6000);      /* by now they have left */
        asked = threads_prepare();
    }
    assert_in_range(asked, count, count);
}

/* A thread that waits on a futex and never changes it: it counts what its system calls say. */
static _Atomic uint32_t word;
static atomic_bool stopping;
static atomic_int woken, odd;

static long wait_for_word(uint32_t value)
{
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0) == 0 ? 0 : -errno;
}

static long wake_word(void)
{
    return syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *count_wakes(void *unused)
{
    while (!stopping) {
        long r = wait_for_word(0);
        if (r == 0)
            atomic_fetch_add(&woken, 1);
        else if (r != -EAGAIN)
            atomic_fetch_add(&odd, 1);
    }
    return unused;
}

static pthread_t start_counting(void)
{
    pthread_t thread;

    stopping = false;
    woken = odd = 0;
    word = 0;
    assert_int_equal(pthread_create(&thread, NULL, count_wakes, NULL), 0);
    return thread;
}

static void stop_counting(pthread_t thread)
{
    stopping = true;
    word = 1;
    wake_word();
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_every_wake_arrives_once(void **state)
{
    int rounds = full_test() ? 20000 : 1000, sent = 0, patience = 0;
    pthread_t thread = start_counting();
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < rounds; i++) {
        if (rand_r(&seed) % 2 == 0)
            threads_prepare();
        if (rand_r(&seed) % 4 != 0)
            for (int turns = rand_r(&seed) % 3000; turns > 0; turns--)
                clone_relax();
        if (rand_r(&seed) % 2 == 0)
            sent += (int)wake_word();
        if (rand_r(&seed) % 2 == 0)
            stop_and_resume();
        if (rand_r(&seed) % 64 == 0)
            usleep(6000);
    }
    while (woken < sent && patience++ < 2000)
        usleep(1000);
    assert_int_equal(woken, sent);
    assert_int_equal(odd, 0);
    assert_in_range(sent, 1, rounds);
    stop_counting(thread);
}

static bool stands_by(void)
{
    return atomic_load(&threads_state.records[0].state) == RECORD_STANDBY;
}

/* Somebody who waits for the thread must not wait until it has stood by for its full time. A round tells
 * nothing where the thread was too late for it, or has left already. */
static void test_own_futex_is_heard(void **state)
{
    pthread_t thread = start_counting();
    int telling = 0, reached = 0;

    (void)state;
    usleep(1000);
    for (int i = 0; i < 400 && telling < 20; i++) {
        prepare(1);
        for (int patience = 0; !stands_by() && patience < 50; patience++)
            usleep(100);
        usleep(100);
        if (!stands_by())
            continue;
        telling++;
        reached += (int)wake_word();
    }
    assert_in_range(telling, 20, 20);
    assert_in_range(reached, 15, 20);
    stop_counting(thread);
}

/* Nothing happens to a thread that stood by in vain, but it hears its signals again. */
static atomic_int heard;

static void count_signal(int signal)
{
    (void)signal;
    atomic_fetch_add(&heard, 1);
}

static void *wait_for_semaphore(void *semaphore)
{
    return sem_wait(semaphore) == 0 ? NULL : semaphore;
}

static void test_standing_by_in_vain(void **state)
{
    pthread_t thread;
    sem_t semaphore;
    void *result;

    (void)state;
    sem_init(&semaphore, 0, 0);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = count_signal, .sa_flags = SA_RESTART}, NULL);
    pthread_create(&thread, NULL, wait_for_semaphore, &semaphore);
    for (int i = 0; i < 50; i++) {
        prepare(1);
        usleep((useconds_t)i * 20);
        pthread_kill(thread, SIGUSR1);
        for (int patience = 0; heard <= i && patience < 5000; patience++)
            usleep(1000);
        assert_int_equal(heard, i + 1);
    }
    assert_int_equal(pthread_tryjoin_np(thread, &result), EBUSY);
    prepare(1);
    assert_int_equal(pthread_cancel(thread), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, PTHREAD_CANCELED);
}

/* One whose system call is not a plain futex is deaf meanwhile, but for a short time only. */
static void *poll_once(void *fd)
{
    struct pollfd polled = {.fd = *(int *)fd, .events = POLLIN};
    char byte;

    if (poll(&polled, 1, -1) != 1)
        return fd;
    return read(polled.fd, &byte, 1) == 1 ? NULL : fd;
}

static void test_deaf_for_a_moment(void **state)
{
    uint64_t shortest_ns = UINT64_MAX;
    pthread_t thread;
    void *result;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    for (int i = 0; i < 20; i++) {
        pthread_create(&thread, NULL, poll_once, &fds[0]);
        usleep(1000);
        prepare(1);
        usleep(200);
        uint64_t start_ns = clock_ns();
        assert_int_equal(write(fds[1], "x", 1), 1);
        pthread_join(thread, &result);
        assert_null(result);
        if (clock_ns() - start_ns < shortest_ns)
            shortest_ns = clock_ns() - start_ns;
    }
    assert_in_range(shortest_ns, 0, 20 * MS_NS);
    close(fds[0]);
    close(fds[1]);
}

/* The end of the process while threads stand by: plainly, or with handlers that stop or join them. */
static pthread_t joined;

static void stop_at_exit(void)
{
    stop_and_resume();
}

static void join_at_exit(void)
{
    stop_counting(joined);
}

static void test_end_while_standing_by(void **state)
{
    static void (*const handlers[])(void) = {NULL, stop_at_exit, join_at_exit};
    int status;

    (void)state;
    for (size_t i = 0; i < 3 * sizeof handlers / sizeof *handlers; i++) {
        void (*handler)(void) = handlers[i % (sizeof handlers / sizeof *handlers)];
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            joined = start_counting();
            usleep(1000);
            prepare(1);
            if (handler != NULL)
                handler();
            _exit(odd == 0 ? 3 : 4);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 3 << 8);
    }
}

/* In a copy, whatever the thread was doing at that moment. */
static _Noreturn void live_as_copy(const struct take *take, pthread_t thread)
{
    int r = threads_revive();
    pid_t tid = threads_revive_tid(thread);

    signal_mask_restore(take->mask);
    alarm(20);
    int before = woken;
    for (int i = 0; i < 3 && r == 0; i++) {
        stop_and_resume(); /* a copy's threads can be stopped too */
        while (woken == before)
            wake_word();
        before = woken;
    }
    _exit(r == 0 && odd == 0 && tid != 0 && threads_revive_tid(thread) == tid ? 0 : 1);
}

static void test_copies_of_threads_standing_by(void **state)
{
    int rounds = full_test() ? 2000 : 100, status;
    pthread_t thread = start_counting();
    struct shared_page *page = NULL;
    unsigned seed = 1;

    (void)state;
    assert_int_equal(shared_page_create(&page), 0);
    for (int i = 0; i < rounds; i++) {
        struct take take = plain_take(page);
        threads_prepare();
        for (int turns = rand_r(&seed) % 30000; turns > 0; turns--)
            clone_relax();
        if (rand_r(&seed) % 2 == 0)
            wake_word();
        int r = take_snapshot(&take);
        if (r == TAKE_COPY)
            live_as_copy(&take, thread);
        if (r == -EAGAIN)
            continue;
        assert_int_equal(r, TAKE_ORIGINAL);
        park_command(take.slot, SLOT_WAKE);
        assert_int_equal(waitpid(take.pid, &status, __WALL), take.pid);
        assert_int_equal(status, 0);
        atomic_store(&take.slot->pid, 0);
    }
    assert_int_equal(odd, 0);
    stop_counting(thread);
}

/* Exceptions and debuggers find their way out of our handler: they know a signal's frame by its code. */
static void *outer_frame[64];
static int outer_depth;

static void trace_back(int signal)
{
    (void)signal;
    outer_depth = backtrace(outer_frame, 64);
}

static __attribute__((noinline)) void raise_traced(void)
{
    raise(SIGUSR2);
    __asm__ volatile("");
}

static void test_handler_can_be_unwound(void **state)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action = {trace_back, 0x04000000ul /* SA_RESTORER */, frame_return, 0};
    bool found = false;

    (void)state;
    assert_int_equal(syscall(SYS_rt_sigaction, SIGUSR2, &action, NULL, 8), 0);
    raise_traced();
    for (int i = 0; i < outer_depth; i++) {
        uintptr_t address = (uintptr_t)outer_frame[i], start = (uintptr_t)raise_traced;
        found = found || (address > start && address < start + 64);
    }
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_wake_arrives_once), cmocka_unit_test(test_own_futex_is_heard),
        cmocka_unit_test(test_standing_by_in_vain),     cmocka_unit_test(test_deaf_for_a_moment),
        cmocka_unit_test(test_end_while_standing_by),   cmocka_unit_test(test_copies_of_threads_standing_by),
        cmocka_unit_test(test_handler_can_be_unwound),
    };

    if (own_thread_prepare() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
