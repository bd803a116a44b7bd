/* SPDX-License-Identifier: MIT */
/* What a kept snapshot has answered is read, whatever it has left unread itself. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kept.h"
#include "kept_why.h"
#include "others.h"
#include "say.h"

/* Nobody is connected to here. */
void kept_why_describe(char words[KEPT_WHY_SIZE], const char *run, uint64_t rung, int error)
{
    (void)run;
    (void)rung;
    (void)error;
    *words = '\0';
}

bool others_is_stopped(pid_t pid)
{
    (void)pid;
    return false;
}

void say(const char *format, ...)
{
    (void)format;
}

static int ends[2]; /* ours, and that of the kept snapshot */
static struct kept_packet packet;

static int connect_pair(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int close_ours(void **state)
{
    (void)state;
    return close(ends[0]);
}

static void send_stop(void)
{
    packet.length = 0;
    kept_packet_add(&packet, KEPT_STOP, NULL);
    assert_int_equal(kept_send(ends[0], &packet, -1), 0);
}

static void the_answer_of_one_that_has_not_read_a_stop(void **state)
{
    (void)state;
    send_stop();
    assert_int_equal(send(ends[1], KEPT_DONE, sizeof KEPT_DONE, 0), (int)sizeof KEPT_DONE);
    close(ends[1]);
    assert_int_equal(kept_receive(ends[0], &packet), (int)sizeof KEPT_DONE);
    assert_string_equal(packet.bytes, KEPT_DONE);
    assert_int_equal(kept_receive(ends[0], &packet), 0);
}

static void the_end_of_one_that_has_not_answered(void **state)
{
    (void)state;
    send_stop();
    close(ends[1]);
    assert_int_equal(kept_receive(ends[0], &packet), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_answer_of_one_that_has_not_read_a_stop, connect_pair, close_ours),
        cmocka_unit_test_setup_teardown(the_end_of_one_that_has_not_answered, connect_pair, close_ours),
    };

    return cmocka_run_group_tests_name("kept_receive", tests, NULL, NULL);
}
