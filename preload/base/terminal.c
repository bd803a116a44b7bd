/* SPDX-License-Identifier: MIT */
/* What a terminal can do: see terminal.h. Its size is asked for, which nothing else has. */
#include "base/terminal.h"

#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/kernel.h"

#define USUAL_COLUMNS 80u /* of one that does not tell, as on a serial line */

static bool can_move; /* the cursor: it is no `dumb` one */
static bool wants_colours;

void terminal_note(const char *type, const char *no_color)
{
    can_move = type != NULL && *type != '\0' && strcmp(type, "dumb") != 0;
    wants_colours = can_move && (no_color == NULL || *no_color == '\0');
}

static bool is_terminal(int fd, struct winsize *size)
{
    return kernel_ioctl(fd, TIOCGWINSZ, size) == 0;
}

bool terminal_has_colours(int fd)
{
    struct winsize size;

    return wants_colours && is_terminal(fd, &size);
}

/* Where it is not the terminal that controls this process, nobody can tell. */
static bool is_in_foreground(int fd)
{
    pid_t group = 0;

    return kernel_ioctl(fd, TIOCGPGRP, &group) < 0 || group == (pid_t)raw_syscall1(SYS_getpgid, 0);
}

unsigned terminal_columns(int fd)
{
    struct winsize size;

    if (!can_move || !is_terminal(fd, &size) || !is_in_foreground(fd))
        return 0;
    return size.ws_col != 0 ? size.ws_col : USUAL_COLUMNS;
}

bool terminal_is_ready(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    const struct timespec now = {0, 0};

    return kernel_ppoll(&out, 1, &now) > 0 && (out.revents & POLLOUT) != 0;
}
