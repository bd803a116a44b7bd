/* SPDX-License-Identifier: MIT */
/* See allowed.h. */
#include "sandbox/allowed.h"

#include <sys/syscall.h>

static const short allowed[] = {
/* older ones that not every processor has, and younger ones that not every header knows */
#ifdef SYS_poll
    SYS_poll, SYS_select, SYS_epoll_wait, SYS_dup2, SYS_pipe, SYS_eventfd, SYS_epoll_create, SYS_signalfd,
    SYS_inotify_init, SYS_getdents, SYS_alarm, SYS_pause, SYS_time, SYS_getpgrp, SYS_arch_prctl,
#endif
#ifdef SYS_close_range
    SYS_close_range,
#endif
#ifdef SYS_landlock_create_ruleset
    SYS_landlock_create_ruleset, SYS_landlock_add_rule, SYS_landlock_restrict_self,
#endif
#ifdef SYS_memfd_secret
    SYS_memfd_secret,
#endif
#ifdef SYS_futex_waitv
    SYS_futex_waitv,
#endif
#ifdef SYS_set_mempolicy_home_node
    SYS_set_mempolicy_home_node,
#endif
    /* descriptors */
    SYS_read, SYS_write, SYS_close, SYS_lseek, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev, SYS_preadv,
    SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_dup, SYS_dup3, SYS_pipe2, SYS_fstat, SYS_fstatfs,
    SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_sync_file_range, SYS_readahead, SYS_fadvise64,
    SYS_sendfile, SYS_splice, SYS_tee, SYS_vmsplice, SYS_copy_file_range, SYS_getdents64, SYS_fchdir,
    SYS_fgetxattr, SYS_flistxattr, SYS_eventfd2, SYS_epoll_create1, SYS_epoll_ctl, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_timerfd_gettime, SYS_signalfd4, SYS_inotify_init1, SYS_inotify_add_watch,
    SYS_inotify_rm_watch, SYS_memfd_create, SYS_userfaultfd, SYS_io_setup, SYS_io_destroy, SYS_io_submit,
    SYS_io_cancel, SYS_io_getevents,
    /* names that are only read, and lead to no file of the replay's own */
    SYS_getcwd, SYS_statfs, SYS_getxattr, SYS_lgetxattr, SYS_listxattr, SYS_llistxattr, SYS_name_to_handle_at,
    /* sockets: what is connected is the replay's own */
    SYS_socket, SYS_socketpair, SYS_accept, SYS_accept4, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
    SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_shutdown,
    /* memory */
    SYS_mmap, SYS_mprotect, SYS_munmap, SYS_brk, SYS_mremap, SYS_msync, SYS_mincore, SYS_madvise, SYS_mlock,
    SYS_mlock2, SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_remap_file_pages, SYS_mbind, SYS_set_mempolicy,
    SYS_get_mempolicy, SYS_membarrier, SYS_pkey_mprotect, SYS_pkey_alloc, SYS_pkey_free, SYS_shmdt,
    SYS_process_vm_readv,
    /* threads and signals of this process */
    SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_set_tid_address, SYS_gettid, SYS_rseq,
    SYS_sched_yield, SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_get_priority_max,
    SYS_sched_get_priority_min, SYS_sched_rr_get_interval, SYS_sched_getattr, SYS_rt_sigpending,
    SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall, SYS_exit, SYS_getitimer, SYS_setitimer,
    SYS_timer_create, SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete, SYS_wait4,
    SYS_waitid,
    /* time */
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_times,
    /* facts about this process and the machine */
    SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid,
    SYS_getgroups, SYS_getpgid, SYS_getsid, SYS_getpriority, SYS_ioprio_get, SYS_getrlimit, SYS_getrusage,
    SYS_capget, SYS_uname, SYS_sysinfo, SYS_getcpu, SYS_getrandom, SYS_kcmp, SYS_pidfd_open, SYS_personality,
    SYS_perf_event_open,
    /* rights of this process */
    SYS_umask, SYS_seccomp};

const short *allowed_numbers(size_t *count)
{
    *count = sizeof allowed / sizeof *allowed;
    return allowed;
}
