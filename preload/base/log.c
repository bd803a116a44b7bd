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
#include "base/text.h"

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
static void write_quietly(const char *bytes, size_t length)
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

void log_line(enum log_level level, const char *format, ...)
{
    char buffer[1 + LOG_LINE_SIZE + 1] = "\n"; /* the end of the simulator's line, where it has none */
    bool ends_line = is_unfinished && log_fd == 2;
    va_list arguments;

    if (level == LOG_QUIET || level > log_level)
        return;
    /* the newline takes the NUL's place, so one byte is kept */
    struct text text = text_in(buffer + 1, LOG_LINE_SIZE);
    text_format(&text, "lightsss: ");
    va_start(arguments, format);
    text_vformat(&text, format, arguments);
    va_end(arguments);
    if (text.cut)
        mark_cut(&text);
    text_hide_controls(text.bytes, text.length); /* whatever a file name or a symbol holds */
    text.bytes[text.length++] = '\n';
    write_quietly(text.bytes - ends_line, text.length + ends_line);
    if (ends_line)
        is_unfinished = false;
}
