/* SPDX-License-Identifier: MIT */
/* The calls that can be made to fail: those of the library, but for the ones that end the process and those
 * that cannot fail. */
#define _GNU_SOURCE
#include "inject.h"

#include <assert.h>
#include <stddef.h>
#include <sys/syscall.h>

#define CALL(name)                                                                                           \
    {                                                                                                        \
#name, SYS_##name                                                                                    \
    }

const struct inject_call inject_calls[] = {
    CALL(clone),
    CALL(memfd_create),
    CALL(mmap),
    CALL(mremap),
    CALL(munmap),
    CALL(mprotect),
    CALL(madvise),
    CALL(futex),
    CALL(openat),
    CALL(read),
    CALL(pread64),
    CALL(write),
    CALL(pwrite64),
    CALL(writev),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(lseek),
    CALL(newfstatat),
    CALL(fstat),
    CALL(mkdirat),
    CALL(renameat2),
    CALL(unlinkat),
    CALL(readlinkat),
    CALL(getdents64),
    CALL(prctl),
    CALL(seccomp),
    CALL(pidfd_open),
    CALL(signalfd4),
    CALL(ppoll),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(rt_sigtimedwait),
    CALL(rt_tgsigqueueinfo),
    CALL(tgkill),
    CALL(wait4),
    CALL(waitid),
    CALL(kill),
    CALL(prlimit64),
    CALL(dup),
    CALL(dup3),
    CALL(fcntl),
    CALL(close_range),
    CALL(copy_file_range),
    CALL(socketpair),
    CALL(sigaltstack),
    CALL(process_vm_readv),
    CALL(rseq),
    CALL(set_robust_list),
    CALL(get_robust_list),
    CALL(setpgid),
    CALL(timer_create),
    CALL(landlock_create_ruleset),
    CALL(landlock_add_rule),
    CALL(landlock_restrict_self),
    CALL(sched_setaffinity),
    CALL(ioctl),
    CALL(kcmp),
    CALL(fstatfs),
    CALL(fchmod),
    CALL(faccessat),
    CALL(statx),
    CALL(close),
#define INJECT(type, name, parameters, arguments, failure) {"libc's " #name, INJECT_LIBC + INJECT_##name},
#include "inject_libc.def"
#undef INJECT
    {NULL, 0},
};

static_assert(sizeof inject_calls / sizeof *inject_calls <= INJECT_CALLS_MAX, "room for the counts");
