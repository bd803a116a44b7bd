/* SPDX-License-Identifier: MIT */
/* See file_copy.h. */
#define _GNU_SOURCE
#include "base/file_copy.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"

#define PIECE_SIZE 4096u /* on the stack, perhaps a signal handler's */

int file_copy_write(int to, const void *bytes, uint64_t at, size_t size)
{
    for (size_t done = 0; done < size;) {
        long r = kernel_pwrite(to, (const char *)bytes + done, size - done, (off_t)(at + done));
        if (r > 0)
            done += (size_t)r;
        else if (r != -EINTR)
            return r < 0 ? (int)r : -ENOSPC;
    }
    return 0;
}

static int copy(int to, uint64_t to_at, int from, uint64_t at, uint64_t end)
{
    char piece[PIECE_SIZE];

    while (at < end) {
        int64_t from_place = (int64_t)at, to_place = (int64_t)to_at;
        long r = raw_syscall6(SYS_copy_file_range, from, &from_place, to, &to_place, end - at, 0);
        if (r <= 0) {
            r = kernel_pread(from, piece, end - at < sizeof piece ? end - at : sizeof piece, (off_t)at);
            if (r == -EINTR)
                continue;
            if (r <= 0)
                return (int)r; /* 0: somebody has just cut the file */
            int error = file_copy_write(to, piece, to_at, (size_t)r);
            if (error < 0)
                return error;
        }
        at += (uint64_t)r;
        to_at += (uint64_t)r;
    }
    return 0;
}

int file_copy_part(int to, int from, uint64_t at, uint64_t end)
{
    return copy(to, at, from, at, end);
}

int file_copy_end(int to, int from, uint64_t at, uint64_t end)
{
    return copy(to, 0, from, at, end);
}

int file_copy_whole(int to, int from, uint64_t size)
{
    int r = 0;

    for (uint64_t at = 0; r == 0 && at < size;) {
        long start = kernel_lseek(from, (off_t)at, SEEK_DATA);
        if (start == -ENXIO)
            break; /* a hole up to the end */
        long end = start < 0 ? start : kernel_lseek(from, start, SEEK_HOLE);
        if (end < 0) { /* a filesystem that knows no holes */
            start = (long)at;
            end = (long)size;
        }
        r = file_copy_part(to, from, (uint64_t)start, (uint64_t)end < size ? (uint64_t)end : size);
        at = (uint64_t)end;
    }
    return r;
}
