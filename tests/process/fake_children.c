/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: its children, pipes to them, and what it hears of their ends. */
#define _GNU_SOURCE
#include "base/raw_syscall.h"
#include "child_signals.h"
#include "fake_steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 16

static pid_t children[CHILDREN_MAX];
static int child_count;
static FILE *pipe_stream;

static void say_status(const char *what, int status)
{
    if (WIFSIGNALED(status))
        fake_say("%s: %s", what, fake_signal_name(WTERMSIG(status)));
    else
        fake_say("%s: exit %d", what, WEXITSTATUS(status));
}

static pid_t fork_child(const char *steps)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        fake_give_up("fake: no fork");
    if (pid == 0) {
        fake_is_child = 1;
        fake_run(steps);
        _exit(0);
    }
    return pid;
}

static void do_fork(const char *argument)
{
    if (child_count == CHILDREN_MAX)
        fake_give_up("fake: too many children");
    pid_t pid = fork_child(argument);
    children[child_count++] = pid;
}

/* All that were forked, in this order. */
static void do_wait(const char *argument)
{
    int status;

    (void)argument;
    for (int i = 0; i < child_count; i++)
        if (waitpid(children[i], &status, 0) == children[i])
            say_status("child", status);
        else
            fake_say("child: %s", strerrorname_np(errno));
    child_count = 0;
}

/* Whoever ends, until nobody is left: only their number and the sum of their statuses are certain. */
static void do_wait_any(const char *argument)
{
    int status, count = 0, sum = 0;

    (void)argument;
    while (wait(&status) > 0) {
        count++;
        sum += status;
    }
    fake_say("%d children, statuses %#x, then %s", count, (unsigned)sum, strerrorname_np(errno));
    child_count = 0;
}

static void do_nobody(const char *argument)
{
    siginfo_t info;
    int status;

    (void)argument;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    fake_say("waitpid %d %s", pid, strerrorname_np(errno));
    int r = waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG);
    fake_say("waitid %d %s", r, strerrorname_np(errno));
    pid = waitpid(0, &status, WNOHANG);
    fake_say("waitpid of the group %d %s", pid, strerrorname_np(errno));
}

/* A child that has no exit signal, waited for by its descriptor: as Qt starts programs. */
static void do_child_by_descriptor(const char *argument)
{
    int code = (int)fake_number(argument), fd = -1;
    siginfo_t info = {.si_pid = 0};

    long pid = syscall(SYS_clone, (long)CLONE_PIDFD, 0L, &fd, 0L, 0L);
    if (pid == 0)
        syscall(SYS_exit_group, code);
    int r = waitid(P_PIDFD, (id_t)fd, &info, WEXITED | __WALL);
    fake_say("child by descriptor: %d, exit %d%s", r, info.si_status,
             info.si_pid == pid ? "" : " of another");
    close(fd);
}

/* --- who are my children? asked in the ways that programs ask --- */

static int count_numbers(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++)
        count += *text == ' ';
    return count;
}

static int children_by_stream(void)
{
    char path[64], text[4096] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
    FILE *stream = fopen(path, "re");

    if (stream != NULL) {
        if (fgets(text, sizeof text, stream) == NULL && ferror(stream))
            fake_give_up("fake: cannot read %s", path);
        fclose(stream);
        return count_numbers(text);
    }
    fake_give_up("fake: cannot open %s", path);
}

