/* SPDX-License-Identifier: MIT */
/* A fresh snapshot copies pages ahead of the original: its memory is the same after it, a wake, a dismissal
 * and the original's end are heard meanwhile, and who has lost its place ends after it. Whether a processor
 * idles is said by the test (precopy_idle.h), which is asked before every few pages. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "plain_take.h"
#include "process.h"
#include "snapshot/park.h"
#include "snapshot/precopy.h"
#include "snapshot/precopy_idle.h"
#include "snapshot/threads/threads_revive.h"

#define PAGE  ((size_t)4096)
#define PAGES ((size_t)8192)

static struct shared_page *page;
static unsigned char *memory;
static bool is_idle = true;
static void (*meanwhile)(void); /* called once, in the copy, before the first pages */

bool precopy_idle_is_there(const char *load, unsigned processors)
{
    (void)processors;
    return *load != '\0' && is_idle;
}

bool precopy_idle_is_over(uint64_t passed_ns, uint64_t used_ns)
{
    void (*call)(void) = meanwhile;

    (void)passed_ns;
    (void)used_ns;
    meanwhile = NULL;
    if (call != NULL)
        call();
    return false;
}

static void write_all(unsigned char value)
{
    for (size_t i = 0; i < PAGES; i++)
        memset(memory + i * PAGE, value, PAGE);
}

static bool is_all(unsigned char value)
{
    for (size_t i = 0; i < PAGES * PAGE; i++)
        if (memory[i] != value)
            return false;
    return true;
}

/* In a woken copy: 0 where all holds what it held at the snapshot. */
static _Noreturn void live_as_copy(const struct take *take, unsigned char value)
{
    int r = threads_revive();

    signal_mask_restore(take->mask);
    _exit(r == 0 && is_all(value) ? 0 : 1);
}

/* The memory holds this value. */
static struct take take_after(pid_t before, unsigned char value, uint64_t most_bytes)
{
    static uint64_t number;
    struct take take = plain_take(page);

    take.slot->number = ++number;
    precopy_allow(most_bytes, before);
    int r = take_snapshot(&take);
    if (r == TAKE_COPY)
        live_as_copy(&take, value);
    assert_int_equal(r, TAKE_ORIGINAL);
    return take;
}

static int end_of(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, __WALL), pid);
    return status;
}

static void await_done(const struct take *take)
{
    while (atomic_load(&page->precopy_done) != take->slot->number)
        usleep(1000);
}

static void kill_one(const struct take *take)
{
    kill(take->pid, SIGKILL);
    end_of(take->pid);
    atomic_store(&take->slot->pid, 0);
}

static int begin(void **state)
{
    (void)state;
    page = NULL;
    assert_int_equal(shared_page_create(&page), 0);
    memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    is_idle = true;
    meanwhile = NULL;
    write_all(1);
    precopy_begin(false);
    return 0;
}

static int end(void **state)
{
    (void)state;
    munmap(memory, PAGES * PAGE);
    return 0;
}

static void pages_are_copied_and_the_same(void **state)
{
    (void)state;
    struct take first = take_after(0, 1, UINT64_MAX);
    write_all(2);
    struct take second = take_after(first.pid, 2, UINT64_MAX);
    await_done(&second);
    uint64_t bytes = precopy_taken_bytes(page);
    assert_true(bytes >= PAGES * PAGE * 3 / 4 && bytes <= PAGES * PAGE * 2);
    assert_int_equal(precopy_taken_bytes(page), 0);
    write_all(3);
    park_command(second.slot, SLOT_WAKE);
    assert_int_equal(end_of(second.pid), 0);
    park_command(first.slot, SLOT_WAKE);
    assert_int_equal(end_of(first.pid), 0);
}

/* As the sanitizers' shadow is: what is copied must be found in it, and nothing of the emptiness be looked
 * at. */
static void an_empty_mapping_is_passed_over(void **state)
{
    const size_t size = (size_t)1 << 43;
    unsigned char *full = memory;

    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(memory != MAP_FAILED);
    memory += size - PAGES * PAGE; /* the end of it */
    write_all(1);
    pages_are_copied_and_the_same(state);
    munmap(memory - (size - PAGES * PAGE), size);
    memory = full;
}

