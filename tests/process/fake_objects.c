/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: shared memory, kernel objects and terminals; descriptors are those of
 * fake_files.c. */
#define _GNU_SOURCE
#include "fake_files.h"
#include "fake_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAP_SIZE 8192

static char *maps[FAKE_SLOTS];

/* --- mapped memory --- */

static void map(unsigned at, int flags, int fd)
{
    maps[at] = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);
    fake_expect(maps[at] != MAP_FAILED, "mmap");
}

static void do_map(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_expect(ftruncate(fake_fds[at], MAP_SIZE) == 0, "ftruncate");
    map(at, 0, fake_fds[at]);
}

/* SLOT:private or SLOT:shared. */
static void do_map_read(const char *argument)
{
    unsigned at = fake_slot(&argument);
    int flags = strcmp(argument, "private") == 0 ? MAP_PRIVATE : MAP_SHARED;

    maps[at] = mmap(NULL, MAP_SIZE, PROT_READ, flags, fake_fds[at], 0);
    fake_expect(maps[at] != MAP_FAILED, "mmap");
}

/* How the file begins. */
static void do_peek_start(const char *argument)
{
    fake_say("map: %.20s", maps[fake_slot(&argument)]);
}

static void do_map_again(const char *argument)
{
    unsigned at = fake_slot(&argument);

    map(fake_slot(&argument), 0, fake_fds[at]);
}

static void do_map_nothing(const char *argument)
{
    map(fake_slot(&argument), MAP_ANONYMOUS, -1);
}

static void do_map_many(const char *argument)
{
    for (long i = fake_number(argument); i > 0; i--)
        map(0, MAP_ANONYMOUS, -1);
}

/* 0: nothing, 1: reading, 3: writing as well */
static void do_protect(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_expect(mprotect(maps[at], MAP_SIZE, (int)fake_number(argument)) == 0, "mprotect");
}

static void do_poke(const char *argument)
{
    unsigned at = fake_slot(&argument);

    strcpy(maps[at] + 4096, argument); /* NOLINT: steps are short */
}

static void do_peek(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_say("map %u: %s", at, maps[at] + 4096);
}

/* --- a limit of address space --- */

/* So many MB beside what is there now. */
static void do_limit_memory(const char *argument)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    fake_expect(file != NULL &&
                    fscanf(file, "%lu", &pages) == 1 /* NOLINT(cert-err34-c): the kernel writes it */,
                "statm");
    fclose(file);
    const rlim_t size = pages * 4096 + ((rlim_t)fake_number(argument) << 20);
    const struct rlimit limit = {size, size};
    fake_expect(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
}

/* COUNT[:soft]: so many descriptors may be open, and are. Soft: the program could raise the limit. */
static void do_use_descriptors(const char *argument)
{
    const rlim_t count = (rlim_t)fake_number(argument);
    struct rlimit limit;

    fake_expect(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = count;
    if (strstr(argument, ":soft") == NULL)
        limit.rlim_max = count;
    fake_expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    while (dup(0) >= 0) /* NOLINT(android-cloexec-dup): they are only to be there */
        continue;
    fake_expect(errno == EMFILE, "dup");
}

static void do_want_memory(const char *argument)
{
    size_t size = (size_t)fake_number(argument) << 20;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    fake_say("%s MB: %s", argument, memory == MAP_FAILED ? strerrorname_np(errno) : "there");
    if (memory != MAP_FAILED)
        munmap(memory, size);
}

/* --- kernel objects --- */

static void do_eventfd(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_fds[at] = eventfd((unsigned)fake_number(argument), EFD_NONBLOCK | EFD_CLOEXEC);
    fake_expect(fake_fds[at] >= 0, "eventfd");
}

static void do_post(const char *argument)
{
    unsigned at = fake_slot(&argument);
    uint64_t value = (uint64_t)fake_number(argument);

    fake_say("%u: posted %zd", at, write(fake_fds[at], &value, sizeof value));
}

static void do_collect(const char *argument)
{
    unsigned at = fake_slot(&argument);
    uint64_t value = 0;
    ssize_t size = read(fake_fds[at], &value, sizeof value);

    fake_say("%u: collected %zd %llu", at, size, (unsigned long long)value);
}

static void do_epoll(const char *argument)
{
    fake_fds[fake_slot(&argument)] = epoll_create1(EPOLL_CLOEXEC);
}

static void do_watch(const char *argument)
{
    unsigned at = fake_slot(&argument), watched = fake_slot(&argument);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x123456789abcdefu + watched};

    fake_expect(epoll_ctl(fake_fds[at], EPOLL_CTL_ADD, fake_fds[watched], &event) == 0, "epoll_ctl");
}

