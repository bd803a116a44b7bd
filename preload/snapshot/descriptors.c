/* SPDX-License-Identifier: MIT */
/* Takes down what is open: see descriptors.h. Two cheap system calls for each descriptor; the simulator
 * stands still meanwhile, so that a simulator with thousands of them has only the first taken down. */
#define _GNU_SOURCE
#include "snapshot/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/memory_device.h"
#include "base/often.h"
#include "base/procfs.h"
#include "base/text.h"

#define INFO_SIZE     32768u
#define PAGE          4096
#define TERMINALS_MAX 8u

static _Alignas(PAGE) struct descriptor list[DESCRIPTORS_MAX]; /* the first ones lie in one page */
static OFTEN_WRITTEN size_t count;
static OFTEN_WRITTEN bool overflowed;
static OFTEN_WRITTEN bool is_listed; /* it has all that were open */
static struct descriptor output[2];  /* 1 and 2, before main() */
static bool has_output[2];
static struct descriptor_terminal terminals[TERMINALS_MAX];
static OFTEN_WRITTEN unsigned terminal_count;

/* Untouched while nothing but files, pipes, sockets and devices is open. */
static char info[INFO_SIZE];
static OFTEN_WRITTEN size_t info_used;

/* Of what has no file type: eventfd, timerfd, epoll and so on. */
static const char *read_info(int fd)
{
    char path[40], *start = info + info_used;

    if (info_used >= sizeof info - 1)
        return "";
    text_print(path, sizeof path, "/proc/thread-self/fdinfo/%d", fd);
    long length = procfs_read(path, start, sizeof info - info_used);
    if (length < 0)
        return "";
    info_used += (size_t)length + 1;
    return start;
}

/* What moves on: offset, size, time. */
static int describe_file(int fd, struct descriptor *descriptor)
{
    descriptor->fd = fd;
    descriptor->info = "";
    descriptor->offset = kernel_lseek(fd, 0, SEEK_CUR);
    return kernel_fstat(fd, &descriptor->file);
}

/* What the copy has of its own, or does not change by itself. */
static int describe_flags(struct descriptor *descriptor)
{
    int flags = kernel_fcntl(descriptor->fd, F_GETFL, 0);

    if (flags < 0)
        return flags;
    descriptor->flags = flags;
    descriptor->closes_on_exec = (kernel_fcntl(descriptor->fd, F_GETFD, 0) & FD_CLOEXEC) != 0;
    return 0;
}

int descriptors_describe(int fd, struct descriptor *descriptor)
{
    int r = describe_file(fd, descriptor);

    return r < 0 ? r : describe_flags(descriptor);
}

void descriptors_note_output(void)
{
    for (int fd = 1; fd <= 2; fd++)
        has_output[fd - 1] = descriptors_describe(fd, &output[fd - 1]) == 0;
}

static bool is_what_was(const struct descriptor *descriptor, int fd)
{
    const struct descriptor *first = &output[fd - 1];

    return has_output[fd - 1] && first->file.st_ino == descriptor->file.st_ino &&
           first->file.st_dev == descriptor->file.st_dev;
}

bool descriptors_is_output(const struct descriptor *descriptor)
{
    int access = descriptor->flags & O_ACCMODE;

    if ((descriptor->fd != 1 && descriptor->fd != 2) || (descriptor->flags & O_PATH) != 0 ||
        access == O_RDONLY)
        return false;
    return !S_ISREG(descriptor->file.st_mode) || access == O_WRONLY ||
           is_what_was(descriptor, descriptor->fd);
}

bool descriptors_may_be_kept(const struct descriptor *descriptor)
{
    return descriptors_is_output(descriptor) &&
           (S_ISREG(descriptor->file.st_mode) || is_what_was(descriptor, 1) || is_what_was(descriptor, 2));
}

