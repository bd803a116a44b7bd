/* SPDX-License-Identifier: MIT */
/* See segments.h. */
#define _GNU_SOURCE
#include "restore/segments.h"

#include <errno.h>
#include <linux/memfd.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/high_number.h"
#include "base/kernel.h"
#include "base/spin_lock.h"

#define SEGMENTS_MAX 256u

struct segment {
    int id;
    int fd; /* -1: it has no memory yet */
    size_t size;
};

struct attachment {
    const void *start; /* NULL: free */
    size_t size;
};

static struct segment segments[SEGMENTS_MAX];
static unsigned segment_count;
static struct attachment attachments[SEGMENTS_MAX];
static atomic_flag lock = ATOMIC_FLAG_INIT;

/* NULL: there are too many. */
static struct segment *find_or_add(int id)
{
    for (unsigned i = 0; i < segment_count; i++)
        if (segments[i].id == id)
            return &segments[i];
    if (segment_count == SEGMENTS_MAX)
        return NULL;
    segments[segment_count] = (struct segment){.id = id, .fd = -1};
    return &segments[segment_count++];
}

static void note_attachment(const void *start, size_t size)
{
    for (unsigned i = 0; i < SEGMENTS_MAX; i++)
        if (attachments[i].start == NULL) {
            attachments[i] = (struct attachment){start, size};
            return;
        }
}

void segments_add(const char *path, int id, const void *start, size_t size, int fd)
{
    if (strncmp(path, "/SYSV", 5) != 0)
        return;
    struct segment *segment = find_or_add(id);
    if (segment != NULL && segment->fd < 0) {
        segment->fd = fd;
        segment->size = size;
    }
    note_attachment(start, size);
}

void segments_know(int id, size_t size)
{
    uint64_t mask = spin_lock_take(&lock);
    struct segment *segment = find_or_add(id);
    if (segment != NULL && segment->size < size)
        segment->size = size;
    spin_lock_release(&lock, mask);
}

/* One that was there before and is still: what it holds now. */
static void copy_present(const struct segment *segment)
{
    long there = raw_syscall3(SYS_shmat, segment->id, 0, SHM_RDONLY);

    if (there < 0 && there > -4096)
        return;
    kernel_pwrite(segment->fd, (const void *)there, segment->size, 0);
    raw_syscall1(SYS_shmdt, there);
}

/* Returns a file or -errno. */
static int memory_of(int id)
{
    struct segment *segment = find_or_add(id);
    struct shmid_ds facts;

    if (segment == NULL)
        return -ENOMEM;
    if (segment->fd >= 0)
        return segment->fd;
    if (raw_syscall3(SYS_shmctl, id, IPC_STAT, &facts) == 0)
        segment->size = facts.shm_segsz;
    int fd = kernel_memfd_create("segment", MFD_CLOEXEC);
    if (fd < 0)
        return fd;
    segment->fd = high_number_move(fd);
    kernel_ftruncate(segment->fd, (off_t)segment->size);
    copy_present(segment);
    return segment->fd;
}

void *segments_attach(int id, void *address, bool writable)
{
    struct stat file = {.st_size = 0};

    uint64_t mask = spin_lock_take(&lock);
    int fd = memory_of(id);
    long memory = fd;
    if (fd >= 0) {
        kernel_fstat(fd, &file);
        memory = kernel_mmap(address, (size_t)file.st_size, PROT_READ | (writable ? PROT_WRITE : 0),
                             MAP_SHARED, fd, 0);
    }
    bool failed = memory < 0 && memory > -4096;
    if (!failed)
        note_attachment((const void *)memory, (size_t)file.st_size);
    spin_lock_release(&lock, mask);
    if (failed)
        errno = (int)-memory;
    return failed ? MAP_FAILED : (void *)memory;
}

void segments_detach(const void *address)
{
    uint64_t mask = spin_lock_take(&lock);
    for (unsigned i = 0; i < SEGMENTS_MAX; i++)
        if (attachments[i].start == address && address != NULL) {
            kernel_munmap((void *)address, attachments[i].size);
            attachments[i] = (struct attachment){NULL, 0};
            break;
        }
    spin_lock_release(&lock, mask);
}
