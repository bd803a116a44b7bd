/* SPDX-License-Identifier: MIT */
/* See replay_stop.h. */
#include "replay_stop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "kept.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static volatile sig_atomic_t stopped_by; /* the signal; 0: none came */

/* The second time we end at once, and the replay without us. */
static void note_signal(int signal)
{
    stopped_by = signal;
}

void replay_stop_hear(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND}, before;

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

int replay_stop_signal(void)
{
    return stopped_by;
}

/* They are blocked between the look and the wait: one that comes there ends the wait. */
int replay_stop_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    sigset_t ours, before;
    int r = -1;

    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&ours, signals[i]);
    sigprocmask(SIG_BLOCK, &ours, &before);
    if (stopped_by == 0)
        r = ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, &before);
    else
        errno = EINTR;
    const int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return r;
}

void replay_stop_send(int connection, int signal)
{
    static struct kept_packet packet;
    char number[16];

    packet.length = 0;
    snprintf(number, sizeof number, "%d", signal);
    kept_packet_add(&packet, KEPT_STOP, NULL);
    kept_packet_add(&packet, number, NULL);
    kept_send(connection, &packet, -1);
}

void replay_stop_forget(void)
{
    stopped_by = 0;
}
