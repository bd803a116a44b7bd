/* SPDX-License-Identifier: MIT */
/* The end of a waveform: see wave_end.h. A VCD ends with one time more, behind a comment that says so; an FST
 * has its last time in its head. Who wrote it may have been killed before it could say so: then it stays. */
#define _GNU_SOURCE
#include "report/wave_end.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/kernel.h"
#include "base/text.h"

#define CHUNK      65536u
#define OVERLAP    32u /* more than a line with a time has */
#define LOOK_BYTES (UINT64_C(64) << 20)
#define LINE_SIZE  128u
/* Of an FST's first block. */
#define FST_HEAD   0
#define FST_LENGTH 329u
/* On one line: who reads a VCD line by line takes it for a comment, who reads it word by word (viewers do)
 * finds the time. */
#define NOTE "$comment the last dump was at the time before; what follows is room for the view $end"

static int move_fst(int fd, uint64_t last, uint64_t end)
{
    struct __attribute__((packed)) {
        uint8_t kind;
        uint64_t length, first, last; /* the highest byte first */
    } head;

    end = htobe64(end);
    if (kernel_pread(fd, &head, sizeof head, 0) != sizeof head || head.kind != FST_HEAD ||
        head.length != htobe64(FST_LENGTH) || (head.last != htobe64(last) && head.last != end))
        return -EINVAL;
    if (head.last == end)
        return 0;
    long r = kernel_pwrite(fd, &end, sizeof end, offsetof(typeof(head), last));
    return r == sizeof end ? 0 : r < 0 ? (int)r : -ENOSPC;
}

/* Where the last line begins that is a time, in a part of the file that ends with a line. NULL: there is
 * none. */
static const char *last_stamp(const char *bytes, size_t size)
{
    while (size > 0) {
        const char *mark = memrchr(bytes, '#', size);
        if (mark == NULL || (mark > bytes && mark[-1] == '\n'))
            return mark;
        size = (size_t)(mark - bytes);
    }
    return NULL;
}

static bool is_stamp_of(const char *bytes, size_t size, uint64_t time)
{
    char line[LINE_SIZE];
    size_t length = text_print(line, sizeof line, "#%" PRIu64 "\n", time);

    return size >= length && memcmp(bytes, line, length) == 0;
}

/* Of the last eval of a large model there may be much. */
static bool ends_at(int fd, uint64_t size, uint64_t time)
{
    static char bytes[CHUNK + OVERLAP];
    uint64_t least = size > LOOK_BYTES ? size - LOOK_BYTES : 0, at = size;

    for (bool is_end = true; at > least; is_end = false) {
        uint64_t end = at + OVERLAP < size ? at + OVERLAP : size;
        at = at > CHUNK ? at - CHUNK : 0;
        size_t part = (size_t)(end - at);
        if (kernel_pread(fd, bytes, part, (off_t)at) != (long)part || (is_end && bytes[part - 1] != '\n'))
            return false;
        const char *stamp = last_stamp(bytes, part);
        if (stamp != NULL)
            return is_stamp_of(stamp, part - (size_t)(stamp - bytes), time);
    }
    return false;
}

static bool ends_with(int fd, uint64_t size, const char *line, size_t length)
{
    char bytes[LINE_SIZE];

    return size >= length && kernel_pread(fd, bytes, length, (off_t)(size - length)) == (long)length &&
           memcmp(bytes, line, length) == 0;
}

static int move_vcd(int fd, uint64_t last, uint64_t end)
{
    char line[LINE_SIZE];
    struct stat status;

    long r = kernel_fstat(fd, &status);
    if (r < 0)
        return (int)r;
    if (!ends_at(fd, (uint64_t)status.st_size, last))
        return -EINVAL;
    size_t length = text_print(line, sizeof line, NOTE " #%" PRIu64 "\n", end);
    if (ends_with(fd, (uint64_t)status.st_size, line, length))
        return 0;
    r = kernel_pwrite(fd, line, length, status.st_size);
    if (r == (long)length)
        return 0;
    kernel_ftruncate(fd, status.st_size);
    return r < 0 ? (int)r : -ENOSPC;
}

int wave_end_move(int fd, bool is_fst, uint64_t last, uint64_t end)
{
    return is_fst ? move_fst(fd, last, end) : move_vcd(fd, last, end);
}
