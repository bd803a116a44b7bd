/* SPDX-License-Identifier: MIT */
/* The system calls that we make most, with types: a wrong pointer is the compiler's to find. Each returns the
 * result or -errno, is async-signal-safe and leaves errno alone. The others: see raw_syscall.h. Sets of
 * signals are the kernel's, 64 bits; a set, a place or a time that is NULL is left out as in the manual. */
#ifndef LIGHTSSS_PRELOAD_BASE_KERNEL_H
#define LIGHTSSS_PRELOAD_BASE_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

#include "base/raw_syscall.h"

/* --- files --- */

static inline int kernel_openat(int directory, const char *path, int flags, mode_t mode)
{
    return (int)raw_syscall4(SYS_openat, directory, path, flags, mode);
}

static inline int kernel_open(const char *path, int flags)
{
    return kernel_openat(AT_FDCWD, path, flags, 0);
}

/* One that is below 0 was never opened. */
static inline int kernel_close(int fd)
{
    return fd < 0 ? fd : (int)raw_syscall1(SYS_close, fd);
}

/* All from the one to the other. Returns 0 or -errno; -ENOSYS: the kernel has no such call. */
static inline int kernel_close_range(unsigned first, unsigned last)
{
#ifdef SYS_close_range
    return (int)raw_syscall3(SYS_close_range, first, last, 0);
#else
    (void)first;
    (void)last;
    return -ENOSYS;
#endif
}

static inline long kernel_read(int fd, void *to, size_t size)
{
    return raw_syscall3(SYS_read, fd, to, size);
}

static inline long kernel_write(int fd, const void *from, size_t size)
{
    return raw_syscall3(SYS_write, fd, from, size);
}

static inline long kernel_pread(int fd, void *to, size_t size, off_t at)
{
    return raw_syscall4(SYS_pread64, fd, to, size, at);
}

static inline long kernel_pwrite(int fd, const void *from, size_t size, off_t at)
{
    return raw_syscall4(SYS_pwrite64, fd, from, size, at);
}

static inline off_t kernel_lseek(int fd, off_t offset, int whence)
{
    return raw_syscall3(SYS_lseek, fd, offset, whence);
}

static inline int kernel_ftruncate(int fd, off_t size)
{
    return (int)raw_syscall2(SYS_ftruncate, fd, size);
}

static inline int kernel_fstat(int fd, struct stat *status)
{
    return (int)raw_syscall2(SYS_fstat, fd, status);
}

static inline int kernel_fstatat(int directory, const char *path, struct stat *status, int flags)
{
    return (int)raw_syscall4(SYS_newfstatat, directory, path, status, flags);
}

static inline int kernel_stat(const char *path, struct stat *status)
{
    return kernel_fstatat(AT_FDCWD, path, status, 0);
}

static inline int kernel_fchmod(int fd, mode_t mode)
{
    return (int)raw_syscall2(SYS_fchmod, fd, mode);
}

static inline int kernel_access(const char *path, int mode)
{
    return (int)raw_syscall3(SYS_faccessat, AT_FDCWD, path, mode);
}

static inline int kernel_unlinkat(int directory, const char *name, int flags)
{
    return (int)raw_syscall3(SYS_unlinkat, directory, name, flags);
}

/* Its length; a NUL is behind it, and what does not fit is cut. */
static inline long kernel_readlink(const char *path, char *to, size_t size)
{
    const long length = raw_syscall4(SYS_readlinkat, AT_FDCWD, path, to, size - 1);

    to[length < 0 ? 0 : length] = '\0';
    return length;
}

static inline int kernel_fcntl(int fd, int command, long argument)
{
    return (int)raw_syscall3(SYS_fcntl, fd, command, argument);
}

static inline int kernel_dup3(int from, int to, int flags)
{
    return (int)raw_syscall3(SYS_dup3, from, to, flags);
}

static inline int kernel_ioctl(int fd, unsigned long command, void *argument)
{
    return (int)raw_syscall3(SYS_ioctl, fd, command, argument);
}

static inline int kernel_memfd_create(const char *name, unsigned flags)
{
    return (int)raw_syscall2(SYS_memfd_create, name, flags);
}

/* --- memory --- */

/* The address or -errno. */
static inline long kernel_mmap(void *place, size_t size, int protection, int flags, int fd, off_t at)
{
    return raw_syscall6(SYS_mmap, place, size, protection, flags, fd, at);
}

static inline int kernel_munmap(void *start, size_t size)
{
    return (int)raw_syscall2(SYS_munmap, start, size);
}

static inline int kernel_mprotect(void *start, size_t size, int protection)
{
    return (int)raw_syscall3(SYS_mprotect, start, size, protection);
}

static inline int kernel_madvise(void *start, size_t size, int advice)
{
    return (int)raw_syscall3(SYS_madvise, start, size, advice);
}

/* --- time --- */