static void do_events(const char *argument)
{
    unsigned at = fake_slot(&argument);
    struct epoll_event event = {.events = 0};
    int count = epoll_wait(fake_fds[at], &event, 1, 0);

    fake_say("%u: %d events, %#x %#llx", at, count, count > 0 ? event.events : 0,
             count > 0 ? (unsigned long long)event.data.u64 : 0);
}

/* Seconds from now. */
static void do_timerfd(const char *argument)
{
    unsigned at = fake_slot(&argument);
    const struct itimerspec time = {{7, 0}, {fake_number(argument), 0}};

    fake_fds[at] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    fake_expect(fake_fds[at] >= 0 && timerfd_settime(fake_fds[at], 0, &time, NULL) == 0, "timerfd");
}

static void do_rearm(const char *argument)
{
    unsigned at = fake_slot(&argument);
    const struct itimerspec time = {{0, 0}, {fake_number(argument), 0}};

    fake_expect(timerfd_settime(fake_fds[at], 0, &time, NULL) == 0, "timerfd_settime");
}

static void do_timer(const char *argument)
{
    unsigned at = fake_slot(&argument);
    struct itimerspec time;

    fake_expect(timerfd_gettime(fake_fds[at], &time) == 0, "timerfd_gettime");
    fake_say("%u: %ld to go, then every %ld", at, (long)time.it_value.tv_sec + 1,
             (long)time.it_interval.tv_sec);
}

/* --- terminals --- */

static int master;

/* A new terminal of 77 columns is put under this number. */
static void do_pty(const char *argument)
{
    int terminal;
    const struct winsize size = {25, 77, 0, 0};

    fake_expect(openpty(&master, &terminal, NULL, NULL, &size) == 0, "openpty");
    fake_expect(dup2(terminal, (int)fake_number(argument)) >= 0, "dup2");
    close(terminal);
}

static void do_terminal(const char *argument)
{
    int fd = (int)fake_number(argument);
    struct termios termios = {.c_iflag = 0};
    struct winsize size = {0, 0, 0, 0};
    struct stat file = {.st_mode = 0};
    int r = tcgetattr(fd, &termios);
    int mode = fstat(fd, &file) == 0 ? (int)(file.st_mode & S_IFMT) : 0;
    off_t offset = lseek(fd, 0, SEEK_CUR);
    const char *error = offset < 0 ? strerrorname_np(errno) : "-";

    fprintf(stderr, "terminal %d %d, %#x %#x %d, %d columns, mode %#o, %s\n", isatty(fd), r, termios.c_lflag,
            termios.c_cflag, termios.c_cc[VINTR], ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : -1, mode,
            error);
}

static void do_echo_off(const char *argument)
{
    int fd = (int)fake_number(argument);
    struct termios termios;

    fake_expect(tcgetattr(fd, &termios) == 0, "tcgetattr");
    termios.c_lflag &= ~(tcflag_t)ECHO;
    fake_expect(tcsetattr(fd, TCSANOW, &termios) == 0, "tcsetattr");
}

/* --- what has just been open at a snapshot --- */

static int pipe_stays(void)
{
    int fds[2];
    char byte;

    fake_expect(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0, "pipe");
    fake_run("eval:2");
    close(fds[1]);
    ssize_t size = read(fds[0], &byte, 1);
    close(fds[0]);
    return size != 0;
}

static int lock_stays(void)
{
    FILE *file = fopen("lock", "we");
    int fd = open("lock", O_WRONLY | O_CLOEXEC);

    fake_expect(file != NULL && fd >= 0 && flock(fileno(file), LOCK_EX) == 0, "lock");
    fake_run("eval:2");
    fclose(file);
    int r = flock(fd, LOCK_EX | LOCK_NB);
    close(fd);
    return r != 0;
}

