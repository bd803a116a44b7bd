/* SPDX-License-Identifier: MIT */
/* Step of the fake simulator for scripts/bench: what does a call cost whose answer is recorded, and one that
 * is only looked at? Says NAME and nanoseconds. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLS 1000000

static int fds[2], file;

static void poll_socket(void)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};

    poll(&one, 1, 0);
}

static void recv_nothing(void)
{
    char byte;

    recv(fds[0], &byte, 1, MSG_DONTWAIT);
}

static void read_file(void)
{
    char byte;

    if (pread(file, &byte, 1, 0) != 1)
        fake_give_up("fake: no file");
}

/* Two recorded calls. */
static void pass_bytes(void)
{
    char bytes[16] = "0123456789abcde";

    if (write(fds[1], bytes, sizeof bytes) < 0 || read(fds[0], bytes, sizeof bytes) < 0)
        fake_give_up("fake: no pipe");
}

/* Of this thread only: another's turn is no cost of ours. */
static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void do_cost(const char *argument)
{
    static const struct {
        const char *name;
        void (*call)(void);
    } calls[] = {{"poll", poll_socket}, {"recv", recv_nothing}, {"file", read_file}, {"bytes", pass_bytes}};

    if (file == 0 && (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ||
                      (file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)) < 0))
        fake_give_up("fake: nothing to read");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, argument) != 0)
            continue;
        double start = now_ns();
        for (int n = 0; n < CALLS; n++)
            calls[i].call();
        fake_say("%s %.1f", argument, (now_ns() - start) / CALLS);
    }
}

const struct fake_step fake_cost[] = {
    {"cost", do_cost},
    {NULL, NULL},
};
