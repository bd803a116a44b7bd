/* SPDX-License-Identifier: MIT */
/* The table of system calls that do not always pass: see call_table.h. Whoever adds a row asks what the call
 * could change outside of the replay. What is refused gets the error that a testbench is most likely to live
 * with.
 */
#define _GNU_SOURCE
#include "sandbox/call_table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>

#include "run/notes.h"
#include "sandbox/open_files.h"
#include "sandbox/overlay.h"
#include "sandbox/place.h"
#include "sandbox/process.h"
#include "sandbox/signals.h"
#include "sandbox/trap_processor.h"

/* Names of functions, numbers: nothing that parentheses would change. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define ROW(call, ...)                                                                                       \
    {                                                                                                        \
        .number = SYS_##call, .name = #call, __VA_ARGS__                                                     \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define ANSWER(call, function) ROW(call, .answer = (function))
/* About this argument. */
#define ABOUT(which, call, function) ROW(call, .answer = (function), .argument = (which))
/* Passes where that argument is 0. */
#define UNLESS(which, call, function)                                                                        \
    ROW(call, .answer = (function), .argument = (which), .pass = CALL_WITHOUT)
#define REFUSE(call, why) ROW(call, .error = (why))
/* Succeeds, and does nothing. */
#define PRETEND(call)        REFUSE(call, 0)
#define NAME(call, function) ROW(call, .answer = (function), .is_name = true)
/* An older call: arguments of the newer one, each a constant or one of the older one's. */
#define AS(call, function, ...)                                                                              \
    ROW(call, .answer = (function), .is_name = true, .as = (const int[TRAP_ARGUMENTS]){__VA_ARGS__})
#define FIRST  (INT_MAX - TRAP_ARGUMENTS)
#define SECOND (FIRST + 1)
#define THIRD  (FIRST + 2)
#define FOURTH (FIRST + 3)

