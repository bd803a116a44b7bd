/* SPDX-License-Identifier: MIT */
/* The replays of a kept copy that are under way, on its side: each with the connection of who waits for it,
 * and a page that both share. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_KEPT_CALLS_H
#define LIGHTSSS_PRELOAD_REPLAY_KEPT_CALLS_H

#include <poll.h>
#include <stdbool.h>

#define KEPT_CALLS_MAX 16u

/* One more begins, with a copy of the page of this process; stands: for a debugger, which ends it as soon as
 * it lets go of it or of the connection. Returns 0 or -errno; -EAGAIN: they are as many as
 * there may be. */
int kept_calls_add(int connection, bool stands);

/* Its replay is that process; or there is none (-errno), and it ends. */
void kept_calls_begin(long pid);

/* In the replay: its page is that of this process from now on, and the others' are nothing to it. Returns the
 * connection. */
int kept_calls_enter(void);

/* Those that have ended go; who is not waited for any more is asked to finish, and does in a while, or is
 * killed. Returns how many are left. */
unsigned kept_calls_look(void);

/* Is there one for a debugger? They are to be looked at more often. */
bool kept_calls_stand(void);

/* What is to be polled for who waits no longer. Returns how many. */
unsigned kept_calls_poll(struct pollfd *fds);

#endif
