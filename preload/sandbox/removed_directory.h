/* SPDX-License-Identifier: MIT */
/* Descriptors of directories that a replay sees and that are not on the disk any more: they lead to the root,
 * and are known by their number. The caller holds the lock of place.h. */
#ifndef LIGHTSSS_PRELOAD_SANDBOX_REMOVED_DIRECTORY_H
#define LIGHTSSS_PRELOAD_SANDBOX_REMOVED_DIRECTORY_H

/* This new descriptor of the root stands for the directory at the path. The text stays. */
void removed_directory_opened(int fd, const char *path);

/* For which directory does it stand? NULL: for none. */
const char *removed_directory_of(int fd);

#endif
