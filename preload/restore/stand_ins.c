/* SPDX-License-Identifier: MIT */
/* What stands for what: see stand_ins.h. */
#define _GNU_SOURCE
#include "restore/stand_ins.h"

#include <linux/kcmp.h>
#include <sys/syscall.h>

#include "base/high_number.h"
#include "base/kernel.h"

#define STAND_INS_MAX 256u

/* The second descriptor keeps the open file description alive, so that no other can be taken for it. */
static struct stand_in {
    const struct descriptor *of;
    int fd;
    dev_t device;
    ino_t inode;
} list[STAND_INS_MAX];
static unsigned count;

void stand_ins_add(const struct descriptor *descriptor)
{
    struct stat file;

    if (count == STAND_INS_MAX || kernel_fstat(descriptor->fd, &file) < 0)
        return;
    int fd = high_number_dup(descriptor->fd);
    if (fd >= 0)
        list[count++] = (struct stand_in){descriptor, fd, file.st_dev, file.st_ino};
}

/* Without kcmp the number decides, as long as the same file is behind it. */
const struct descriptor *stand_ins_find(int fd)
{
    struct stat file;

    if (count == 0 || kernel_fstat(fd, &file) < 0)
        return NULL;
    const pid_t pid = kernel_getpid();
    for (unsigned i = 0; i < count; i++) {
        if (list[i].device != file.st_dev || list[i].inode != file.st_ino)
            continue;
        long r = raw_syscall5(SYS_kcmp, pid, pid, KCMP_FILE, fd, list[i].fd);
        if (r == 0 || (r < 0 && list[i].of->fd == fd))
            return list[i].of;
    }
    return NULL;
}
