/* SPDX-License-Identifier: MIT */
/* What may be done on a terminal beside writing lines to it: colours, and a line that is drawn anew in its
 * place. TERM and NO_COLOR are those of the start. Raw system calls. */
#ifndef LIGHTSSS_PRELOAD_BASE_TERMINAL_H
#define LIGHTSSS_PRELOAD_BASE_TERMINAL_H

#include <stdbool.h>

/* The values of TERM and NO_COLOR; NULL: not set. Until then no terminal can do anything. */
void terminal_note(const char *type, const char *no_color);

/* Is it a terminal that shows colours, and does the user want them? */
bool terminal_has_colours(int fd);

/* How many columns a line has that may be drawn anew: 0 where it is no terminal that can do that, or one
 * where somebody else is in the foreground. */
unsigned terminal_columns(int fd);

/* Would a short line be written now, and not wait (Ctrl-S)? */
bool terminal_is_ready(int fd);

#endif
