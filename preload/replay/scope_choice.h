/* SPDX-License-Identifier: MIT */
/* What LIGHTSSS_SCOPE and LIGHTSSS_DEPTH leave of a waveform, as the hooks ask for it while they open it; and
 * the list of names for `lightsss doctor --scopes`. */
#ifndef LIGHTSSS_PRELOAD_REPLAY_SCOPE_CHOICE_H
#define LIGHTSSS_PRELOAD_REPLAY_SCOPE_CHOICE_H

#include "../hooks/hooks.h"

/* For the waveform to come; NULL: all of it. What is wrong with the variables is noted. */
const struct hooks_wave_choice *scope_choice(void);

/* In the original, for its copies: the replay writes the names of all scopes into this file of the run
 * directory, one a line, some more than once. The name must stay. */
void scope_choice_list(const char *file);

#endif
