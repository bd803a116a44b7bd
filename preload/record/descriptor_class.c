/* SPDX-License-Identifier: MIT */
/* What kind of file each descriptor is: see descriptor_class.h. */
#define _GNU_SOURCE
#include "record/descriptor_class.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/kernel.h"
#include "base/memory_device.h"
#include "base/procfs.h"
#include "snapshot/descriptors.h"

uint8_t descriptor_class_list[DESCRIPTOR_CLASSES];
uint32_t descriptor_class_names[DESCRIPTOR_CLASSES];

static enum descriptor_class class_of_device(const struct stat *file)
{
    const struct memory_device *device = memory_device_find(file->st_rdev);

    return device != NULL && device->answers_same ? DESCRIPTOR_FILE : DESCRIPTOR_DEVICE;
}

static enum descriptor_class class_of(const struct stat *file)
{
    switch (file->st_mode & S_IFMT) {
    case S_IFCHR:
        return class_of_device(file);
    case S_IFIFO:
        return DESCRIPTOR_PIPE;
    case S_IFSOCK:
        return DESCRIPTOR_SOCKET;
    case 0:
        return DESCRIPTOR_KERNEL;
    default:
        return DESCRIPTOR_FILE;
    }
}

enum descriptor_class descriptor_class_learn(int fd)
{
    struct stat file;

    if (kernel_fstat(fd, &file) < 0)
        return DESCRIPTOR_FILE;
    enum descriptor_class class = class_of(&file);
    if ((unsigned)fd < DESCRIPTOR_CLASSES)
        descriptor_class_list[fd] = (uint8_t) class;
    return class;
}

static int learn_one(int fd, void *unused)
{
    (void)unused;
    descriptor_class(fd);
    return 0;
}

/* The snapshot has just taken them down: to list them once more would take longer than all the rest. */
void descriptor_class_learn_all(void)
{
    for (size_t i = 0; i < descriptors_count(); i++)
        learn_one(descriptors_at(i)->fd, NULL);
    if (descriptors_overflowed())
        procfs_descriptors(learn_one, NULL);
}

void descriptor_class_stand_in(int fd, enum descriptor_class class, bool close_on_exec)
{
    int null = kernel_open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null >= 0 && null != fd) {
        kernel_dup3(null, fd, close_on_exec ? O_CLOEXEC : 0);
        kernel_close(null);
    } else if (null == fd && !close_on_exec) {
        kernel_fcntl(fd, F_SETFD, 0);
    }
    descriptor_class_set(fd, class);
}
