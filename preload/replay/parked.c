/* SPDX-License-Identifier: MIT */
/* See parked.h. */
#define _GNU_SOURCE
#include "replay/parked.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/high_number.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/often.h"
#include "replay/kept_line.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/descriptors.h"

#define SCORE_PARKED "900"
#define SCORE_BESIDE "1000"

static OFTEN_WRITTEN int original_fd = -1; /* pidfd */
static OFTEN_WRITTEN int user_fd = -1;     /* the original's stderr; without it our lines go nowhere */

/* By the original itself: it may be dead and gone before its copy has done anything. Not at a high number
 * here: each copy would get a table as long as that, and to make it longer the kernel waits until all other
 * processors have let go of the old one, for milliseconds. */
void parked_before_copy(void)
{
    int fd = kernel_pidfd_open(run.page->original_pid);

    original_fd = fd < 0 ? -1 : fd;
}

void parked_after_copy(void)
{
    kernel_close(original_fd);
}

static void set_score(const char *score)
{
    int fd = kernel_open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    kernel_write(fd, score, strlen(score));
    kernel_close(fd);
}

/* An original that nearly fills its control group is above 900 of 1000 itself. */
void parked_yield(void)
{
    if (!role_is_alone())
        set_score(SCORE_BESIDE);
}

void parked_in_copy(void)
{
    struct descriptor error_output;

    if (original_fd >= 0)
        original_fd = high_number_move(original_fd);
    if (descriptors_describe(STDERR_FILENO, &error_output) == 0 && descriptors_may_be_kept(&error_output))
        user_fd = high_number_dup(STDERR_FILENO);
    /* Where memory runs out, copies go first, and the original and what is left of them go on. But where the
     * original alone takes nearly all, a copy that is small replays its end. */
    set_score(SCORE_PARKED);
}

void parked_say_to_user(void)
{
    if (!kept_line_is_there())
        log_set_fd(user_fd);
}

static void leave_terminal(void)
{
    int fd = kernel_open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return;
    kernel_ioctl(fd, TIOCNOTTY, NULL);
    kernel_close(fd);
}

void parked_leave(void)
{
    log_set_fd(-1);
    kernel_close(user_fd);
    kernel_close(original_fd);
    user_fd = original_fd = -1;
    leave_terminal();
}

int parked_original(void)
{
    return original_fd;
}
