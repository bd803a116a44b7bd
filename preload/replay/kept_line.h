/* SPDX-License-Identifier: MIT */
/* The line from a replay of a kept copy to the command that has asked for it. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_KEPT_LINE_H
#define LIGHTSSS_PRELOAD_REPLAY_KEPT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* In the copy: these are the connection and the user's stderr, to which our lines go (-1: nowhere). */
void kept_line_take(int connection, int error_output);

/* Is this a replay that has such a line, to which its own lines go? */
bool kept_line_is_there(void);

/* Does the kept copy listen no longer to what the command says? It was killed. */
bool kept_line_is_alone(void);

/* Then: the signal by which the command does not want to wait for it any longer; 0: there is none. */
uint32_t kept_line_asked(void);

/* The same, for a connection. Whoever is gone waits no longer: SIGHUP. */
uint32_t kept_line_stopped(int connection);

/* In a replay, now and then: shows how far it is, where the user's stderr is a terminal. Before anything else
 * is said there: takes that away. */
void kept_line_draw(void);
void kept_line_clear(void);

/* Sends KEPT_REFUSED on a connection. */
void kept_line_refuse(int connection, const char *why);

/* Sends a packet to the command. */
void kept_line_send(const struct text *packet);

/* Sends a packet on a connection. */
void kept_line_answer(int connection, const struct text *packet);

/* There is no replay, and this is why. */
void kept_line_say_refused(const char *why);

/* In a replay, behind its report; nothing where it has no such line. */
void kept_line_say_done(void);

#endif
