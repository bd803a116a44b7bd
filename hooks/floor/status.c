/* SPDX-License-Identifier: MIT */
/* stat() and its kin, which libc exports since 2.33. As they have libc's names, the library's and the
 * command's calls end here, and need no newer libc. They ask the kernel: what libc had before, such as
 * __fxstat(), other libraries stand in front of (libfaketime), and those must not be at work inside of ours.
 */
#include "status_processor.h"

#include <errno.h>
#include <fcntl.h>

static int told(long result)
{
    if (result == 0)
        return 0;
    errno = (int)-result;
    return -1;
}

int stat64(const char *restrict path, struct stat64 *restrict status)
{
    return told(status_ask(AT_FDCWD, path, status, 0));
}

int lstat64(const char *restrict path, struct stat64 *restrict status)
{
    return told(status_ask(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW));
}

int fstat64(int fd, struct stat64 *status)
{
    return told(status_ask_descriptor(fd, status));
}

int fstatat64(int directory, const char *restrict path, struct stat64 *restrict status, int flags)
{
    return told(status_ask(directory, path, status, flags));
}

/* By the name that archives know which are linked into the command; here it is another one of fstat64(). */
int status_of_archives(int fd, struct stat64 *status) __asm__("fstat");

int status_of_archives(int fd, struct stat64 *status)
{
    return fstat64(fd, status);
}
