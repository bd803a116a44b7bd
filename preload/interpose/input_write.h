/* SPDX-License-Identifier: MIT */
/* What comes of writing to pipes, sockets and devices other than stdout and stderr: recorded and fed. In a
 * replay nothing is written to them. */
#ifndef LIGHTSSS_PRELOAD_INTERPOSE_INPUT_WRITE_H
#define LIGHTSSS_PRELOAD_INTERPOSE_INPUT_WRITE_H

#include <sys/types.h>
#include <sys/uio.h>

/* For the handlers of write() and writev(), in place of calling libc's, which they are told. */
ssize_t input_write(int fd, const void *bytes, size_t size, ssize_t (*libc)(int, const void *, size_t));
ssize_t input_writev(int fd, const struct iovec *parts, int count,
                     ssize_t (*libc)(int, const struct iovec *, int));

/* The part of the list that comes after so many bytes, up to the end of one element; of no bytes at its end.
 */
struct iovec input_write_part_after(const struct iovec *parts, size_t count, size_t written);

#endif