static int children_by_descriptor(void)
{
    char text[4096] = "";
    int directory = open("/proc/thread-self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(directory, "children", O_RDONLY | O_CLOEXEC);
    bool closes = (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;

    if (directory < 0 || fd != directory + 1 || !closes || read(fd, text, sizeof text - 1) < 0 ||
        pread(fd, text, sizeof text - 1, 0) < 0)
        fake_give_up("fake: cannot read /proc/thread-self/children");
    close(fd);
    close(directory);
    return count_numbers(text);
}

static int parent_of(const char *pid)
{
    char path[300], text[512] = "";
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *stream = fopen(path, "re");

    if (stream == NULL)
        return 0;                                 /* it has just ended */
    if (fgets(text, sizeof text, stream) != NULL) /* PID (NAME) STATE PARENT */
        parent = (int)strtol(strrchr(text, ')') + 4, NULL, 10);
    fclose(stream);
    return parent;
}

/* As ps and psutil do it. */
static int children_by_scan(void)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    int count = 0;

    if (processes == NULL)
        fake_give_up("fake: no /proc");
    while ((entry = readdir(processes)) != NULL)
        count += entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == getpid();
    closedir(processes);
    return count;
}

static void do_children(const char *argument)
{
    (void)argument;
    fake_say("children %d %d %d", children_by_stream(), children_by_descriptor(), children_by_scan());
}

static void do_count_sigchld(const char *argument)
{
    (void)argument;
    signal(SIGCHLD, child_signals_count);
}

static void do_say_sigchld(const char *argument)
{
    (void)argument;
    fake_say("%d child signals", (int)child_signals);
}

static void do_popen(const char *argument)
{
    pipe_stream = popen(argument, "w"); /* NOLINT(cert-env33-c): a shell is what is tested */
    if (pipe_stream == NULL)
        fake_give_up("fake: no popen");
}

static void do_popen_read(const char *argument)
{
    char line[256] = "";

    FILE *stream = popen(argument, "r"); /* NOLINT(cert-env33-c) */
    if (stream == NULL) {
        fake_give_up("fake: no popen");
        return;
    }
    while (fgets(line, sizeof line, stream) != NULL)
        fake_say("read %.*s", (int)strcspn(line, "\n"), line);
    say_status("pclose", pclose(stream));
}

static void do_feed(const char *argument)
{
    fprintf(pipe_stream, "%s\n", argument);
}

/* So many bytes. */
static void do_pour(const char *argument)
{
    for (long left = fake_number(argument); left > 0; left--)
        fputc('x', pipe_stream);
}

static void do_pclose(const char *argument)
{
    (void)argument;
    say_status("pclose", pclose(pipe_stream));
}

static void do_system(const char *argument)
{
    say_status("system", system(argument)); /* NOLINT(cert-env33-c) */
}

static void do_vfork(const char *argument)
{
    int code = (int)fake_number(argument), status;

    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): testbenches do it */
    if (pid == 0)
        _exit(code);
    if (waitpid(pid, &status, 0) == pid)
        say_status("vfork", status);
}

/* Until that child ends, nothing can stop the thread. */
static void do_vfork_sleep(const char *argument)
{
    const struct timespec time = {0, (long)fake_number(argument) * 1000000};
    int status;

    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0) {
        nanosleep(&time, NULL); /* NOLINT(clang-analyzer-unix.Vfork) */
        _exit(0);
    }
    if (waitpid(pid, &status, 0) == pid)
        say_status("vfork", status);
}

/* A child that complains, in our memory. */
static void do_vfork_say(const char *argument)
{
    int status;

    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0) {
        ssize_t r = write(STDOUT_FILENO, argument, strlen(argument)); /* NOLINT(clang-analyzer-unix.Vfork) */
        _exit(r < 0);
    }
    if (waitpid(pid, &status, 0) == pid)
        say_status("vfork", status);
}

/* A child that shares our memory, but not our handlers. */
static void do_vfork_signal(const char *argument)
{
    int number = fake_signal(argument), status;

    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0) {
        signal(number, SIG_IGN); /* NOLINT(clang-analyzer-unix.Vfork): Python's subprocess does it */
        signal(number, SIG_DFL);
        _exit(0);
    }
    if (waitpid(pid, &status, 0) == pid)
        say_status("vfork", status);
}

static void do_spawn(const char *argument)
{
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)argument, NULL};
    int status;
    pid_t pid;

    int r = posix_spawnp(&pid, "sh", NULL, NULL, argv, environ);
    if (r == 0 && waitpid(pid, &status, 0) == pid)
        say_status("spawn", status);
    else
        fake_say("spawn: %s", strerrorname_np(r));
}

/* Becomes this program anew, with one argument. */
static void do_exec(const char *argument)
{
    char path[PATH_MAX] = "";

    if (readlink("/proc/self/exe", path, sizeof path - 1) > 0)
        execl(path, path, argument, (char *)NULL);
    fake_give_up("fake: no exec");
}

/* As nobody stands in front of: made here, by the processor's own instruction. */
static void do_exec_raw(const char *argument)
{
    char path[PATH_MAX] = "";
    char *const arguments[] = {path, (char *)argument, NULL};

    if (readlink("/proc/self/exe", path, sizeof path - 1) > 0)
        raw_syscall3(SYS_execve, (long)path, (long)arguments, (long)environ);
    fake_give_up("fake: no exec");
}

