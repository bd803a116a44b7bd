/* SPDX-License-Identifier: MIT */
/* Who is this process: children find that they are nobody, whichever way they were made, also where the
 * kernel cannot wipe their word. */
#include "unit.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/role.h"
#include "run/run.h"

#define FAILED 1

static bool await_success(pid_t pid)
{
    int status;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* As a snapshot is made, and a child that the simulator makes by itself. */
static pid_t make_copy(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static bool is_nobody(void)
{
    return role_kind() == ROLE_BYSTANDER && !role_is_self() && !role_is_original() &&
           !role_is_likely_self() && !role_records() && !role_is_fed();
}

static void begins_with_nobody(void **state)
{
    (void)state;
    assert_int_equal(role_kind(), ROLE_BYSTANDER);
    assert_false(role_was_taken());
    role_await();
    assert_int_equal(role_kind(), ROLE_AWAITED);
    assert_false(role_is_self());
}

static void an_original_without_a_log(void **state)
{
    (void)state;
    role_await();
    role_become(ROLE_ORIGINAL);
    assert_int_equal(role_kind(), ROLE_ORIGINAL);
    assert_true(role_was_taken());
    assert_true(role_is_self());
    assert_true(role_is_original());
    assert_true(role_is_likely_self());
    assert_true(role_is_group(getpgrp()));
    assert_false(role_records());
    role_become(ROLE_REPLAY);
    assert_false(role_is_original());
    assert_false(role_is_fed());
}

static void a_log_comes_before_the_role(void **state)
{
    (void)state;
    role_await();
    assert_true(role_may_have_tape());
    role_note_tape();
    assert_false(role_records());
    role_become(ROLE_ORIGINAL);
    assert_true(role_records());
}

static void a_copy_is_nobody_until_it_wakes(void **state)
{
    (void)state;
    role_await();
    role_note_tape();
    role_become(ROLE_ORIGINAL);
    pid_t pid = make_copy();
    if (pid == 0) {
        bool is_right = is_nobody() && role_was_taken();
        role_become(ROLE_REPLAY);
        is_right = is_right && role_is_self() && role_kind() == ROLE_REPLAY && !role_is_fed();
        role_note_tape();
        _exit(is_right && role_is_fed() ? 0 : FAILED);
    }
    assert_true(await_success(pid));
    assert_true(role_records());
}

static void a_forked_child_may_become_one(void **state)
{
    (void)state;
    role_await();
    role_note_tape();
    role_become(ROLE_ORIGINAL);
    pid_t pid = fork();
    if (pid == 0) {
        role_forked();
        bool is_right = role_kind() == ROLE_AWAITED && !role_was_taken() && !role_is_self();
        role_become(ROLE_ORIGINAL);
        _exit(is_right && role_is_original() && !role_records() ? 0 : FAILED);
    }
    assert_true(await_success(pid));
}

static int told_by_number(void *unused)
{
    (void)unused;
    return role_kind() == ROLE_ORIGINAL && !role_is_self() && !role_is_original() ? 0 : FAILED;
}

static void a_child_in_our_memory_is_told_by_its_number(void **state)
{
    static char stack[65536] __attribute__((aligned(16)));

    (void)state;
    role_await();
    role_become(ROLE_ORIGINAL);
    assert_true(
        await_success(clone(told_by_number, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL)));
}

static void refuse_advice(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {COUNT_OF(filter), filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        _exit(FAILED);
}

static bool works_without_wiping(void)
{
    role_await();
    bool is_right = role_kind() == ROLE_AWAITED && !role_may_have_tape();
    role_become(ROLE_ORIGINAL);
    is_right = is_right && role_is_original() && role_is_likely_self() && !role_records();
    pid_t pid = make_copy();
    if (pid == 0) {
        is_right = is_nobody();
        role_become(ROLE_REPLAY);
        _exit(is_right && role_is_self() && role_kind() == ROLE_REPLAY ? 0 : FAILED);
    }
    return is_right && await_success(pid);
}

static void where_nothing_can_be_wiped(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        refuse_advice();
        _exit(works_without_wiping() ? 0 : FAILED);
    }
    assert_true(await_success(pid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_nobody),
        cmocka_unit_test(where_nothing_can_be_wiped),
        cmocka_unit_test(an_original_without_a_log),
        cmocka_unit_test(a_log_comes_before_the_role),
        cmocka_unit_test(a_copy_is_nobody_until_it_wakes),
        cmocka_unit_test(a_forked_child_may_become_one),
        cmocka_unit_test(a_child_in_our_memory_is_told_by_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
