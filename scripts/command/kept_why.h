/* SPDX-License-Identifier: MIT */
/* Why the kept snapshot of a run cannot be reached, for who asks for it. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_KEPT_WHY_H
#define LIGHTSSS_SCRIPTS_COMMAND_KEPT_WHY_H

/* Says it; error: errno of the try. */
void kept_why_say(const char *run, int error);

#endif
