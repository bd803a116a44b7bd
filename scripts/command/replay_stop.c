/* SPDX-License-Identifier: MIT */
/* See replay_stop.h. */
#include "replay_stop.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "kept.h"

static volatile sig_atomic_t stopped_by; /* the signal; 0: none came */

/* The second time we end at once, and the replay without us. */
static void note_signal(int signal)
{
    stopped_by = signal;
}

void replay_stop_hear(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND}, before;

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

int replay_stop_signal(void)
{
    return stopped_by;
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
