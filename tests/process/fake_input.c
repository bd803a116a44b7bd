/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: reading and waiting for what cannot be rewound. What comes, and after how many
 * tries, is said. One descriptor is read at a time; a peer of the test's own writes at the other end. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROOM 65536

static int in;        /* what is read: stdin */
static int far = -1;  /* the peer's end of it */
static int listener;  /* a TCP socket ... */
static uint16_t port; /* ... and where, in network order */
static FILE *stream;  /* in, once it is read by stdio */

static void need(bool good, const char *what)
{
    if (!good)
        fake_give_up("fake: %s: %s", what, strerrorname_np(errno));
}

static size_t size_of(const char *argument)
{
    long size = *argument != '\0' ? fake_number(argument) : ROOM;

    return size < 0 || size > ROOM ? ROOM : (size_t)size;
}

static void say_bytes(const char *what, long size, const char *bytes)
{
    if (size < 0)
        fake_say("%s: %s", what, strerrorname_np(errno));
    else
        fake_say("%s %ld: %.*s", what, size, (int)(size < 200 ? size : 200), bytes);
}

/* --- where it comes from --- */

static void do_pair(const char *argument)
{
    int fds[2];

    need(socketpair(AF_UNIX, strcmp(argument, "packets") == 0 ? SOCK_DGRAM : SOCK_STREAM, 0, fds) == 0,
         "socketpair");
    in = fds[0];
    far = fds[1];
}

static void do_pipe(const char *argument)
{
    int fds[2];

    (void)argument;
    need(pipe(fds) == 0, "pipe");
    in = fds[0];
    far = fds[1];
}

static void do_far_write(const char *argument)
{
    need(write(far, argument, strlen(argument)) >= 0, "write");
}

static void do_nonblock(const char *argument)
{
    (void)argument;
    need(fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK) == 0, "fcntl");
}

static void do_fifo(const char *argument)
{
    need(mkfifo(argument, 0600) == 0, "mkfifo");
}

static void do_open_read(const char *argument)
{
    in = open(argument, O_RDONLY | O_CLOEXEC);
    fake_say("open: %d", in);
}

static void do_open_write(const char *argument)
{
    far = open(argument, O_WRONLY | O_CLOEXEC);
}

static void do_listen(const char *argument)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    (void)argument;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(listener >= 0, "socket");
    need(bind(listener, (const void *)&address, sizeof address) == 0, "bind");
    need(listen(listener, 4) == 0, "listen");
    need(getsockname(listener, (void *)&address, &length) == 0, "getsockname");
    port = address.sin_port;
    fake_say("listen: %d, family %d", listener, address.sin_family);
}

static int connect_to_listener(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    need(fd >= 0 && connect(fd, (const void *)&address, sizeof address) == 0, "connect");
    return fd;
}

static void do_far_connect(const char *argument)
{
    (void)argument;
    far = connect_to_listener();
}

/* The simulator is the client, the peer accepts. */
static void do_far_accept(const char *argument)
{
    (void)argument;
    far = accept(listener, NULL, NULL);
}

static void do_connect(const char *argument)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    int on = 1, value = 0;
    socklen_t size = sizeof value;

    (void)argument;
    in = connect_to_listener();
    need(setsockopt(in, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0, "setsockopt");
    need(getsockopt(in, SOL_SOCKET, SO_KEEPALIVE, &value, &size) == 0, "getsockopt");
    need(getpeername(in, (void *)&address, &length) == 0, "getpeername");
    fake_say("connect: %d, to our port %d, %d", in, address.sin_port == port, value);
}

static void do_accept(const char *argument)
{
    struct sockaddr_in peer = {0};
    socklen_t length = sizeof peer;

    (void)argument;
    in = accept4(listener, (void *)&peer, &length, SOCK_CLOEXEC);
    fake_say("accept: %d, family %d, %x, close on exec %d", in, peer.sin_family, ntohl(peer.sin_addr.s_addr),
             fcntl(in, F_GETFD));
}

/* --- reading --- */

static void do_read(const char *argument)
{
    char bytes[ROOM];

    say_bytes("read", read(in, bytes, size_of(argument)), bytes);
}

static void do_readv(const char *argument)
{
    char bytes[ROOM];
    struct iovec parts[2] = {{bytes, 2}, {bytes + 2, size_of(argument) - 2}};

    say_bytes("readv", readv(in, parts, 2), bytes);
}

