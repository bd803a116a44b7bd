/* SPDX-License-Identifier: MIT */
/* Lines are read back from a pipe: one write makes one read. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/terminal.h"

static int ends[2];

static int open_pipe(void **state)
{
    (void)state;
    if (pipe2(ends, O_NONBLOCK | O_DIRECT) != 0) /* O_DIRECT: a packet per write */
        return -1;
    log_set_fd(ends[1]);
    log_set_level(LOG_INFO);
    return 0;
}

static int close_pipe(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* One packet as a string; its length, or -1 when there is none. */
static ssize_t next_packet(char *buffer, size_t size)
{
    ssize_t length = read(ends[0], buffer, size - 1);

    buffer[length > 0 ? length : 0] = '\0';
    return length;
}

static void a_line_is_one_write(void **state)
{
    char packet[2000];

    (void)state;
    log_line(LOG_INFO, "snapshot %d of %s", 3, "VSimTop");
    log_line(LOG_INFO, "next");
    assert_true(next_packet(packet, sizeof(packet)) > 0);
    assert_string_equal(packet, "lightsss: snapshot 3 of VSimTop\n");
    assert_true(next_packet(packet, sizeof(packet)) > 0);
    assert_string_equal(packet, "lightsss: next\n");
    assert_int_equal(next_packet(packet, sizeof(packet)), -1);
}

static void levels_are_kept_apart(void **state)
{
    char packet[2000];

    (void)state;
    log_line(LOG_DEBUG, "not at info");
    log_set_level(LOG_QUIET);
    log_line(LOG_INFO, "not when quiet");
    log_line(LOG_QUIET, "never");
    assert_int_equal(next_packet(packet, sizeof(packet)), -1);
    log_set_level(LOG_DEBUG);
    log_line(LOG_DEBUG, "now");
    assert_true(next_packet(packet, sizeof(packet)) > 0);
    assert_string_equal(packet, "lightsss: now\n");
}

static void errno_is_kept(void **state)
{
    (void)state;
    errno = ENOTTY;
    log_line(LOG_INFO, "x");
    assert_int_equal(errno, ENOTTY);
    log_set_fd(-1);
    log_line(LOG_INFO, "nowhere to write");
    assert_int_equal(errno, ENOTTY);
}

static void long_lines_are_cut(void **state)
{
    char packet[2000];
    char word[3000];

    (void)state;
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    log_line(LOG_INFO, "%s", word);
    assert_int_equal(next_packet(packet, sizeof(packet)), LOG_LINE_SIZE);
    assert_string_equal(packet + LOG_LINE_SIZE - 5, "x...\n");
}

/* 990 bytes are the longest text that fits; one more is cut. */
static void the_longest_line_is_whole(void **state)
{
    char packet[2000];
    char word[LOG_LINE_SIZE];
    size_t fits = LOG_LINE_SIZE - strlen("lightsss: ") - 1;

    (void)state;
    memset(word, 'x', sizeof(word));
    log_line(LOG_INFO, "%.*s", (int)fits, word);
    assert_int_equal(next_packet(packet, sizeof(packet)), LOG_LINE_SIZE);
    assert_string_equal(packet + LOG_LINE_SIZE - 5, "xxxx\n");
    log_line(LOG_INFO, "%.*s", (int)fits + 1, word);
    assert_int_equal(next_packet(packet, sizeof(packet)), LOG_LINE_SIZE);
    assert_string_equal(packet + LOG_LINE_SIZE - 5, "x...\n");
}

static void a_cut_leaves_no_half_character(void **state)
{
    char packet[2000];
    char word[2000] = "";

    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        ssize_t length;
        unsigned char before;

        memset(word, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof(word); i += 3)
            memcpy(word + i, "\xe2\x82\xac", 4);
        log_line(LOG_INFO, "%s", word);
        length = next_packet(packet, sizeof(packet));
        assert_true(length > LOG_LINE_SIZE - 4 && length <= LOG_LINE_SIZE);
        assert_string_equal(packet + length - 4, "...\n");
        before = (unsigned char)packet[length - 5];
        assert_int_equal(before, 0xac); /* the last byte of a whole character */
    }
}

static void control_bytes_are_hidden(void **state)
{
    char packet[2000];

    (void)state;
    log_line(LOG_INFO, "%s", "a\nb\x1b[31m\x7f\xc3\xa9");
    assert_true(next_packet(packet, sizeof(packet)) > 0);
    assert_string_equal(packet, "lightsss: a?b?[31m?\xc3\xa9\n");
    log_line(LOG_INFO, "%s",
             "\xc2\x9b"
             "31m");
    assert_true(next_packet(packet, sizeof(packet)) > 0);
    assert_string_equal(packet, "lightsss: ??31m\n");
}

static void a_closed_pipe_raises_nothing(void **state)
{
    sigset_t pending, mask;

    (void)state;
    close(ends[0]);
    ends[0] = -1;
    signal(SIGPIPE, SIG_DFL); /* would end this program */
    log_line(LOG_INFO, "into the void");
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    sigprocmask(SIG_BLOCK, NULL, &mask);
    assert_false(sigismember(&mask, SIGPIPE));
}

