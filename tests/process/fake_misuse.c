/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: calls with addresses that lead nowhere. The kernel answers EFAULT, and whoever
 * stands in front of it must not look there itself. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *name, const char *address, long result)
{
    fake_say("%s %s: %ld, %s", name, address, result, result < 0 ? strerrorname_np(errno) : "no error");
}

/* The compiler must not know which address it is: some of these functions have declared it never NULL. */
#define SAY(call) (errno = 0, say(#call, kind, (long)(call)))

static int both[2], ends[2], listener;

static void open_all(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, both) != 0 || pipe(ends) != 0 || write(ends[1], "text", 4) != 4 ||
        write(both[1], "text", 4) != 4)
        fake_give_up("fake: no sockets or pipes");
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t length = sizeof address;
    struct sockaddr_un bound;
    if (bind(listener, (const struct sockaddr *)&address, sizeof address.sun_family) != 0 ||
        listen(listener, 4) != 0 || getsockname(listener, (struct sockaddr *)&bound, &length) != 0 ||
        connect(client, (const struct sockaddr *)&bound, length) != 0)
        fake_give_up("fake: no socket to accept from");
}

/* More than anybody has, of a list or a set that ends with its page. */
static void misuse_count(const char *kind)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const volatile nfds_t many = 1u << 30;
    struct pollfd *last = (struct pollfd *)(void *)(pages + 4096) - 1;
    fd_set *set = (fd_set *)(void *)(pages + 4096) - 1;
    struct timeval time = {0, 0};

    mprotect(pages + 4096, 4096, PROT_NONE);
    last->fd = -1;
    SAY(poll(last, many, 0));
    SAY(ppoll(last, many, &(struct timespec){0, 0}, NULL));
    FD_ZERO(set);
    FD_SET(ends[0], set);
    SAY(select(1 << 20, set, NULL, NULL, &time));
    munmap(pages, 8192);
}

/* What may be called at every cycle. */
static void misuse_waiting(const char *kind, void *bad)
{
    struct timeval time = {0, 0};
    struct itimerspec timer = {.it_value.tv_sec = 1};
    int epoll = epoll_create1(0), alarm = timerfd_create(CLOCK_MONOTONIC, 0);
    fd_set set;

    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    misuse_count(kind);
    SAY(poll(bad, 1, 0));
    SAY(ppoll(bad, 1, &(struct timespec){0, 0}, NULL));
    SAY(select(ends[0] + 1, bad, NULL, NULL, &time));
    SAY(select(ends[0] + 1, &set, bad, NULL, &time));
    SAY(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], bad));
    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &(struct epoll_event){.events = EPOLLIN});
    SAY(epoll_wait(epoll, bad, 1, 0));
    SAY(timerfd_settime(alarm, 0, bad, NULL));
    SAY(timerfd_settime(alarm, 0, &timer, bad));
    SAY(timerfd_gettime(alarm, bad));
    SAY(ioctl(ends[0], FIONREAD, bad));
    close(epoll);
    close(alarm);
}

static void misuse_sockets(const char *kind, void *bad)
{
    char byte;

    SAY(recvfrom(both[0], bad, 1, MSG_PEEK, NULL, NULL));
    SAY(recvfrom(both[0], &byte, 1, MSG_PEEK, (struct sockaddr *)bad, bad));
    SAY(recvmsg(both[0], bad, MSG_DONTWAIT));
    SAY(sendmsg(both[0], bad, MSG_DONTWAIT));
    SAY(sendto(both[0], bad, 1, 0, NULL, 0));
    SAY(connect(listener, bad, 16));
    SAY(bind(both[0], bad, 16));
    SAY(setsockopt(both[0], SOL_SOCKET, SO_SNDBUF, bad, 4));
}

