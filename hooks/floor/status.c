/* SPDX-License-Identifier: MIT */
/* stat() and its kin, which libc exports since 2.33, by the functions that it has had since its beginning. As
 * they have libc's names, the library's and the command's calls end here, and need no newer libc. */
#include <fcntl.h>
#include <sys/stat.h>

#define KERNEL 0 /* the structure is the kernel's, which is libc's own on every processor of 64 bits */

int __xstat64(int version, const char *path, struct stat64 *status);
int __lxstat64(int version, const char *path, struct stat64 *status);
int __fxstat64(int version, int fd, struct stat64 *status);
int __fxstatat64(int version, int directory, const char *path, struct stat64 *status, int flags);

int stat64(const char *restrict path, struct stat64 *restrict status)
{
    return __xstat64(KERNEL, path, status);
}

int lstat64(const char *restrict path, struct stat64 *restrict status)
{
    return __lxstat64(KERNEL, path, status);
}

int fstat64(int fd, struct stat64 *status)
{
    return __fxstat64(KERNEL, fd, status);
}

int fstatat64(int directory, const char *restrict path, struct stat64 *restrict status, int flags)
{
    return __fxstatat64(KERNEL, directory, path, status, flags);
}

/* By the name that archives know which are linked into the command; here it is another one of fstat64(). */
int status_of_archives(int fd, struct stat64 *status) __asm__("fstat");

int status_of_archives(int fd, struct stat64 *status)
{
    return __fxstat64(KERNEL, fd, status);
}
