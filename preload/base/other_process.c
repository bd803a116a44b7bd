/* SPDX-License-Identifier: MIT */
/* Waiting for a process that replays: see other_process.h. */
#define _GNU_SOURCE
#include "base/other_process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/procfs.h"
#include "base/text.h"

#define TICK_NS    (SECOND_NS / 5)
#define NO_FD_NS   (SECOND_NS / 100)
#define REFUSED_NS (SECOND_NS / 100)

#define THREADS_FIELD 17 /* of procfs_stat(): how many there are */

uint64_t other_process_tick_ns(int pidfd)
{
    return pidfd < 0 ? NO_FD_NS : TICK_NS;
}

/* What the kernel tells of a child, without /proc. Returns false where it is none. */
static bool look_at_child(pid_t pid, int what, bool *is_so)
{
    siginfo_t info = {.si_pid = 0};

    if (raw_syscall5(SYS_waitid, P_PID, pid, &info, what | WNOHANG | __WALL, 0) < 0)
        return false;
    *is_so = info.si_pid != 0;
    return true;
}

bool other_process_is_live_child(pid_t pid)
{
    bool is_over;

    return look_at_child(pid, WEXITED | WNOWAIT, &is_over) && !is_over;
}

/* Its first thread may have ended, and others go on: those of a snapshot are not what they were in the
 * original. */
static bool has_other_threads(const char *stat)
{
    const char *threads = procfs_stat_field(stat, THREADS_FIELD);

    return threads != NULL && strtol(threads, NULL, 10) > 1;
}

bool other_process_is_over(pid_t pid)
{
    char buffer[PROCFS_STAT_SIZE];
    bool is_over;

    if (look_at_child(pid, WEXITED | WNOWAIT, &is_over))
        return is_over;
    const char *stat = procfs_stat(pid, buffer);

    /* 'X': it is being reaped. Then it is gone at once, and so the number is asked for last. */
    if (stat != NULL && (*stat == 'Z' || *stat == 'X'))
        return !has_other_threads(stat);
    return kernel_kill(pid, 0) == -ESRCH;
}

struct thread_seen {
    const char *tasks;
    char state;
};

static int see_thread(int listed, void *context)
{
    struct thread_seen *seen = context;
    char buffer[PROCFS_STAT_SIZE];
    const char *stat = procfs_stat_listed(seen->tasks, listed, buffer);
    bool is_alive = stat != NULL && *stat != 'Z' && *stat != 'X';

    if (is_alive)
        seen->state = *stat;
    return is_alive;
}

char other_process_state(pid_t pid)
{
    char tasks[32];
    struct thread_seen seen = {tasks, procfs_state(pid)};

    if (seen.state != 'Z')
        return seen.state;
    text_print(tasks, sizeof tasks, "/proc/%d/task",
               procfs_is_foreign() ? procfs_number_of_process(pid) : pid);
    procfs_each(tasks, see_thread, &seen);
    return seen.state;
}

void other_process_continue(pid_t pid)
{
    bool is_stopped;

    if (!look_at_child(pid, WSTOPPED | WNOWAIT, &is_stopped))
        is_stopped = other_process_state(pid) == 'T';
    if (is_stopped)
        kernel_kill(pid, SIGCONT);
}

/* Where the kernel refuses even that, this must not become a busy loop. */
bool other_process_poll(struct pollfd *fds, unsigned count, uint64_t patience_ns)
{
    const struct timespec patience = kernel_timespec(patience_ns);

    for (unsigned i = 0; i < count; i++)
        fds[i].revents = 0;
    long r = kernel_ppoll(fds, count, &patience);
    if (r < 0 && r != -EINTR)
        kernel_sleep(REFUSED_NS);
    return r > 0;
}

bool other_process_await(int pidfd, pid_t pid, uint64_t patience_ns)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    uint64_t start_ns = clock_ns(), passed_ns = 0, tick_ns = other_process_tick_ns(pidfd);

    while (
        !other_process_poll(&end, 1, tick_ns < patience_ns - passed_ns ? tick_ns : patience_ns - passed_ns)) {
        if (other_process_is_over(pid))
            return true;
        other_process_continue(pid);
        passed_ns = clock_ns() - start_ns;
        if (passed_ns >= patience_ns)
            return false;
    }
    return true;
}

bool other_process_ends(pid_t pid, uint64_t patience_ns)
{
    int pidfd = kernel_pidfd_open(pid);
    bool is_over = other_process_await(pidfd, pid, patience_ns);

    kernel_close(pidfd);
    return is_over;
}

pid_t other_process_reap(pid_t pid, int *status, struct rusage *usage)
{
    long r;

    while ((r = raw_syscall4(SYS_wait4, pid, status, __WALL | WNOHANG, usage)) == -EINTR)
        continue;
    return (pid_t)r;
}
