/* SPDX-License-Identifier: MIT */
/* Kernel objects behind descriptors that are no files: eventfd, timerfd, signalfd, epoll, inotify. A copy
 * shares them with the original until it has objects of its own, made after what the kernel told of them at
 * the snapshot. Raw system calls only. */
#ifndef LIGHTSSS_PRELOAD_RESTORE_ANON_INODES_H
#define LIGHTSSS_PRELOAD_RESTORE_ANON_INODES_H

#include "snapshot/descriptors.h"

/* A new object like this one. Returns a descriptor, -ENOTSUP where a replay cannot have one (it would take
 * from the original), -EEXIST where the original's own does no harm, or another -errno. */
int anon_inode_create(const struct descriptor *descriptor);

/* Puts into it what refers to other descriptors: call when these are in their places. */
void anon_inode_connect(const struct descriptor *descriptor);

/* At the wake: a timer has as long to go as at the snapshot. */
void anon_inode_rearm(const struct descriptor *descriptor);

#endif
