/* SPDX-License-Identifier: MIT */
/* The table of system calls that do not always pass: see calls.h. Whoever adds a row asks what the call could
 * change outside of the replay. What is refused gets the error that a testbench is most likely to live with.
 */
#define _GNU_SOURCE
#include "sandbox/calls.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>

#include "run/notes.h"
#include "sandbox/descriptors.h"
#include "sandbox/overlay.h"
#include "sandbox/signals.h"

/* A handler, a number: nothing that parentheses would change. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define HANDLE(call, function)                                                                               \
    {                                                                                                        \
        .number = SYS_##call, .name = #call, .handler = function                                             \
    }
/* Passes where that argument is 0. */
#define HANDLE_WITH(which, call, function)                                                                   \
    {                                                                                                        \
        .number = SYS_##call, .name = #call, .handler = function, .pass = CALL_WITHOUT, .argument = which    \
    }
#define REFUSE(call, why)                                                                                    \
    {                                                                                                        \
        .number = SYS_##call, .name = #call, .error = why                                                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
/* Succeeds, and does nothing. */
#define PRETEND(call) REFUSE(call, 0)

static const struct call rows[] = {
    /* threads and processes */
    {.number = SYS_clone,
     .name = "clone",
     .handler = process_clone,
     .pass = CALL_WITH_BIT,
     .bit = CLONE_THREAD},
    HANDLE(clone3, process_clone3),
    REFUSE(execve, EACCES),
    REFUSE(execveat, EACCES),
    REFUSE(ptrace, EPERM),
    REFUSE(process_vm_writev, EPERM),
    REFUSE(process_madvise, EPERM),
    REFUSE(pidfd_getfd, EPERM),
    REFUSE(unshare, EPERM),
    REFUSE(setns, EPERM),
    HANDLE(exit_group, process_exit),
    HANDLE(prctl, process_prctl),
    HANDLE(sched_getaffinity, process_affinity),
    HANDLE(sched_setaffinity, process_affinity),
    HANDLE(sched_setscheduler, process_schedule),
    HANDLE(sched_setparam, process_schedule),
    HANDLE(sched_setattr, process_schedule),
    HANDLE(setpriority, process_priority),
    HANDLE(ioprio_set, process_priority),
    HANDLE(prlimit64, process_limit),
    HANDLE(setsid, process_session),
    HANDLE(setuid, process_rights),
    HANDLE(setgid, process_rights),
    HANDLE(setreuid, process_rights),
    HANDLE(setregid, process_rights),
    HANDLE(setresuid, process_rights),
    HANDLE(setresgid, process_rights),
    HANDLE(setfsuid, process_rights),
    HANDLE(setfsgid, process_rights),
    HANDLE(setgroups, process_rights),
    HANDLE(capset, process_rights),
    HANDLE(setpgid, process_session),
    REFUSE(migrate_pages, EPERM),
    REFUSE(move_pages, EPERM),
    /* signals */
    HANDLE(rt_sigprocmask, signals_mask),
    HANDLE(rt_sigaction, signals_action),
    HANDLE(rt_sigreturn, signals_return),
    HANDLE(rt_sigsuspend, signals_suspend),
    HANDLE_WITH(3, ppoll, signals_wait_argument_3),
    HANDLE_WITH(4, epoll_pwait, signals_wait_argument_4),
    HANDLE_WITH(5, pselect6, signals_wait_argument_5),
    HANDLE_WITH(5, io_pgetevents, signals_wait_argument_5),
    HANDLE(kill, signals_kill),
    HANDLE(tkill, signals_tkill),
    HANDLE(tgkill, signals_tgkill),
    HANDLE(rt_sigqueueinfo, signals_queue),
    HANDLE(rt_tgsigqueueinfo, signals_queue_thread),
    REFUSE(pidfd_send_signal, EPERM),
    /* descriptors */
    HANDLE(ioctl, descriptors_ioctl),
    HANDLE(fcntl, descriptors_fcntl),
    HANDLE(fchmod, descriptors_change),
    HANDLE(fchown, descriptors_change),
    HANDLE(fsetxattr, descriptors_change),
    HANDLE(fremovexattr, descriptors_change),
    PRETEND(flock),
    PRETEND(sync),
    PRETEND(syncfs),
    HANDLE_WITH(4, sendto, descriptors_send),
    HANDLE(sendmsg, descriptors_send_message),
    HANDLE(sendmmsg, descriptors_send_messages),
    REFUSE(connect, ENETUNREACH),
    REFUSE(bind, EACCES),
    REFUSE(listen, EACCES),
    /* names */
    HANDLE(openat, overlay_openat),
    HANDLE(openat2, overlay_openat2),
    HANDLE(newfstatat, overlay_newfstatat),
    HANDLE(statx, overlay_statx),
    HANDLE(faccessat, overlay_faccessat),
    HANDLE(readlinkat, overlay_readlinkat),
    HANDLE(chdir, overlay_chdir),
    HANDLE(truncate, overlay_truncate),
    HANDLE(unlinkat, overlay_unlinkat),
    HANDLE(renameat, overlay_renameat),
    HANDLE(renameat2, overlay_renameat),
    HANDLE(linkat, overlay_linkat),
    HANDLE(symlinkat, overlay_symlinkat),
    HANDLE(mkdirat, overlay_mkdirat),
    HANDLE(mknodat, overlay_mknodat),
    HANDLE(fchmodat, overlay_fchmodat),
    HANDLE(fchownat, overlay_fchownat),
    HANDLE(utimensat, overlay_utimensat),
    REFUSE(setxattr, EROFS),
    REFUSE(lsetxattr, EROFS),
    REFUSE(removexattr, EROFS),
    REFUSE(lremovexattr, EROFS),
    REFUSE(open_by_handle_at, EPERM),
    REFUSE(chroot, EPERM),
#ifdef SYS_open
    HANDLE(fork, process_clone),
    HANDLE(vfork, process_clone),
    HANDLE(open, overlay_open),
    HANDLE(creat, overlay_creat),
    HANDLE(stat, overlay_stat),
    HANDLE(lstat, overlay_lstat),
    HANDLE(access, overlay_access),
    HANDLE(readlink, overlay_readlink),
    HANDLE(unlink, overlay_unlink),
    HANDLE(rmdir, overlay_rmdir),
    HANDLE(rename, overlay_rename),
    HANDLE(link, overlay_link),
    HANDLE(symlink, overlay_symlink),
    HANDLE(mkdir, overlay_mkdir),
    HANDLE(mknod, overlay_mknod),
    HANDLE(chmod, overlay_chmod),
    HANDLE(chown, overlay_chown),
    HANDLE(lchown, overlay_chown),
    HANDLE(utime, overlay_chown),
    HANDLE(utimes, overlay_chown),
    HANDLE(futimesat, overlay_utimensat),
#endif
#ifdef SYS_faccessat2
    HANDLE(faccessat2, overlay_faccessat),
#endif
#ifdef SYS_epoll_pwait2
    HANDLE_WITH(4, epoll_pwait2, signals_wait_argument_4),
#endif
    /* what lives in the kernel, for others to find */
    REFUSE(shmget, EACCES),
    REFUSE(shmat, EACCES),
    REFUSE(shmctl, EACCES),
    REFUSE(semget, EACCES),
    REFUSE(semop, EACCES),
    REFUSE(semtimedop, EACCES),
    REFUSE(semctl, EACCES),
    REFUSE(msgget, EACCES),
    REFUSE(msgsnd, EACCES),
    REFUSE(msgrcv, EACCES),
    REFUSE(msgctl, EACCES),
    REFUSE(mq_open, EACCES),
    PRETEND(mq_unlink),
    REFUSE(mq_timedsend, EACCES),
    REFUSE(mq_timedreceive, EACCES),
    REFUSE(mq_notify, EACCES),
    REFUSE(mq_getsetattr, EACCES),
    REFUSE(add_key, EACCES),
    REFUSE(request_key, EACCES),
    REFUSE(keyctl, EACCES),
    /* system calls through memory pass by the filter */
    REFUSE(io_uring_setup, ENOSYS),
    REFUSE(io_uring_enter, ENOSYS),
    REFUSE(io_uring_register, ENOSYS),
};

const struct call *calls_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const struct call *calls_find(long number)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

/* What no row knows is of the machine's administration (mount, reboot, bpf, ...), or younger than this table.
 */
long calls_answer(struct trap *trap, uint32_t architecture)
{
    const struct call *call = architecture == trap_architecture ? calls_find(trap->number) : NULL;

    if (call == NULL) {
        notes_add("system call %ld was refused%s", trap->number,
                  architecture == trap_architecture ? "" : " (not this processor's own)");
        return -ENOSYS;
    }
    if (call->handler != NULL)
        return call->handler(trap);
    if (call->error != 0)
        notes_add("%s was refused", call->name);
    return -call->error;
}