static void do_recv(const char *argument)
{
    char bytes[ROOM];

    say_bytes("peek", recv(in, bytes, 1, MSG_PEEK), bytes);
    say_bytes("recv", recv(in, bytes, size_of(argument), 0), bytes);
}

static void do_recvfrom(const char *argument)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    char bytes[ROOM];

    say_bytes("recvfrom", recvfrom(in, bytes, size_of(argument), 0, (void *)&from, &length), bytes);
    fake_say("address of %u", length);
}

static void do_recvmsg(const char *argument)
{
    char bytes[ROOM], control[64];
    struct iovec parts[2] = {{bytes, 1}, {bytes + 1, size_of(argument)}};
    struct msghdr message = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};

    say_bytes("recvmsg", recvmsg(in, &message, 0), bytes);
    fake_say("flags %#x, control %zu", message.msg_flags, message.msg_controllen);
}

static FILE *as_stream(void)
{
    if (stream == NULL)
        stream = in == 0 ? stdin : fdopen(in, "r");
    need(stream != NULL, "fdopen");
    return stream;
}

static void do_getchar(const char *argument)
{
    for (long i = fake_number(argument); i > 0; i--)
        fake_say("getc: %d", getc(as_stream()));
}

static void do_fgets(const char *argument)
{
    char line[256] = "";

    (void)argument;
    fake_say("fgets: %s", fgets(line, sizeof line, as_stream()) != NULL ? line : "nothing");
}

static void do_fread(const char *argument)
{
    char bytes[ROOM];

    say_bytes("fread", (long)fread(bytes, 1, size_of(argument), as_stream()), bytes);
}

static void do_getline(const char *argument)
{
    char *line = NULL;
    size_t size = 0;

    (void)argument;
    say_bytes("getline", getline(&line, &size, as_stream()), line);
    free(line);
}

/* So many bytes, by large reads; only their sum is said. */
static void do_gulp(const char *argument)
{
    static char bytes[ROOM];
    long left = fake_number(argument), got = 1;
    uint64_t sum = 0;

    while (left > 0 && got > 0) {
        got = read(in, bytes, left < ROOM ? (size_t)left : ROOM);
        for (long i = 0; i < got; i++)
            sum = sum * 31 + (unsigned char)bytes[i];
        left -= got;
    }
    fake_say("gulp: %ld missing, %" PRIx64, left, sum);
}

static void do_random(const char *argument)
{
    uint64_t number = 0;
    FILE *file = fopen(argument, "re");

    need(file != NULL && fread(&number, sizeof number, 1, file) == 1, "fopen");
    fclose(file);
    fake_say("random: %" PRIx64, number);
}

static void do_eventfd(const char *argument)
{
    in = eventfd((unsigned)fake_number(argument), EFD_CLOEXEC);
    need(in >= 0, "eventfd");
    far = in;
}

static void do_far_count(const char *argument)
{
    need(eventfd_write(far, (eventfd_t)fake_number(argument)) == 0, "eventfd_write");
}

static void do_timer(const char *argument)
{
    const struct itimerspec times = {{0, 1000000}, {0, fake_number(argument) * 1000000}};

    in = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    need(in >= 0 && timerfd_settime(in, 0, &times, NULL) == 0, "timerfd");
}

static void do_count(const char *argument)
{
    eventfd_t count = 0;

    (void)argument;
    int r = eventfd_read(in, &count);
    fake_say("count: %d, %" PRIu64, r, count);
}

/* --- writing --- */

static void do_write(const char *argument)
{
    struct iovec parts[2] = {{(void *)argument, 1}, {(void *)(argument + 1), strlen(argument) - 1}};

    fake_say("write: %zd", write(in, argument, strlen(argument)));
    fake_say("writev: %zd", writev(in, parts, 2));
}

static void do_send(const char *argument)
{
    struct iovec part = {(void *)argument, strlen(argument)};
    const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    fake_say("send: %zd", send(in, argument, strlen(argument), MSG_NOSIGNAL));
    fake_say("sendto: %zd", sendto(in, argument, strlen(argument), 0, NULL, 0));
    fake_say("sendmsg: %zd", sendmsg(in, &message, 0));
    fake_say("shutdown: %d", shutdown(in, SHUT_WR));
}

/* --- waiting, with an eval for every answer that is "nothing yet" --- */

