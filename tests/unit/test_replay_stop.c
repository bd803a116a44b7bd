/* SPDX-License-Identifier: MIT */
/* Waiting for a replay that a signal is to end: no signal is lost between two waits. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "kept.h"
#include "replay_stop.h"

#define LONG_MS 20000 /* it would be waited for so long in vain */

/* What is sent is no matter here. */
void kept_packet_add(struct kept_packet *packet, const char *name, const char *value)
{
    (void)packet;
    (void)name;
    (void)value;
}

int kept_send(int connection, const struct kept_packet *packet, int descriptor)
{
    (void)connection;
    (void)packet;
    (void)descriptor;
    return 0;
}

static int pipes[2];

static int wait_for(int timeout_ms)
{
    struct pollfd fd = {.fd = pipes[0], .events = POLLIN};

    errno = 0;
    return replay_stop_poll(&fd, 1, timeout_ms);
}

static void one_that_came_before_ends_the_wait(void **state)
{
    (void)state;
    replay_stop_hear();
    assert_int_equal(wait_for(0), 0);
    raise(SIGTERM);
    assert_int_equal(wait_for(LONG_MS), -1);
    assert_int_equal(errno, EINTR);
    assert_int_equal(replay_stop_signal(), SIGTERM);
    replay_stop_forget();
    assert_int_equal(wait_for(0), 0);
}

static void one_that_comes_in_it_ends_it(void **state)
{
    sigset_t hup;

    (void)state;
    replay_stop_hear();
    alarm(10); /* ends the test where it hangs */
    if (fork() == 0) {
        usleep(100000);
        kill(getppid(), SIGHUP);
        _exit(0);
    }
    assert_int_equal(wait_for(-1), -1);
    assert_int_equal(errno, EINTR);
    assert_int_equal(replay_stop_signal(), SIGHUP);
    replay_stop_forget();
    alarm(0);
    sigprocmask(SIG_BLOCK, NULL, &hup); /* nothing stays blocked */
    assert_false(sigismember(&hup, SIGHUP));
}

static void what_is_there_is_told(void **state)
{
    (void)state;
    assert_int_equal(write(pipes[1], "x", 1), 1);
    assert_int_equal(wait_for(-1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_came_before_ends_the_wait),
        cmocka_unit_test(one_that_comes_in_it_ends_it),
        cmocka_unit_test(what_is_there_is_told),
    };

    if (pipe(pipes) != 0)
        return 1;
    return cmocka_run_group_tests_name("replay_stop", tests, NULL, NULL);
}