static void do_exec_syscall(const char *argument)
{
    char path[PATH_MAX] = "";
    char *const arguments[] = {path, (char *)argument, NULL};

    if (readlink("/proc/self/exe", path, sizeof path - 1) > 0)
        syscall(SYS_execve, path, arguments, environ);
    fake_give_up("fake: no exec");
}

static void do_exec_at(const char *argument)
{
    char path[PATH_MAX] = "";
    char *const arguments[] = {path, (char *)argument, NULL};

    if (readlink("/proc/self/exe", path, sizeof path - 1) > 0)
        execveat(AT_FDCWD, path, arguments, environ, 0);
    fake_give_up("fake: no exec");
}

/* Snapshots of the program that this process was are children without an exit signal. no_copies:now: there
 * are none, not even dead ones; else waits until none is alive. */
static void do_no_copies(const char *argument)
{
    const struct timespec moment = {0, 10000000};
    unsigned tries = strcmp(argument, "now") == 0 ? 1 : 2000;
    siginfo_t info;
    long r;

    while ((r = raw_syscall5(SYS_waitid, P_ALL, 0, (long)&info, WEXITED | WNOHANG | __WALL, 0)) == 0 &&
           --tries > 0)
        nanosleep(&moment, NULL);
    fake_say("%s", r == -ECHILD ? "no copies" : "copies");
}

#define SMALL_STACK 16384

static void *exec_in_child(void *argument)
{
    int status;

    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", (const char *)argument, (char *)NULL);
        _exit(99);
    }
    if (waitpid(pid, &status, 0) == pid)
        say_status("child", status);
    return NULL;
}

/* By a thread with the smallest stack; what lies below it stays as it is. */
static void do_exec_small(const char *argument)
{
    static _Alignas(4096) char memory[8 * SMALL_STACK];
    size_t below = sizeof memory - SMALL_STACK, changed = 0;
    pthread_attr_t attributes;
    pthread_t thread;

    memset(memory, 'x', below);
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, memory + below, SMALL_STACK) != 0 ||
        pthread_create(&thread, &attributes, exec_in_child, (void *)argument) != 0)
        fake_give_up("fake: no small thread");
    pthread_join(thread, NULL);
    for (size_t i = 0; i < below; i++)
        changed += memory[i] != 'x';
    fake_say("changed: %zu", changed);
}

/* The simulation goes on in a child; the parent stays to hand on its end. */
static void do_detach(const char *argument)
{
    int status;

    (void)argument;
    pid_t pid = fork();
    if (pid == 0)
        return;
    waitpid(pid, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* A number in a file that is mapped shared; the sum is what the user finds afterwards. */
static void do_shared_add(const char *argument)
{
    static volatile int *number;
    static FILE *file;

    if (number == NULL) {
        file = fopen("shared", "w+");
        if (file == NULL || ftruncate(fileno(file), 4096) != 0)
            fake_give_up("fake: no shared file");
        number = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    }
    *number += (int)fake_number(argument);
}

const struct fake_step fake_children[] = {
    {"fork", do_fork},
    {"wait", do_wait},
    {"wait_any", do_wait_any},
    {"nobody", do_nobody},
    {"child_by_descriptor", do_child_by_descriptor},
    {"children", do_children},
    {"count_sigchld", do_count_sigchld},
    {"say_sigchld", do_say_sigchld},
    {"popen", do_popen},
    {"popen_read", do_popen_read},
    {"feed", do_feed},
    {"pour", do_pour},
    {"pclose", do_pclose},
    {"system", do_system},
    {"vfork", do_vfork},
    {"vfork_sleep", do_vfork_sleep},
    {"vfork_say", do_vfork_say},
    {"vfork_signal", do_vfork_signal},
    {"spawn", do_spawn},
    {"exec", do_exec},
    {"exec_small", do_exec_small},
    {"exec_raw", do_exec_raw},
    {"exec_syscall", do_exec_syscall},
    {"exec_at", do_exec_at},
    {"no_copies", do_no_copies},
    {"detach", do_detach},
    {"shared_add", do_shared_add},
    {NULL, NULL},
};