static inline struct timespec kernel_timespec(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

static inline int kernel_sleep(uint64_t ns)
{
    const struct timespec time = kernel_timespec(ns);

    return (int)raw_syscall2(SYS_nanosleep, &time, NULL);
}

/* FUTEX_WAIT or FUTEX_WAKE; without FUTEX_PRIVATE_FLAG for a word that copies of this process have as well.
 * most_ns: 0 is for ever. */
static inline int kernel_futex(void *word, int call, uint32_t value, uint64_t most_ns)
{
    const struct timespec most = kernel_timespec(most_ns);

    return (int)raw_syscall4(SYS_futex, word, call, value, most_ns == 0 ? NULL : &most);
}

static inline int kernel_futex_wait(void *word, uint32_t value, uint64_t most_ns)
{
    return kernel_futex(word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, most_ns);
}

static inline int kernel_futex_wake(void *word, int count)
{
    return kernel_futex(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, (uint32_t)count, 0);
}

static inline int kernel_ppoll(struct pollfd *fds, unsigned count, const struct timespec *time)
{
    return (int)raw_syscall5(SYS_ppoll, fds, count, time, NULL, 0);
}

/* A timer that sends this signal to the calling thread. Returns its number or -errno. */
static inline int kernel_timer_create(int signal)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal};
    int timer;

    event._sigev_un._tid = (pid_t)raw_syscall0(SYS_gettid);
    const int r = (int)raw_syscall3(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
    return r < 0 ? r : timer;
}

/* From now on, and each time so long after; 0: never. */
static inline int kernel_timer_tick(int timer, uint64_t ns)
{
    const struct itimerspec ticks = {kernel_timespec(ns), kernel_timespec(ns)};

    return (int)raw_syscall4(SYS_timer_settime, timer, 0, &ticks, NULL);
}

/* --- processes --- */

static inline pid_t kernel_getpid(void)
{
    return (pid_t)raw_syscall0(SYS_getpid);
}

static inline pid_t kernel_getppid(void)
{
    return (pid_t)raw_syscall0(SYS_getppid);
}

static inline pid_t kernel_gettid(void)
{
    return (pid_t)raw_syscall0(SYS_gettid);
}

static inline uid_t kernel_getuid(void)
{
    return (uid_t)raw_syscall0(SYS_getuid);
}

static inline uid_t kernel_geteuid(void)
{
    return (uid_t)raw_syscall0(SYS_geteuid);
}

static inline int kernel_pidfd_open(pid_t pid)
{
    return (int)raw_syscall2(SYS_pidfd_open, pid, 0);
}

static inline int kernel_getrlimit(int resource, struct rlimit *limit)
{
    return (int)raw_syscall4(SYS_prlimit64, 0, resource, NULL, limit);
}

static inline int kernel_setrlimit(int resource, const struct rlimit *limit)
{
    return (int)raw_syscall4(SYS_prlimit64, 0, resource, limit, NULL);
}

static inline int kernel_getrusage(int who, struct rusage *usage)
{
    return (int)raw_syscall2(SYS_getrusage, who, usage);
}

static inline void kernel_sched_yield(void)
{
    raw_syscall0(SYS_sched_yield);
}

/* Of this thread. Returns 0 or -errno, with nothing set. */
static inline int kernel_capget(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        data[i] = (struct __user_cap_data_struct){0};
    return (int)raw_syscall2(SYS_capget, &header, data);
}

/* Without handlers of exit() and of threads. */
static inline _Noreturn void kernel_exit_group(int status)
{
    for (;;)
        raw_syscall1(SYS_exit_group, status);
}

/* --- signals --- */

/* The kernel's action; flags hold KERNEL_SA_RESTORER where there is a restorer. */
struct kernel_action {
    void *handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

#define KERNEL_SA_RESTORER 0x04000000ul

static inline int kernel_sigaction(int signal, const struct kernel_action *action,
                                   struct kernel_action *before)
{
    return (int)raw_syscall4(SYS_rt_sigaction, signal, action, before, sizeof(uint64_t));
}

static inline int kernel_sigprocmask(int how, const uint64_t *set, uint64_t *before)
{
    return (int)raw_syscall4(SYS_rt_sigprocmask, how, set, before, sizeof *set);
}

static inline uint64_t kernel_sigpending(void)
{
    uint64_t pending = 0;

    raw_syscall2(SYS_rt_sigpending, &pending, sizeof pending);
    return pending;
}

/* Takes one of these that is pending; does not wait. Returns its number or -EAGAIN. */
static inline int kernel_sigtake(const uint64_t *set, siginfo_t *info)
{
    const struct timespec now = {0, 0};

    return (int)raw_syscall4(SYS_rt_sigtimedwait, set, info, &now, sizeof *set);
}

static inline int kernel_kill(pid_t pid, int signal)
{
    return (int)raw_syscall2(SYS_kill, pid, signal);
}

static inline int kernel_tgkill(pid_t pid, pid_t tid, int signal)
{
    return (int)raw_syscall3(SYS_tgkill, pid, tid, signal);
}

static inline int kernel_tgsigqueueinfo(pid_t pid, pid_t tid, int signal, const siginfo_t *info)
{
    return (int)raw_syscall4(SYS_rt_tgsigqueueinfo, pid, tid, signal, info);
}

/* Of this thread itself. */
static inline int kernel_queue(int signal, const siginfo_t *info)
{
    return kernel_tgsigqueueinfo(kernel_getpid(), kernel_gettid(), signal, info);
}

#endif