static void nothing_on_a_busy_machine(void **state)
{
    (void)state;
    is_idle = false;
    struct take first = take_after(0, 1, UINT64_MAX);
    write_all(2);
    struct take second = take_after(first.pid, 2, UINT64_MAX);
    await_done(&second);
    assert_int_equal(precopy_taken_bytes(page), 0);
    kill_one(&first);
    kill_one(&second);
}

static void nothing_where_it_is_not_worth_it(void **state)
{
    (void)state;
    struct take first = take_after(0, 1, UINT64_MAX);
    memory[0] = 1;
    precopy_allow(UINT64_MAX, first.pid);
    assert_false(precopy_is_wanted());
    write_all(2);
    precopy_allow(UINT64_MAX, first.pid);
    assert_true(precopy_is_wanted());
    struct take second = take_after(first.pid, 2, UINT64_MAX);
    write_all(3);
    precopy_allow(PAGES * PAGE * 2, first.pid); /* little memory is left */
    assert_false(precopy_is_wanted());
    kill_one(&second);
    precopy_begin(true);
    write_all(3);
    precopy_allow(UINT64_MAX, first.pid);
    assert_false(precopy_is_wanted());
    kill_one(&first);
}

/* --- what comes meanwhile --- */

static struct shared_slot *newest_slot(void)
{
    struct shared_slot *newest = &page->slots[0];

    for (unsigned i = 1; i < SHARED_PAGE_SLOTS; i++)
        if (page->slots[i].number > newest->number)
            newest = &page->slots[i];
    return newest;
}

static void wake_self(void)
{
    atomic_store(&newest_slot()->command, SLOT_WAKE);
}

static void quit_self(void)
{
    atomic_store(&newest_slot()->command, SLOT_QUIT);
}

static void test_command(void (*command)(void))
{
    struct take first = take_after(0, 1, UINT64_MAX);

    write_all(2);
    meanwhile = command;
    struct take second = take_after(first.pid, 2, UINT64_MAX);
    write_all(3);
    assert_int_equal(end_of(second.pid), 0);
    assert_int_equal(precopy_taken_bytes(page), 0);
    kill_one(&first);
}

static void a_wake_is_heard(void **state)
{
    (void)state;
    test_command(wake_self);
}

static void a_dismissal_is_heard(void **state)
{
    (void)state;
    test_command(quit_self);
}

static void end_original(void)
{
    const pid_t original = getppid();

    kill(original, SIGKILL);
    while (getppid() == original)
        usleep(1000);
}

static void the_end_of_the_original_is_heard(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t original = fork();
    if (original == 0) {
        page->original_pid = getpid();
        struct take first = take_after(0, 1, UINT64_MAX);
        write_all(2);
        meanwhile = end_original;
        take_after(first.pid, 2, UINT64_MAX);
        for (;;)
            pause();
    }
    int status = end_of(original);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (waitpid(-1, &status, __WALL) > 0)
        assert_int_equal(status, 0);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(precopy_taken_bytes(page), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* Both orders: it is told before the newest is done, or after. */
static void who_has_lost_its_place_ends(void **state)
{
    (void)state;
    struct take first = take_after(0, 1, UINT64_MAX);
    write_all(2);
    struct take second = take_after(first.pid, 2, UINT64_MAX);
    if (!precopy_leave(page, first.slot, second.slot->number))
        kill(first.pid, SIGKILL);
    end_of(first.pid);
    write_all(3);
    struct take third = take_after(second.pid, 3, UINT64_MAX);
    await_done(&third);
    assert_false(precopy_leave(page, second.slot, third.slot->number));
    kill_one(&second);
    kill_one(&third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_are_copied_and_the_same, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_mapping_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(nothing_on_a_busy_machine, begin, end),
        cmocka_unit_test_setup_teardown(nothing_where_it_is_not_worth_it, begin, end),
        cmocka_unit_test_setup_teardown(a_wake_is_heard, begin, end),
        cmocka_unit_test_setup_teardown(a_dismissal_is_heard, begin, end),
        cmocka_unit_test_setup_teardown(the_end_of_the_original_is_heard, begin, end),
        cmocka_unit_test_setup_teardown(who_has_lost_its_place_ends, begin, end),
    };

    alarm(60);
    if (own_thread_prepare() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