static int program_is_busy(void)
{
    static const char text[] = "#!/bin/sh\n";
    char *const arguments[] = {(char *)"./program", NULL};
    int fd = open("program", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    pid_t pid;

    fake_expect(write(fd, text, strlen(text)) > 0, "write");
    fake_run("eval:2");
    close(fd);
    int r = posix_spawn(&pid, *arguments, NULL, NULL, arguments, environ);
    if (r == 0)
        waitpid(pid, NULL, 0);
    return r != 0;
}

/* So often, with a snapshot each time: what is closed, is closed at once. */
static void do_closed(const char *argument)
{
    int pipes = 0, locks = 0, programs = 0;

    for (long left = fake_number(argument); left > 0; left--) {
        pipes += pipe_stays();
        locks += lock_stays();
        programs += program_is_busy();
    }
    fake_say("%d pipes, %d locks, %d programs", pipes, locks, programs);
}

/* --- calls that a snapshot interrupts when they have done a part --- */

#define MUCH 1000000

static int long_fds[2];
static const char *long_call;

static void *call_for_long(void *unused)
{
    static char bytes[MUCH];

    (void)unused;
    struct iovec parts[] = {{bytes, 10}, {bytes, MUCH - 20}, {bytes, 10}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    int file = memfd_create("long", MFD_CLOEXEC);
    fake_expect(ftruncate(file, MUCH) == 0, "file");
    ssize_t size = strcmp(long_call, "write") == 0      ? write(long_fds[1], bytes, MUCH)
                   : strcmp(long_call, "writev") == 0   ? writev(long_fds[1], parts, 3)
                   : strcmp(long_call, "sendto") == 0   ? sendto(long_fds[1], bytes, MUCH, 0, NULL, 0)
                   : strcmp(long_call, "sendmsg") == 0  ? sendmsg(long_fds[1], &message, 0)
                   : strcmp(long_call, "sendfile") == 0 ? sendfile(long_fds[1], file, NULL, MUCH)
                                                        : send(long_fds[1], bytes, MUCH, 0);
    close(file);

    close(long_fds[1]);
    return (void *)size;
}

/* write, writev, send and its kin: evals go on while it waits for its reader. */
static void do_long_call(const char *argument)
{
    char bytes[4096];
    ssize_t size, total = 0;
    pthread_t thread = 0;
    void *result = NULL;

    long_call = argument;
    int r = *argument == 's' ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, long_fds)
                             : pipe2(long_fds, O_CLOEXEC);
    fake_expect(r == 0 && pthread_create(&thread, NULL, call_for_long, NULL) == 0, argument);
    usleep(50000);
    fake_run("eval:8");
    while ((size = read(long_fds[0], bytes, sizeof bytes)) > 0)
        total += size;
    pthread_join(thread, &result);
    close(long_fds[0]);
    fake_say("%s: %zd, read: %zd", argument, (ssize_t)result, total);
}

static void *send_in_parts(void *unused)
{
    static const char bytes[1000];

    (void)unused;
    for (int i = 0; i < 4; i++) {
        fake_expect(send(long_fds[1], bytes, sizeof bytes, 0) == sizeof bytes, "send");
        usleep(20000);
    }
    return NULL;
}

static void *receive_whole(void *unused)
{
    char bytes[4000];

    (void)unused;
    struct iovec parts[] = {
        {bytes, 100}, {bytes + 100, sizeof bytes - 200}, {bytes + sizeof bytes - 100, 100}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    if (strcmp(long_call, "recvmsg") == 0)
        return (void *)recvmsg(long_fds[0], &message, MSG_WAITALL);
    if (strcmp(long_call, "recvfrom") == 0)
        return (void *)recvfrom(long_fds[0], bytes, sizeof bytes, MSG_WAITALL, NULL, NULL);
    return (void *)recv(long_fds[0], bytes, sizeof bytes, MSG_WAITALL);
}

/* recv(), or what the argument names, with MSG_WAITALL, which evals interrupt when a part has come. */
static void do_wait_all(const char *argument)
{
    pthread_t sender, receiver;
    void *result;

    long_call = argument;
    fake_expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, long_fds) == 0 &&
                    pthread_create(&receiver, NULL, receive_whole, NULL) == 0 &&
                    pthread_create(&sender, NULL, send_in_parts, NULL) == 0,
                argument);
    for (int i = 0; i < 4; i++) {
        usleep(10000);
        fake_run("eval:2");
    }
    pthread_join(sender, NULL);
    pthread_join(receiver, &result);
    close(long_fds[0]);
    close(long_fds[1]);
    fake_say("received: %zd", (ssize_t)result);
}

static void do_puts(const char *argument)
{
    puts(argument);
}

const struct fake_step fake_objects[] = {
    {"map", do_map},
    {"map_read", do_map_read},
    {"peek_start", do_peek_start},
    {"map_again", do_map_again},
    {"map_nothing", do_map_nothing},
    {"map_many", do_map_many},
    {"protect", do_protect},
    {"poke", do_poke},
    {"peek", do_peek},
    {"event_counter", do_eventfd},
    {"post", do_post},
    {"collect", do_collect},
    {"epoll", do_epoll},
    {"watch", do_watch},
    {"events", do_events},
    {"timerfd", do_timerfd},
    {"rearm", do_rearm},
    {"time_left", do_timer},
    {"pty", do_pty},
    {"terminal", do_terminal},
    {"echo_off", do_echo_off},
    {"limit_memory", do_limit_memory},
    {"use_descriptors", do_use_descriptors},
    {"want_memory", do_want_memory},
    {"closed", do_closed},
    {"long_call", do_long_call},
    {"wait_all", do_wait_all},
    {"puts", do_puts},
    {NULL, NULL},
};
