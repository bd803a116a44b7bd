/* SPDX-License-Identifier: MIT */
/* Lines for the user on stderr, each beginning "lightsss: " and written by one raw write(2): safe after
 * fork, in a signal handler and while other threads are stopped. errno is kept, and a closed pipe
 * behind stderr does not raise SIGPIPE in the simulator. */
#ifndef LIGHTSSS_PRELOAD_BASE_LOG_H
#define LIGHTSSS_PRELOAD_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
    LOG_QUIET, /* as a level to set: nothing at all; no line has it */
    LOG_INFO,
    LOG_DEBUG,
};

/* Of what stands behind "lightsss: ", on a terminal. */
enum log_colour {
    LOG_PLAIN,
    LOG_BOLD,
    LOG_RED,
    LOG_GREEN,
    LOG_YELLOW,
};

#define LOG_LINE_SIZE 1000 /* longest line in bytes, "lightsss: " and the newline included */

/* Lines above this level are dropped. LOG_INFO at the start. */
void log_set_level(enum log_level level);

/* Where lines go: 2 at the start. */
void log_set_fd(int fd);

/* The simulator's last line on stderr has no end yet: our next one ends it, so that it begins where a line
 * begins. Async-signal-safe. */
void log_set_unfinished(bool unfinished);

/* Writes one line; format as in text_format, without the newline. Controls in it become '?'. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, in colour. */
void log_coloured(enum log_level level, enum log_colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same without "lightsss: ", for a program that reads lines of a form of its own. */
void log_bare(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Are lines of this level written? */
bool log_shows(enum log_level level);

/* How many columns a line has that may be drawn anew in its place now; 0: none may. */
unsigned log_columns(void);

/* Writes these bytes to where lines go, as a line is written. */
void log_draw(const char *bytes, size_t length);

#endif
