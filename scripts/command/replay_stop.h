/* SPDX-License-Identifier: MIT */
/* Who is impatient with a replay of a kept snapshot ends it by a signal, and the second time us alone. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_REPLAY_STOP_H
#define LIGHTSSS_SCRIPTS_COMMAND_REPLAY_STOP_H

#include <poll.h>

/* From now on signals are noted, the first time that each comes. */
void replay_stop_hear(void);

/* The signal that has come; 0: none. */
int replay_stop_signal(void);

/* poll(), which no signal escapes: one that came before it is -1 with EINTR as well, until it is forgotten.
 */
int replay_stop_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* Has the replay at the other end finish, because of that signal. */
void replay_stop_send(int connection, int signal);

/* It was told, and another one may come. */
void replay_stop_forget(void);

#endif
