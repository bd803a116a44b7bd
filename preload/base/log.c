/* SPDX-License-Identifier: MIT */
/* One line, one write. The line is built on the stack; system calls are raw, so errno stays and nothing
 * that we interpose is entered again. */
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/kernel.h"
#include "base/terminal.h"
#include "base/text.h"

#define PREFIX       "lightsss: "
#define COLOUR_SIZE  5u /* of each that begins one */
#define COLOUR_END   "\033[0m"
#define MASK_SIGPIPE (UINT64_C(1) << (SIGPIPE - 1)) /* the kernel's signal set is 64 bits */

static enum log_level log_level = LOG_INFO;
static int log_fd = 2;
static volatile bool is_unfinished; /* the simulator's last line */

void log_set_level(enum log_level level)
{
    log_level = level;
}

void log_set_fd(int fd)
{
    log_fd = fd;
}

void log_set_unfinished(bool unfinished)
{
    is_unfinished = unfinished;
}

/* A reader of stderr that has gone away must not end the simulator because of our line: SIGPIPE is
 * blocked around the write and taken back if it was our write that raised it. */
void log_draw(const char *bytes, size_t length)
{
    uint64_t block = MASK_SIGPIPE;
    uint64_t before = 0;
    uint64_t pending_before;
    long result;

    if (kernel_sigprocmask(SIG_BLOCK, &block, &before) < 0)
        return;
    pending_before = kernel_sigpending();
    do {
        result = kernel_write(log_fd, bytes, length);
    } while (result == -EINTR);
    if (result == -EPIPE && !(pending_before & MASK_SIGPIPE))
        kernel_sigtake(&block, NULL);
    kernel_sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Makes room for "..." at the end of a line that was cut, not inside a UTF-8 character. */
static void mark_cut(struct text *text)
{
    size_t length = text->size - sizeof "...";

    while (length > 0 && ((unsigned char)text->bytes[length] & 0xc0) == 0x80)
        length--;
    memcpy(text->bytes + length, "...", sizeof "...");
    text->length = length + 3;
}

bool log_shows(enum log_level level)
{
    return level != LOG_QUIET && level <= log_level;
}

unsigned log_columns(void)
{
    return log_shows(LOG_INFO) && terminal_is_ready(log_fd) ? terminal_columns(log_fd) : 0;
}

/* Moves what is in front of the coloured part, for which there is room before the text. */
static void colour_line(struct text *text, enum log_colour colour, size_t plain)
{
    static const char colours[][COLOUR_SIZE + 1] = {
        [LOG_BOLD] = "\033[01m",
        [LOG_RED] = "\033[31m",
        [LOG_GREEN] = "\033[32m",
        [LOG_YELLOW] = "\033[33m",
    };

    text->bytes -= COLOUR_SIZE;
    memmove(text->bytes, text->bytes + COLOUR_SIZE, plain);
    memcpy(text->bytes + plain, colours[colour], COLOUR_SIZE);
    memcpy(text->bytes + COLOUR_SIZE + text->length, COLOUR_END, sizeof COLOUR_END);
    text->length += COLOUR_SIZE + sizeof COLOUR_END - 1;
}

static void write_line(enum log_colour colour, const char *prefix, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void write_line(enum log_colour colour, const char *prefix, const char *format, va_list arguments)
{
    char buffer[1 + COLOUR_SIZE + LOG_LINE_SIZE + sizeof COLOUR_END];
    const bool ends_line = is_unfinished && log_fd == 2;

    /* the newline takes the NUL's place, so one byte is kept */
    struct text text = text_in(buffer + 1 + COLOUR_SIZE, LOG_LINE_SIZE);
    text_format(&text, "%s", prefix);
    const size_t plain = text.length;
    text_vformat(&text, format, arguments);
    if (text.cut)
        mark_cut(&text);
    text_hide_controls(text.bytes, text.length); /* whatever a file name or a symbol holds */
    if (colour != LOG_PLAIN && terminal_has_colours(log_fd))
        colour_line(&text, colour, plain);
    text.bytes[text.length++] = '\n';
    *(text.bytes - 1) = '\n'; /* the end of the simulator's line, where it has none */
    log_draw(text.bytes - ends_line, text.length + ends_line);
    if (ends_line)
        is_unfinished = false;
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list arguments;

    if (!log_shows(level))
        return;
    va_start(arguments, format);
    write_line(LOG_PLAIN, PREFIX, format, arguments);
    va_end(arguments);
}

void log_coloured(enum log_level level, enum log_colour colour, const char *format, ...)
{
    va_list arguments;

    if (!log_shows(level))
        return;
    va_start(arguments, format);
    write_line(colour, PREFIX, format, arguments);
    va_end(arguments);
}

void log_bare(enum log_level level, const char *format, ...)
{
    va_list arguments;

    if (!log_shows(level))
        return;
    va_start(arguments, format);
    write_line(LOG_PLAIN, "", format, arguments);
    va_end(arguments);
}