static bool ready_by_poll(void)
{
    struct pollfd fds[2] = {{.fd = -1, .events = POLLIN}, {.fd = in, .events = POLLIN}};

    return poll(fds, 2, 0) == 1 && (fds[1].revents & POLLIN) != 0;
}

static bool ready_by_ppoll(void)
{
    const struct timespec now = {0, 0};
    struct pollfd fds = {.fd = in, .events = POLLIN};

    return ppoll(&fds, 1, &now, NULL) == 1;
}

static bool ready_by_select(void)
{
    struct timeval now = {0, 0};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(in, &set);
    return select(in + 1, &set, NULL, NULL, &now) == 1 && FD_ISSET(in, &set);
}

static bool ready_by_pselect(void)
{
    const struct timespec now = {0, 0};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(in, &set);
    return pselect(in + 1, &set, NULL, NULL, &now, NULL) == 1 && FD_ISSET(in, &set);
}

static bool ready_by_epoll(void)
{
    static int epoll = -1;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 77};

    if (epoll < 0) {
        epoll = epoll_create1(EPOLL_CLOEXEC);
        need(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, in, &event) == 0, "epoll");
        event.data.u64 = 0;
    }
    return epoll_wait(epoll, &event, 1, 0) == 1 && event.data.u64 == 77;
}

static bool ready_by_ioctl(void)
{
    int count = -1;

    return ioctl(in, FIONREAD, &count) == 0 && count > 0;
}

static bool ready_by_peek(void)
{
    char byte;

    return recv(in, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static bool ready_by_read(void)
{
    char byte;

    ssize_t got = read(in, &byte, 1);
    if (got < 0 && errno != EAGAIN)
        fake_say("read: %s", strerrorname_np(errno));
    else if (got > 0)
        fake_say("first byte: %c", byte);
    return got > 0;
}

static atomic_bool flag;

static bool ready_by_flag(void)
{
    return atomic_load(&flag);
}

/* STEPS, and then the flag. */
static void do_flagged(const char *argument)
{
    fake_run(argument);
    atomic_store(&flag, true);
}

static void hear_alarm(int signal)
{
    (void)signal;
}

/* After so many milliseconds, again and again, without SA_RESTART. */
static void do_interrupt(const char *argument)
{
    const struct itimerval timer = {{0, fake_number(argument) * 1000}, {0, fake_number(argument) * 1000}};
    struct sigaction action = {.sa_handler = hear_alarm};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void do_until(const char *argument)
{
    static const struct {
        const char *name;
        bool (*ready)(void);
    } ways[] = {
        {"poll", ready_by_poll},       {"ppoll", ready_by_ppoll}, {"select", ready_by_select},
        {"pselect", ready_by_pselect}, {"epoll", ready_by_epoll}, {"ioctl", ready_by_ioctl},
        {"peek", ready_by_peek},       {"flag", ready_by_flag},   {"read", ready_by_read},
    };

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argument, ways[i].name) == 0) {
            long tries = 0;
            for (; !ways[i].ready(); tries++)
                fake_run("eval:1");
            fake_say("%s: %ld tries", argument, tries);
            return;
        }
    fake_give_up("fake: there is no way %s", argument);
}

const struct fake_step fake_input[] = {
    {"pair", do_pair},
    {"pipe", do_pipe},
    {"far_write", do_far_write},
    {"far_connect", do_far_connect},
    {"far_accept", do_far_accept},
    {"far_count", do_far_count},
    {"nonblock", do_nonblock},
    {"fifo", do_fifo},
    {"open_read", do_open_read},
    {"open_write", do_open_write},
    {"listen", do_listen},
    {"connect", do_connect},
    {"accept", do_accept},
    {"read", do_read},
    {"readv", do_readv},
    {"recv", do_recv},
    {"recvfrom", do_recvfrom},
    {"recvmsg", do_recvmsg},
    {"getchar", do_getchar},
    {"fgets", do_fgets},
    {"fread", do_fread},
    {"getline", do_getline},
    {"gulp", do_gulp},
    {"random", do_random},
    {"eventfd", do_eventfd},
    {"timer", do_timer},
    {"count", do_count},
    {"write", do_write},
    {"send", do_send},
    {"flagged", do_flagged},
    {"interrupt", do_interrupt},
    {"until", do_until},
    {NULL, NULL},
};
