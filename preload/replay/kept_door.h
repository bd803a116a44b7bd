/* SPDX-License-Identifier: MIT */
/* The socket of a kept copy in its run directory: only this user and root come in. The library calls this in
 * a process of one thread. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_KEPT_DOOR_H
#define LIGHTSSS_PRELOAD_REPLAY_KEPT_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/kept_message.h"

/* What somebody asks for. Descriptors are the caller's. */
struct kept_door_request {
    int connection;
    int error_output;     /* -1: none came */
    const char *what;     /* KEPT_REPLAY, ...: the first string ... */
    const char *at, *end; /* ... and the others */
};

/* Makes it in the run directory, in the place of what has that name. rung: its number, or 0. Returns 0 or
 * -errno. */
int kept_door_open(uint64_t rung);

/* The process that has asked; 0: it has no number here. */
pid_t kept_door_peer(const struct kept_door_request *request);

/* To be polled for somebody who comes. */
int kept_door_fd(void);

/* Is the socket still there? Not where somebody has removed the directory. */
bool kept_door_is_there(void);

/* Lets somebody in who is there, and hears what is asked for; waits for that no longer than a second. False:
 * it was nothing, or refused. It stays until the next one comes. */
bool kept_door_accept(struct kept_door_request *request);

/* Removes it. */
void kept_door_close(void);

/* In a copy of the kept copy: it stays for that one. */
void kept_door_leave(void);

#endif
