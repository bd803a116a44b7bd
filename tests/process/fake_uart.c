/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: a UART's log, in a file or a terminal, by every way of writing. */
#define _GNU_SOURCE
#include "fake_files.h"
#include "fake_steps.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

static FILE *stream;

/* SLOT:SIDE:LINK: one side of a new pty, m or s, is in the slot; nobody reads the other. The link leads to
 * its slave. */
static void do_pty(const char *argument)
{
    unsigned at = fake_slot(&argument);
    const char *side = fake_field(&argument);
    char name[100];
    int master, slave;

    fake_expect(openpty(&master, &slave, name, NULL, NULL) == 0, "openpty");
    fake_fds[at] = *side == 'm' ? master : slave;
    if (*argument != '\0')
        fake_expect(symlink(name, argument) == 0, "symlink");
}

/* What a UART's model asks and sets before it goes on. */
static void do_pty_set(const char *argument)
{
    const int fd = fake_fds[fake_slot(&argument)];
    char name[100] = "";
    struct termios state;
    struct winsize size = {.ws_row = 12, .ws_col = 34}, told = {.ws_row = 0};

    fake_expect(tcgetattr(fd, &state) == 0, "tcgetattr");
    cfmakeraw(&state);
    fake_expect(tcsetattr(fd, TCSANOW, &state) == 0, "tcsetattr");
    fake_expect(ioctl(fd, TIOCSWINSZ, &size) == 0 && ioctl(fd, TIOCGWINSZ, &told) == 0, "TIOCGWINSZ");
    fake_expect(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "F_SETFL");
    int error = ttyname_r(fd, name, sizeof name);
    fake_say("%ux%u, tty %d, name %.9s %d", told.ws_row, told.ws_col, isatty(fd), name, error);
}

static void by_parts(int fd, const char *text, char way)
{
    const struct iovec parts[] = {{(void *)text, 1}, {(void *)(text + 1), strlen(text) - 1}, {"\n", 1}};
    ssize_t written;

    switch (way) {
    case 'v':
        written = writev(fd, parts, 3);
        break;
    case 'q':
        written = pwritev(fd, parts, 3, 0);
        break;
    default:
        written = pwritev2(fd, parts, 3, 0, 0);
    }
    fake_expect(written == (ssize_t)strlen(text) + 1, "writev");
}

static void by_copy(int fd, const char *text)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 50), under = dup3(fd, 60, O_CLOEXEC);

    fake_expect(copy >= 0 && under >= 0, "dup");
    dprintf(copy, "%.3s", text);
    dprintf(under, "%s\n", text + 3);
    close(copy);
    close(under);
}

static void by_byte(int fd, const char *text)
{
    for (; *text != '\0'; text++) {
        fake_expect(write(fd, text, 1) == 1, "write");
        fake_run("eval:1");
    }
    fake_expect(write(fd, "\n", 1) == 1, "write");
}

/* SLOT:WAY:TEXT: a line. */
static void do_line(const char *argument)
{
    int fd = fake_fds[fake_slot(&argument)];
    const char way = *fake_field(&argument);
    char line[200];
    size_t length = (size_t)snprintf(line, sizeof line, "%s\n", argument);

    if (way == 'w')
        fake_expect(write(fd, line, length) == (ssize_t)length, "write");
    else if (way == 'p')
        fake_expect(pwrite(fd, line, length, 0) == (ssize_t)length, "pwrite");
    else if (way == 'd')
        dprintf(fd, "%s", line);
    else if (way == 'c')
        by_copy(fd, argument);
    else if (way == 'b')
        by_byte(fd, argument);
    else
        by_parts(fd, argument, way);
}

/* MODE:NAME, and the same with another file under the same stream. */
static void do_log(const char *argument)
{
    const char *mode = fake_field(&argument);

    stream = stream == NULL ? fopen(argument, mode) : freopen(argument, mode, stream);
    fake_expect(stream != NULL, argument);
}

static void do_log_line(const char *argument)
{
    fprintf(stream, "%s\n", argument);
}

/* NAME:TEXT: opened, written to and closed again, without a newline. */
static void do_log_part(const char *argument)
{
    const char *name = fake_field(&argument);
    FILE *file = fopen(name, "ae");

    fake_expect(file != NULL, name);
    fputs(argument, file); /* NOLINT(clang-analyzer-unix.Stream) */
    fclose(file);
}

/* DIRECTORY:NAME:TEXT: opened below a directory's descriptor. */
static void do_log_below(const char *argument)
{
    const char *where = fake_field(&argument), *name = fake_field(&argument);
    int directory = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    fake_expect(fd >= 0, name);
    dprintf(fd, "%s\n", argument);
    close(fd);
    close(directory);
}

/* So many files, open at once, with a line each. */
static void do_logs(const char *argument)
{
    char name[40];

    for (long i = 0, count = fake_number(argument); i < count; i++) {
        snprintf(name, sizeof name, "uart%ld.log", i);
        int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        fake_expect(fd >= 0, name);
        dprintf(fd, "%s booted\n", name);
    }
}

/* The same one after the other, with an eval between. */
static void do_logs_in_turn(const char *argument)
{
    char name[40];

    for (long i = 0, count = fake_number(argument); i < count; i++) {
        snprintf(name, sizeof name, "uart%ld.log:booted ", i);
        do_log_part(name);
        snprintf(name, sizeof name, "uart%ld.log:\n", i);
        do_log_part(name);
        fake_run("eval:1");
    }
}

const struct fake_step fake_uart[] = {
    {"uart_pty", do_pty},
    {"uart_pty_set", do_pty_set},
    {"uart_line", do_line},
    {"uart_log", do_log},
    {"uart_log_line", do_log_line},
    {"uart_log_part", do_log_part},
    {"uart_log_below", do_log_below},
    {"uart_logs", do_logs},
    {"uart_logs_in_turn", do_logs_in_turn},
    {NULL, NULL},
};