static void a_pending_sigpipe_of_the_host_stays(void **state)
{
    sigset_t block, before, pending;
    struct timespec now = {0};

    (void)state;
    sigemptyset(&block);
    sigaddset(&block, SIGPIPE);
    sigprocmask(SIG_BLOCK, &block, &before);
    raise(SIGPIPE);
    close(ends[0]);
    ends[0] = -1;
    log_line(LOG_INFO, "into the void");
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    assert_int_equal(sigtimedwait(&block, NULL, &now), SIGPIPE);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void another_form_has_no_prefix(void **state)
{
    char packet[2000];

    (void)state;
    log_set_unfinished(true);
    log_bare(LOG_INFO, "::error::%s", "a\nb");
    log_set_unfinished(false);
    assert_true(next_packet(packet, sizeof(packet)) > 0);
    assert_string_equal(packet, "::error::a?b\n");
}

static void a_pipe_has_no_colours_and_no_place(void **state)
{
    char packet[2000];

    (void)state;
    terminal_note("xterm", NULL);
    log_coloured(LOG_INFO, LOG_RED, "ends");
    assert_true(next_packet(packet, sizeof(packet)) > 0);
    assert_string_equal(packet, "lightsss: ends\n");
    assert_int_equal(log_columns(), 0);
}

/* --- a terminal; nobody's output is changed on its way --- */

static int open_terminal(void **state)
{
    const struct winsize size = {.ws_col = 90, .ws_row = 20};
    struct termios raw = {0};

    (void)state;
    cfmakeraw(&raw);
    if (openpty(&ends[0], &ends[1], NULL, &raw, &size) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return -1;
    log_set_fd(ends[1]);
    log_set_level(LOG_INFO);
    return 0;
}

static void expect_colours(const char *type, const char *no_color, bool wanted)
{
    char bytes[2000];

    terminal_note(type, no_color);
    log_coloured(LOG_INFO, LOG_RED, "ends: %s", "\x1b[0m");
    assert_true(next_packet(bytes, sizeof(bytes)) > 0);
    assert_string_equal(bytes, wanted ? "lightsss: \x1b[31mends: ?[0m\x1b[0m\n" : "lightsss: ends: ?[0m\n");
    log_line(LOG_INFO, "plain");
    assert_true(next_packet(bytes, sizeof(bytes)) > 0);
    assert_string_equal(bytes, "lightsss: plain\n");
}

static void a_terminal_has_colours_where_they_are_wanted(void **state)
{
    (void)state;
    expect_colours("xterm-256color", NULL, true);
    expect_colours("xterm-256color", "", true);
    expect_colours("xterm-256color", "1", false);
    expect_colours("dumb", NULL, false);
    expect_colours("", NULL, false);
    expect_colours(NULL, NULL, false);
}

static void the_longest_line_is_whole_in_colour(void **state)
{
    char bytes[2000], word[2 * LOG_LINE_SIZE];
    ssize_t length = 0;

    (void)state;
    terminal_note("xterm", NULL);
    memset(word, 'x', sizeof(word));
    log_coloured(LOG_INFO, LOG_BOLD, "%.*s", (int)sizeof(word), word);
    for (ssize_t part; (part = next_packet(bytes + length, sizeof(bytes) - (size_t)length)) > 0;)
        length += part;
    assert_int_equal(length, LOG_LINE_SIZE + strlen("\x1b[01m\x1b[0m"));
    assert_memory_equal(bytes, "lightsss: \x1b[01mxxx", 18);
    assert_string_equal(bytes + length - 9, "x...\x1b[0m\n");
}

static void a_line_is_drawn_where_the_terminal_can(void **state)
{
    (void)state;
    terminal_note("xterm", "1");
    assert_int_equal(log_columns(), 90);
    log_set_level(LOG_QUIET);
    assert_int_equal(log_columns(), 0);
    log_set_level(LOG_INFO);
    terminal_note("dumb", NULL);
    assert_int_equal(log_columns(), 0);
    terminal_note("xterm", NULL);
    tcflow(ends[1], TCOOFF); /* Ctrl-S */
    assert_int_equal(log_columns(), 0);
    tcflow(ends[1], TCOON);
    assert_int_equal(log_columns(), 90);
}

int main(void)
{
#define ON_TERMINAL(function) cmocka_unit_test_setup_teardown(function, open_terminal, close_pipe)
#define ON_PIPE(function)     cmocka_unit_test_setup_teardown(function, open_pipe, close_pipe)
    const struct CMUnitTest tests[] = {
        ON_PIPE(a_line_is_one_write),
        ON_PIPE(levels_are_kept_apart),
        ON_PIPE(errno_is_kept),
        ON_PIPE(long_lines_are_cut),
        ON_PIPE(the_longest_line_is_whole),
        ON_PIPE(a_cut_leaves_no_half_character),
        ON_PIPE(control_bytes_are_hidden),
        ON_PIPE(a_closed_pipe_raises_nothing),
        ON_PIPE(a_pending_sigpipe_of_the_host_stays),
        ON_PIPE(another_form_has_no_prefix),
        ON_PIPE(a_pipe_has_no_colours_and_no_place),
        ON_TERMINAL(a_terminal_has_colours_where_they_are_wanted),
        ON_TERMINAL(the_longest_line_is_whole_in_colour),
        ON_TERMINAL(a_line_is_drawn_where_the_terminal_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
