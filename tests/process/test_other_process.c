/* SPDX-License-Identifier: MIT */
/* A process is over when its last thread is, whichever that is, and whoever is to wait for it. */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/other_process.h"
#include "base/procfs.h"

#define LONG_NS UINT64_C(20000000000)

static int go_on[2]; /* a pipe: the other thread stays as long as nothing comes, and the test is there */

static void *stay(void *unused)
{
    char byte;

    (void)unused;
    _exit(read(go_on[0], &byte, 1) == 1 ? 0 : 1);
}

static void end_first_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, stay, NULL) != 0)
        _exit(2);
    syscall(SYS_exit, 0);
}

/* Is somebody else's child by the time this returns. */
static pid_t grandchild(void)
{
    int told[2];
    pid_t pid = -1;

    assert_return_code(pipe(told), errno);
    pid_t child = fork();
    assert_return_code(child, errno);
    if (child == 0) {
        pid = fork();
        if (pid == 0) {
            close(go_on[1]);
            end_first_thread();
        }
        _exit(write(told[1], &pid, sizeof pid) == sizeof pid ? 0 : 1);
    }
    assert_int_equal(read(told[0], &pid, sizeof pid), sizeof pid);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(told[0]);
    close(told[1]);
    return pid;
}

static void others_go_on_when_the_first_thread_has_ended(void **state)
{
    (void)state;
    assert_return_code(pipe(go_on), errno);
    pid_t pid = grandchild();
    while (procfs_state(pid) != 'Z')
        usleep(1000);
    assert_false(other_process_is_over(pid));
    assert_false(other_process_ends(pid, 1));
    assert_int_equal(write(go_on[1], "", 1), 1);
    assert_true(other_process_ends(pid, LONG_NS));
    assert_true(other_process_is_over(pid));
    close(go_on[0]);
    close(go_on[1]);
}

/* Somebody stops it, and it is not taken for one that hangs; whoever waits for it has it go on. */
static void it_is_stopped_when_the_first_thread_has_ended(void **state)
{
    (void)state;
    assert_return_code(pipe(go_on), errno);
    pid_t pid = grandchild();
    while (procfs_state(pid) != 'Z')
        usleep(1000);
    while (other_process_state(pid) != 'S')
        usleep(1000);
    assert_return_code(kill(pid, SIGSTOP), errno);
    while (other_process_state(pid) != 'T')
        usleep(1000);
    other_process_continue(pid);
    while (other_process_state(pid) != 'S')
        usleep(1000);
    assert_int_equal(write(go_on[1], "", 1), 1);
    assert_true(other_process_ends(pid, LONG_NS));
    close(go_on[0]);
    close(go_on[1]);
}

/* It is reaped by nobody before it is looked at: by this process. */
static void a_dead_child_is_over(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_return_code(pid, errno);
    if (pid == 0)
        _exit(3);
    assert_true(other_process_ends(pid, LONG_NS));
    assert_true(other_process_is_over(pid));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(other_process_is_over(pid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_go_on_when_the_first_thread_has_ended),
        cmocka_unit_test(it_is_stopped_when_the_first_thread_has_ended),
        cmocka_unit_test(a_dead_child_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