/* Here the length is looked at first; so even an address that looks good is found out. */
static void misuse_lengths(const char *kind, void *bad)
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    int value;

    SAY(getsockname(both[0], (struct sockaddr *)&address, bad));
    SAY(getpeername(both[0], (struct sockaddr *)&address, bad));
    SAY(getsockopt(both[0], SOL_SOCKET, SO_TYPE, &value, bad));
    SAY(getsockopt(both[0], SOL_SOCKET, SO_TYPE, bad, &length));
    SAY(accept(listener, (struct sockaddr *)&address, bad));
}

/* NOLINTBEGIN(clang-analyzer-core.NonNullParamChecker): what it warns of is what is tried */
static void misuse_files(const char *kind, void *bad)
{
    off_t *offset = bad;

    SAY(read(ends[0], bad, 1));
    SAY(readv(ends[0], bad, 1));
    SAY(write(ends[1], bad, 1));
    SAY(write(1, bad, 1));
    SAY(writev(ends[1], bad, 1));
    SAY(writev(1, bad, 1));
    SAY(sendfile(both[0], 0, offset, 1));
    SAY(open(bad, O_RDONLY));
    SAY(openat(AT_FDCWD, bad, O_RDONLY));
    SAY(open(bad, O_RDWR | O_CREAT, 0600));
    SAY(creat(bad, 0600));
    SAY(truncate(bad, 1));
    SAY(rename(bad, "name"));
    SAY(unlink(bad));
    SAY(mkdir(bad, 0700));
    SAY(pipe(bad));
    SAY(socketpair(AF_UNIX, SOCK_STREAM, 0, bad));
}
/* NOLINTEND(clang-analyzer-core.NonNullParamChecker) */

/* From 2.41 on libc makes the numbers itself, and a wrong address is a fault. */
static bool kernel_makes_random(void)
{
    return strverscmp(gnu_get_libc_version(), "2.41") < 0;
}

static void misuse_others(const char *kind, void *bad)
{
    if (kernel_makes_random())
        SAY(getrandom(bad, 8, 0));
    SAY(syscall(SYS_getrandom, bad, 8, 0));
    SAY(getrusage(RUSAGE_SELF, bad));
    SAY(getrusage(RUSAGE_CHILDREN, bad));
    SAY(wait4(-1, bad, WNOHANG, NULL));
    SAY(wait4(-1, NULL, WNOHANG | __WALL, bad));
    SAY(memfd_create(bad, 0));
}

/* A child that nobody knows of, made by a system call; its descriptors are its parent's. */
static void misuse_child(void)
{
    void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timeval time = {0, 0};
    int status = 0;
    pid_t pid = (pid_t)syscall(SYS_fork);

    if (pid == 0) {
        bool are_refused = poll(page, 1, 0) == -1 && errno == EFAULT &&
                           select(ends[0] + 1, page, NULL, NULL, &time) == -1 && errno == EFAULT;
        syscall(SYS_exit_group, are_refused ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    fake_say("child: %#x", (unsigned)status);
}

/* "waiting" and so on; the address: null, small, high, or a page that is not mapped. */
static void do_misuse(const char *argument)
{
    void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct {
        const char *name;
        void *address;
    } addresses[] = {{"null", NULL}, {"small", (void *)8}, {"high", (void *)(intptr_t)-8}, {"page", page}};

    open_all();
    if (strcmp(argument, "child") == 0)
        misuse_child();
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const char *kind = addresses[i].name;
        void *volatile address = addresses[i].address;
        void *bad = address;

        if (strcmp(argument, "lengths") == 0)
            misuse_lengths(kind, bad);
        if (strcmp(argument, "files") == 0)
            misuse_files(kind, bad);
        if (strcmp(argument, "others") == 0 && bad != NULL)
            misuse_others(kind, bad);
        if (strcmp(argument, "waiting") == 0 && bad != page)
            misuse_waiting(kind, bad);
        if (strcmp(argument, "sockets") == 0 && bad != page)
            misuse_sockets(kind, bad);
    }
}

const struct fake_step fake_misuse[] = {
    {"misuse", do_misuse},
    {NULL, NULL},
};