/* Once for each terminal, however many descriptors it has. */
static void note_terminal(const struct descriptor *descriptor)
{
    struct descriptor_terminal *terminal = &terminals[terminal_count];

    if (terminal_count == TERMINALS_MAX || descriptors_terminal(descriptor) != NULL ||
        kernel_ioctl(descriptor->fd, TCGETS, &terminal->termios) < 0)
        return;
    terminal->device = descriptor->file.st_rdev;
    kernel_ioctl(descriptor->fd, TIOCGWINSZ, &terminal->size);
    if (kernel_ioctl(descriptor->fd, TIOCGPGRP, &terminal->foreground) < 0)
        terminal->foreground = -1;
    if (kernel_ioctl(descriptor->fd, TIOCGSID, &terminal->session) < 0)
        terminal->session = -1;
    terminal_count++;
}

static int visit(int fd, void *context)
{
    struct descriptor *descriptor = &list[count];

    (void)context;
    if (count == DESCRIPTORS_MAX) {
        overflowed = true;
        return 1;
    }
    int r = describe_file(fd, descriptor);
    if (r < 0)
        return r == -EBADF ? 0 : r;
    if ((descriptor->file.st_mode & S_IFMT) == 0)
        descriptor->info = read_info(fd);
    else if (S_ISCHR(descriptor->file.st_mode) && major(descriptor->file.st_rdev) != MEMORY_DEVICE_MAJOR)
        note_terminal(descriptor);
    descriptor->leader = (unsigned)count++;
    return 0;
}

static void begin(void)
{
    count = 0;
    overflowed = false;
    info_used = 0;
    terminal_count = 0;
}

/* Mostly the numbers are those of the last time: then as many are open, and none of them was closed. To list
 * them takes longer than to look at them. */
static bool take_same(void)
{
    const size_t numbers = count;

    if (!is_listed || procfs_descriptors_count() != numbers)
        return false;
    begin();
    for (size_t i = 0; i < numbers; i++)
        if (visit(list[i].fd, NULL) != 0 || count != i + 1)
            return false;
    return true;
}

int descriptors_take(void)
{
    if (take_same())
        return 0;
    begin();
    int r = procfs_descriptors(visit, NULL);
    is_listed = r == 0 && count > 0 && procfs_descriptors_count() == count;
    return r < 0 ? r : 0;
}

/* Where the kernel does not tell (no kcmp), those that look alike are taken for one: so they are after
 * `2>&1`. */
static bool are_shared(const struct descriptor *one, const struct descriptor *other)
{
    if (one->file.st_ino != other->file.st_ino || one->file.st_dev != other->file.st_dev ||
        one->flags != other->flags || one->offset != other->offset)
        return false;
    const long pid = kernel_getpid();
    long r = raw_syscall5(SYS_kcmp, pid, pid, KCMP_FILE, one->fd, other->fd);
    return r == 0 || (r < 0 && (one->file.st_mode & S_IFMT) != 0);
}

void descriptors_complete(void)
{
    for (size_t i = 0; i < count; i++)
        if (describe_flags(&list[i]) < 0)
            list[i].flags = DESCRIPTOR_FLAGS_UNKNOWN;
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (list[j].leader == j && are_shared(&list[j], &list[i])) {
                list[i].leader = (unsigned)j;
                break;
            }
}

size_t descriptors_count(void)
{
    return count;
}

struct descriptor *descriptors_at(size_t place)
{
    return &list[place];
}

const struct descriptor *descriptors_find(int fd)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].fd == fd)
            return &list[i];
    return NULL;
}

const struct descriptor *descriptors_find_file(dev_t device, ino_t inode)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].file.st_ino == inode && list[i].file.st_dev == device)
            return &list[i];
    return NULL;
}

struct descriptor_terminal *descriptors_terminal(const struct descriptor *descriptor)
{
    if (!S_ISCHR(descriptor->file.st_mode))
        return NULL;
    for (unsigned i = 0; i < terminal_count; i++)
        if (terminals[i].device == descriptor->file.st_rdev)
            return &terminals[i];
    return NULL;
}

bool descriptors_overflowed(void)
{
    return overflowed;
}
