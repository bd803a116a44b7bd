/* SPDX-License-Identifier: MIT */
/* What the programs of the process tests call, and an older glibc has no function for. Put before each source
 * of them where they are compiled for such a release (test_roots.py), with hooks/floor/error_words.c beside
 * them.
 */
#ifndef LIGHTSSS_TESTS_PACKAGE_OLDER_H
#define LIGHTSSS_TESTS_PACKAGE_OLDER_H

#include <features.h>

#if !__GLIBC_PREREQ(2, 35)
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range __NR_close_range
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 __NR_epoll_pwait2
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv __NR_futex_waitv
#endif

const char *strerrorname_np(int error);
const char *strerrordesc_np(int error);

static inline int epoll_pwait2(int fd, struct epoll_event *events, int most, const struct timespec *limit,
                               const sigset_t *mask)
{
    return (int)syscall(SYS_epoll_pwait2, fd, events, most, limit, mask, _NSIG / 8);
}

struct dl_find_object {
    struct link_map *dlfo_link_map;
};

static inline int _dl_find_object(void *address, struct dl_find_object *object)
{
    Dl_info facts;

    return dladdr1(address, &facts, (void **)&object->dlfo_link_map, RTLD_DL_LINKMAP) != 0 ? 0 : -1;
}
#endif

#if !__GLIBC_PREREQ(2, 33)
#include <stddef.h>

/* mallinfo() by another name: <malloc.h> would bring in what sources declare themselves. */
struct older_mallinfo {
    int arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};
struct older_mallinfo older_mallinfo(void) __asm__("mallinfo");

struct mallinfo2 {
    size_t arena, ordblks, smblks, hblks, hblkhd, fsmblks, uordblks, fordblks, keepcost;
};

static inline struct mallinfo2 mallinfo2(void)
{
    const struct older_mallinfo info = older_mallinfo();

    return (struct mallinfo2){
        (unsigned)info.arena,    (unsigned)info.ordblks,  (unsigned)info.smblks,
        (unsigned)info.hblks,    (unsigned)info.hblkhd,   (unsigned)info.fsmblks,
        (unsigned)info.uordblks, (unsigned)info.fordblks, (unsigned)info.keepcost,
    };
}
#endif

#if !__GLIBC_PREREQ(2, 34)
#include <sys/wait.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset __NR_landlock_create_ruleset
#define SYS_landlock_add_rule       __NR_landlock_add_rule
#define SYS_landlock_restrict_self  __NR_landlock_restrict_self
#endif

static inline int execveat(int directory, const char *path, char *const arguments[],
                           char *const environment[], int flags)
{
    return (int)syscall(SYS_execveat, directory, path, arguments, environment, flags);
}

#define P_PIDFD ((idtype_t)3)

static inline int close_range(unsigned first, unsigned last, int flags)
{
    return (int)syscall(SYS_close_range, first, last, flags);
}
#endif

#endif
