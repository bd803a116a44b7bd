/* SPDX-License-Identifier: MIT */
/* What a kept copy answers to who comes to its door: a request, and the copy of it that does what is asked
 * for. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_KEPT_ANSWER_H
#define LIGHTSSS_PRELOAD_REPLAY_KEPT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

/* Lets somebody in who is at the door, hears what is asked for, and answers. leave: the kept copy is to go,
 * and this is why. True: a copy of it is to be made, for kept_answer_copied() and kept_answer_begins(). */
bool kept_answer_next(size_t place, void (*leave)(const char *why));

/* In the kept copy: the number of that copy, or -errno. */
void kept_answer_copied(long pid);

/* In that copy: takes what was asked for. False: it is refused,
 * and that was said. */
bool kept_answer_begins(size_t place);

#endif
