/* SPDX-License-Identifier: MIT */
/* The kept snapshot of a run, reached by the socket in its run directory (run/kept_message.h). */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/kept_message.h"

/* A packet, filled string by string. */
struct kept_packet {
    char bytes[KEPT_MESSAGE_SIZE];
    size_t length; /* above the size: it was too much */
    pid_t sender;  /* of one that was received, as it is numbered here; 0: it cannot be seen from here */
};

/* Adds NAME=VALUE; value NULL: the name alone. */
void kept_packet_add(struct kept_packet *packet, const char *name, const char *value);

/* Asks it, with a descriptor beside (-1: none). rung: the number of one that is kept beside it
 * (run/kept_rungs.h); 0: it itself. Returns the connection, by which the answer comes; or -1, having said why
 * there is none. */
int kept_ask(const char *run, uint64_t rung, const struct kept_packet *request, int descriptor);

/* To one that somebody has stopped: it reads it when it goes on. */
void kept_leave_word(const char *run, uint64_t rung, const struct kept_packet *request);

/* What an answer says behind this word; NULL: it says something else, which was said. */
const char *kept_answered(const char *run, const struct kept_packet *answer, const char *word);

/* Why it refuses; NULL: the answer says something else. */
const char *kept_refusal(const struct kept_packet *answer);

/* Is somebody there? Returns 0 or -errno. */
int kept_probe(const char *run, uint64_t rung);

/* Is somebody there whom nobody has stopped? */
bool kept_is_awake(const char *run, uint64_t rung);

/* Sends a packet, and with it a descriptor; -1: none. Returns 0 or -errno. */
int kept_send(int connection, const struct kept_packet *packet, int descriptor);

/* The next packet of the other side: its length, 0: it has gone, or -errno; -EINTR: a signal came. */
ssize_t kept_receive(int connection, struct kept_packet *packet);

#endif
