/* SPDX-License-Identifier: MIT */
/* Makes shared mappings private: see mappings.h. The contents are those of the wake, not of the snapshot:
 * what the original has written there since is seen by the replay (and may make it diverge), but not the
 * other way. */
#define _GNU_SOURCE
#include "mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "../raw_syscall.h"

#define MAPPINGS_MAX 256

/* One at a time could not be changed while the list is read: the kernel makes the list as it is read. */
static struct mapping {
    uintptr_t start;
    size_t size;
    int protection;
} mappings[MAPPINGS_MAX];

/* A line of /proc/self/maps, read byte by byte: "start-end perms ...". */
struct reader {
    uintptr_t number[2]; /* start, end */
    unsigned field;      /* 0 start, 1 end, 2 permissions, 3 the rest */
    char permissions[5];
    unsigned permission_count;
    unsigned count; /* mappings found */
    bool overflow;
};

static void end_line(struct reader *reader, uintptr_t kept)
{
    bool is_shared = reader->permissions[1] == 'w' && reader->permissions[3] == 's';

    if (is_shared && reader->number[0] != kept) {
        if (reader->count == MAPPINGS_MAX)
            reader->overflow = true;
        else
            mappings[reader->count++] = (struct mapping){
                reader->number[0],
                reader->number[1] - reader->number[0],
                PROT_WRITE | (reader->permissions[0] == 'r' ? PROT_READ : 0) |
                    (reader->permissions[2] == 'x' ? PROT_EXEC : 0),
            };
    }
    reader->number[0] = reader->number[1] = 0;
    reader->field = reader->permission_count = 0;
}

static void read_byte(struct reader *reader, char byte, uintptr_t kept)
{
    bool ends_field = byte == ' ' || (byte == '-' && reader->field == 0);

    if (byte == '\n')
        end_line(reader, kept);
    else if (ends_field && reader->field < 3)
        reader->field++;
    else if (reader->field < 2)
        reader->number[reader->field] =
            reader->number[reader->field] << 4 | (uintptr_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
    else if (reader->field == 2 && reader->permission_count < 4)
        reader->permissions[reader->permission_count++] = byte;
}

static int find_shared(struct reader *reader, uintptr_t kept)
{
    char buffer[4096];
    long length;
    long fd = raw_syscall4(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0)
        return (int)fd;
    while ((length = raw_syscall3(SYS_read, fd, (long)buffer, sizeof buffer)) > 0)
        for (long i = 0; i < length; i++)
            read_byte(reader, buffer[i], kept);
    raw_syscall1(SYS_close, fd);
    return length < 0 ? (int)length : reader->overflow ? -E2BIG : 0;
}

/* Copied by the kernel: past the end of a file that was cut there is nothing to read, and a load would be
 * SIGBUS. */
static int make_private(const struct mapping *mapping)
{
    long memory = raw_syscall6(SYS_mmap, 0, (long)mapping->size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory < 0 && memory > -4096)
        return (int)memory;
    const long pid = raw_syscall0(SYS_getpid);
    for (size_t done = 0; done < mapping->size;) {
        const struct iovec to = {(char *)memory + done, mapping->size - done};
        const struct iovec from = {(char *)mapping->start + done, mapping->size - done};
        long r = raw_syscall6(SYS_process_vm_readv, pid, (long)&to, 1, (long)&from, 1, 0);
        if (r <= 0)
            break;
        done += (size_t)r;
    }
    raw_syscall3(SYS_mprotect, memory, (long)mapping->size, mapping->protection);
    long r = raw_syscall5(SYS_mremap, memory, (long)mapping->size, (long)mapping->size,
                          MREMAP_MAYMOVE | MREMAP_FIXED, (long)mapping->start);
    return r < 0 && r > -4096 ? (int)r : 0;
}

int mappings_make_private(const void *kept)
{
    struct reader reader = {.field = 0};
    int r = find_shared(&reader, (uintptr_t)kept);

    for (unsigned i = 0; r == 0 && i < reader.count; i++)
        r = make_private(&mappings[i]);
    return r;
}
