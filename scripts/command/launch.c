/* SPDX-License-Identifier: MIT */
/* Waits for three things at once: the program's end, a change of its record, and a signal that ends the
 * doctor. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record.h"

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A terminal would stop a program that reads it from outside the foreground. */
static void redirect(posix_spawn_file_actions_t *actions, const struct launch *launch)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
    char path[PATH_MAX + 32];

    if (!launch->rehearse || isatty(0))
        posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    snprintf(path, sizeof path, "%s" LAUNCH_STDOUT, launch->directory);
    posix_spawn_file_actions_addopen(actions, 1, path, flags, 0600);
    snprintf(path, sizeof path, "%s" LAUNCH_STDERR, launch->directory);
    posix_spawn_file_actions_addopen(actions, 2, path, flags, 0600);
}

static int start(const struct launch *launch, const sigset_t *mask, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    redirect(&actions, launch);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, mask);
    int error = posix_spawn(pid, launch->path, &actions, &attributes, launch->words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void drain(int fd)
{
    char bytes[4096] __attribute__((aligned(8)));

    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

/* True: a signal wants the doctor to end; SIGCHLD only says that it is time to look. */
static bool is_unwanted(int fd, int *signal)
{
    struct signalfd_siginfo received;

    while (read(fd, &received, sizeof received) == sizeof received)
        if (received.ssi_signo != SIGCHLD) {
            *signal = (int)received.ssi_signo;
            return true;
        }
    return false;
}

/* The program stays a zombie for now: its number is that of the group to kill. */
static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

static enum launch_end watch(struct launch *launch, pid_t pid, struct pollfd fds[2])
{
    int64_t deadline = now_ms() + (int64_t)(launch->patience_ns / 1000000);

    for (;;) {
        if (launch->rehearse && record_is_rehearsed(launch->directory))
            return LAUNCH_REHEARSED;
        if (has_ended(pid))
            return LAUNCH_ENDED;
        int64_t left = deadline - now_ms();
        if (left <= 0)
            return LAUNCH_TOO_SLOW;
        poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX);
        if (is_unwanted(fds[0].fd, &launch->status))
            return LAUNCH_UNWANTED;
        drain(fds[1].fd);
    }
}

static void finish(struct launch *launch, pid_t pid, enum launch_end end)
{
    int status;

    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (end != LAUNCH_UNWANTED)
        launch->status = status;
}

/* A signal that is ignored (nohup) ends nothing; a blocked one is told all the same. While SIGCHLD is ignored
 * the kernel tells nobody how a child ended. */
static void watch_for(sigset_t *watched)
{
    static const int enders[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    struct sigaction action;

    signal(SIGCHLD, SIG_DFL);
    sigemptyset(watched);
    sigaddset(watched, SIGCHLD);
    for (size_t i = 0; i < sizeof enders / sizeof *enders; i++)
        if (sigaction(enders[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(watched, enders[i]);
}

enum launch_end launch_run(struct launch *launch)
{
    enum launch_end end = LAUNCH_REFUSED;
    sigset_t watched, before;
    pid_t pid = 0;

    watch_for(&watched);
    sigprocmask(SIG_BLOCK, &watched, &before);
    struct pollfd fds[2] = {
        {.fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN},
        {.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .events = POLLIN},
    };
    if (fds[0].fd < 0 || fds[1].fd < 0 ||
        inotify_add_watch(fds[1].fd, launch->directory, IN_MODIFY | IN_CREATE) < 0)
        launch->error = errno;
    else
        launch->error = start(launch, &before, &pid);
    if (launch->error == 0) {
        end = watch(launch, pid, fds);
        finish(launch, pid, end);
    }
    close(fds[0].fd);
    close(fds[1].fd);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return end;
}