static const struct call rows[] = {
    /* threads and processes */
    ROW(clone, .answer = process_clone, .pass = CALL_WITH_BIT, .bit = CLONE_THREAD),
    ANSWER(clone3, process_clone3),
    REFUSE(execve, EACCES),
    REFUSE(execveat, EACCES),
    REFUSE(ptrace, EPERM),
    REFUSE(process_vm_writev, EPERM),
    REFUSE(process_madvise, EPERM),
    REFUSE(pidfd_getfd, EPERM),
    REFUSE(unshare, EPERM),
    REFUSE(setns, EPERM),
    ANSWER(exit_group, process_exit),
    ANSWER(prctl, process_prctl),
    ANSWER(sched_getaffinity, process_affinity),
    ANSWER(sched_setaffinity, process_affinity),
    ANSWER(sched_setscheduler, process_about),
    ANSWER(sched_setparam, process_about),
    ANSWER(sched_setattr, process_about),
    ABOUT(1, setpriority, process_priority),
    ABOUT(1, ioprio_set, process_priority),
    ANSWER(prlimit64, process_resources),
    ANSWER(setsid, process_session),
    ANSWER(setuid, process_rights),
    ANSWER(setgid, process_rights),
    ANSWER(setreuid, process_rights),
    ANSWER(setregid, process_rights),
    ANSWER(setresuid, process_rights),
    ANSWER(setresgid, process_rights),
    ANSWER(setfsuid, process_rights),
    ANSWER(setfsgid, process_rights),
    ANSWER(setgroups, process_rights),
    ANSWER(capset, process_rights),
    ANSWER(setpgid, process_session),
    REFUSE(migrate_pages, EPERM),
    REFUSE(move_pages, EPERM),
    /* signals */
    ANSWER(rt_sigprocmask, signals_mask),
    ANSWER(rt_sigaction, signals_action),
    ANSWER(rt_sigreturn, signals_return),
    ANSWER(rt_sigsuspend, signals_wait),
    UNLESS(3, ppoll, signals_wait),
    UNLESS(4, epoll_pwait, signals_wait),
    UNLESS(5, pselect6, signals_wait_behind),
    UNLESS(5, io_pgetevents, signals_wait_behind),
    ANSWER(kill, signals_kill),
    ANSWER(tkill, signals_tkill),
    ANSWER(tgkill, signals_tgkill),
    ANSWER(rt_sigqueueinfo, signals_queue),
    ANSWER(rt_tgsigqueueinfo, signals_queue),
    REFUSE(pidfd_send_signal, EPERM),
    /* descriptors */
    ANSWER(ioctl, open_files_ioctl),
    ANSWER(fcntl, open_files_fcntl),
    ANSWER(fchmod, open_files_change),
    ANSWER(fchown, open_files_change),
    ANSWER(fsetxattr, open_files_change),
    ANSWER(fremovexattr, open_files_change),
    PRETEND(flock),
    PRETEND(sync),
    PRETEND(syncfs),
    UNLESS(4, sendto, open_files_send),
    ANSWER(sendmsg, open_files_send_message),
    ANSWER(sendmmsg, open_files_send_messages),
    REFUSE(connect, ENETUNREACH),
    REFUSE(bind, EACCES),
    REFUSE(listen, EACCES),
    /* names */
    NAME(openat, overlay_openat),
    NAME(openat2, overlay_openat2),
    NAME(newfstatat, overlay_newfstatat),
    NAME(statx, overlay_statx),
    AS(faccessat, overlay_faccessat2, FIRST, SECOND, THIRD, 0),
    NAME(readlinkat, overlay_readlinkat),
    NAME(chdir, overlay_chdir),
    NAME(truncate, overlay_truncate),
    NAME(unlinkat, overlay_unlinkat),
    AS(renameat, overlay_renameat2, FIRST, SECOND, THIRD, FOURTH, 0),
    NAME(renameat2, overlay_renameat2),
    NAME(linkat, overlay_linkat),
    NAME(symlinkat, overlay_symlinkat),
    NAME(mkdirat, overlay_mkdirat),
    NAME(mknodat, overlay_mknodat),
    NAME(fchmodat, overlay_fchmodat),
    NAME(fchownat, overlay_fchownat),
    NAME(utimensat, overlay_utimensat),
    REFUSE(setxattr, EROFS),
    REFUSE(lsetxattr, EROFS),
    REFUSE(removexattr, EROFS),
    REFUSE(lremovexattr, EROFS),
    REFUSE(open_by_handle_at, EPERM),
    REFUSE(chroot, EPERM),
#ifdef SYS_open
    ANSWER(fork, process_clone),
    ANSWER(vfork, process_clone),
    AS(open, overlay_openat, AT_FDCWD, FIRST, SECOND, THIRD),
    AS(creat, overlay_openat, AT_FDCWD, FIRST, O_CREAT | O_WRONLY | O_TRUNC, SECOND),
    AS(stat, overlay_newfstatat, AT_FDCWD, FIRST, SECOND, 0),
    AS(lstat, overlay_newfstatat, AT_FDCWD, FIRST, SECOND, AT_SYMLINK_NOFOLLOW),
    AS(access, overlay_faccessat2, AT_FDCWD, FIRST, SECOND, 0),
    AS(readlink, overlay_readlinkat, AT_FDCWD, FIRST, SECOND, THIRD),
    AS(unlink, overlay_unlinkat, AT_FDCWD, FIRST, 0),
    AS(rmdir, overlay_unlinkat, AT_FDCWD, FIRST, AT_REMOVEDIR),
    AS(rename, overlay_renameat2, AT_FDCWD, FIRST, AT_FDCWD, SECOND, 0),
    AS(link, overlay_linkat, AT_FDCWD, FIRST, AT_FDCWD, SECOND, 0),
    AS(symlink, overlay_symlinkat, FIRST, AT_FDCWD, SECOND),
    AS(mkdir, overlay_mkdirat, AT_FDCWD, FIRST, SECOND),
    AS(mknod, overlay_mknodat, AT_FDCWD, FIRST, SECOND, THIRD),
    AS(chmod, overlay_fchmodat, AT_FDCWD, FIRST, SECOND),
    AS(chown, overlay_fchownat, AT_FDCWD, FIRST, SECOND, THIRD, 0),
    AS(lchown, overlay_fchownat, AT_FDCWD, FIRST, SECOND, THIRD, AT_SYMLINK_NOFOLLOW),
    AS(utime, overlay_utimensat, AT_FDCWD, FIRST, SECOND, 0),
    AS(utimes, overlay_utimensat, AT_FDCWD, FIRST, SECOND, 0),
    AS(futimesat, overlay_utimensat, FIRST, SECOND, THIRD, 0),
#endif
#ifdef SYS_faccessat2
    NAME(faccessat2, overlay_faccessat2),
#endif
#ifdef SYS_epoll_pwait2
    UNLESS(4, epoll_pwait2, signals_wait),
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

const struct call *call_table_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

/* What no row knows is of the machine's administration (mount, reboot, bpf, ...), or younger than this table.
 */
static const struct call *find(long number)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

static void put_arguments(struct trap *trap, const int *as)
{
    const struct trap given = *trap;

    for (int i = 0; i < TRAP_ARGUMENTS; i++)
        trap->argument[i] = as[i] >= FIRST ? given.argument[as[i] - FIRST] : as[i];
}

static long answer_name(const struct call *call, struct trap *trap)
{
    if (call->as != NULL)
        put_arguments(trap, call->as);
    place_lock();
    long result = call->answer(trap);
    place_unlock();
    return result;
}

long call_table_answer(struct trap *trap, uint32_t architecture)
{
    const struct call *call = architecture == trap_architecture ? find(trap->number) : NULL;

    if (call == NULL) {
        notes_add("system call %ld was refused%s", trap->number,
                  architecture == trap_architecture ? "" : " (not this processor's own)");
        return -ENOSYS;
    }
    trap->name = call->name;
    trap->which = call->argument;
    if (call->is_name)
        return answer_name(call, trap);
    if (call->answer != NULL)
        return call->answer(trap);
    if (call->error != 0)
        notes_add("%s was refused", call->name);
    return -call->error;
}
