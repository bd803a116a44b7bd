/* SPDX-License-Identifier: MIT */
/* The last lines: see tail.h. */
#include "tail.h"

#include <string.h>
#include <unistd.h>

#include "run_files.h"

/* Drops what is in front of the last lines. The end of the last line may be missing. */
static void keep_lines(struct tail *tail, unsigned lines)
{
    size_t at = tail->length;

    if (at > 0 && tail->bytes[at - 1] == '\n')
        at--;
    for (; at > 0; at--)
        if (tail->bytes[at - 1] == '\n' && --lines == 0)
            break;
    if (at == 0 && tail->is_cut) { /* the begin of the first line is missing */
        const char *newline = memchr(tail->bytes, '\n', tail->length - (tail->length > 0));
        at = newline != NULL ? (size_t)(newline - tail->bytes) + 1 : 0;
    }
    tail->is_cut = tail->is_cut || at > 0;
    tail->length -= at;
    memmove(tail->bytes, tail->bytes + at, tail->length);
}

bool tail_read(struct tail *tail, const char *path, unsigned lines)
{
    uint64_t bytes;
    int fd = run_files_open(path, &bytes);

    tail->length = 0;
    if (fd < 0)
        return false;
    tail->is_cut = bytes > TAIL_SIZE;
    ssize_t got = pread(fd, tail->bytes, TAIL_SIZE, tail->is_cut ? (off_t)(bytes - TAIL_SIZE) : 0);
    close(fd);
    tail->length = got > 0 ? (size_t)got : 0;
    keep_lines(tail, lines);
    return tail->length > 0;
}
