/* SPDX-License-Identifier: MIT */
/* Calls that read and write, and those of files and children: see fake_calls.c. */
#define _GNU_SOURCE
#include "fake_calls.h"

#include "fake_steps.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* --- asynchronous input and output --- */

static aio_context_t an_aio(void)
{
    aio_context_t context = 0;

    syscall(SYS_io_setup, 4, &context);
    return context;
}

long call_io_getevents(struct blocked *self)
{
    aio_context_t context = an_aio();
    struct io_event event;

    return MAKE_RAW(SYS_io_getevents, context, 1, 1, &event, &fake_limit, 0);
}

long call_io_pgetevents(struct blocked *self)
{
    aio_context_t context = an_aio();
    struct io_event event;

    return MAKE_RAW(SYS_io_pgetevents, context, 1, 1, &event, &fake_limit, 0);
}

long call_io_uring_enter(struct blocked *self)
{
    struct io_uring_params parameters = {0};
    struct io_uring_getevents_arg extended = {.ts = (uintptr_t)&fake_limit};
    long fd = syscall(SYS_io_uring_setup, 4, &parameters);

    return MAKE_RAW(SYS_io_uring_enter, fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &extended,
                    sizeof extended);
}

/* --- sockets that have a timeout of their own --- */

static int a_socket(int option)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ||
        setsockopt(fds[0], SOL_SOCKET, option, &fake_limit_us, sizeof fake_limit_us) != 0)
        fake_give_up("fake: no socket");
    return fds[0];
}

static int a_full_socket(void)
{
    static const char text[LONG_TEXT];
    int fd = a_socket(SO_SNDTIMEO);

    while (send(fd, text, sizeof text, MSG_DONTWAIT) > 0)
        continue;
    return fd;
}

/* One that listens and has as many callers as it takes; for a caller that waits, or for one that accepts. */
static int a_listener(struct sockaddr_storage *address, socklen_t *length, int family, bool is_full)
{
    const struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const sa_family_t unnamed = AF_UNIX;
    int fd = socket(family, SOCK_STREAM, 0);
    bool is_local = family == AF_UNIX;

    if (bind(fd, is_local ? (const struct sockaddr *)&unnamed : (const struct sockaddr *)&loopback,
             is_local ? sizeof unnamed : sizeof loopback) != 0 ||
        listen(fd, 0) != 0)
        fake_give_up("fake: no listener");
    *length = sizeof *address;
    getsockname(fd, (struct sockaddr *)address, length);
    for (int i = 0; is_full && i < 4; i++) {
        int caller = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(caller, (struct sockaddr *)address, *length);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &fake_limit_us, sizeof fake_limit_us);
    return fd;
}

long call_read(struct blocked *self)
{
    int fd = a_socket(SO_RCVTIMEO);
    char text[8];

    return MAKE(read(fd, text, sizeof text), SYS_read, fd, text, sizeof text, 0, 0, 0);
}

long call_readv(struct blocked *self)
{
    int fd = a_socket(SO_RCVTIMEO);
    char text[8];
    struct iovec part = {text, sizeof text};

    return MAKE(readv(fd, &part, 1), SYS_readv, fd, &part, 1, 0, 0, 0);
}

long call_recvfrom(struct blocked *self)
{
    int fd = a_socket(SO_RCVTIMEO);
    char text[8];

    return MAKE(recv(fd, text, sizeof text, 0), SYS_recvfrom, fd, text, sizeof text, 0, 0, 0);
}

long call_recvmsg(struct blocked *self)
{
    int fd = a_socket(SO_RCVTIMEO);
    char text[8];
    struct iovec part = {text, sizeof text};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    return MAKE(recvmsg(fd, &message, 0), SYS_recvmsg, fd, &message, 0, 0, 0, 0);
}

long call_recvmmsg(struct blocked *self)
{
    int fd = a_socket(SO_RCVTIMEO);
    char text[8];
    struct iovec part = {text, sizeof text};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};

    return MAKE(recvmmsg(fd, &message, 1, 0, NULL), SYS_recvmmsg, fd, &message, 1, 0, 0, 0);
}

long call_accept(struct blocked *self)
{
    struct sockaddr_storage address;
    socklen_t length;
    int fd = a_listener(&address, &length, AF_UNIX, false);

    return MAKE(accept(fd, NULL, NULL), SYS_accept, fd, 0, 0, 0, 0, 0);
}

long call_accept4(struct blocked *self)
{
    struct sockaddr_storage address;
    socklen_t length;
    int fd = a_listener(&address, &length, AF_INET, false);

    return MAKE(accept4(fd, NULL, NULL, 0), SYS_accept4, fd, 0, 0, 0, 0, 0);
}

long call_write(struct blocked *self)
{
    int fd = a_full_socket();

    return MAKE(write(fd, "x", 1), SYS_write, fd, "x", 1, 0, 0, 0);
}

long call_writev(struct blocked *self)
{
    int fd = a_full_socket();
    struct iovec part = {"x", 1};

    return MAKE(writev(fd, &part, 1), SYS_writev, fd, &part, 1, 0, 0, 0);
}

long call_sendto(struct blocked *self)
{
    int fd = a_full_socket();

    return MAKE(send(fd, "x", 1, 0), SYS_sendto, fd, "x", 1, 0, 0, 0);
}

long call_sendmsg(struct blocked *self)
{
    int fd = a_full_socket();
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    return MAKE(sendmsg(fd, &message, 0), SYS_sendmsg, fd, &message, 0, 0, 0, 0);
}

long call_sendmmsg(struct blocked *self)
{
    int fd = a_full_socket();
    struct iovec part = {"x", 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};

    return MAKE(sendmmsg(fd, &message, 1, 0), SYS_sendmmsg, fd, &message, 1, 0, 0, 0);
}

/* Of the network, and of this machine alone, which says something else when the time is over. */
long call_connect(struct blocked *self)
{
    struct sockaddr_storage address;
    socklen_t length;
    int family = self->entry == ENTRY_SYSCALL ? AF_UNIX : AF_INET;

    a_listener(&address, &length, family, true);
    int fd = socket(family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &fake_limit_us, sizeof fake_limit_us);
    return MAKE(connect(fd, (struct sockaddr *)&address, length), SYS_connect, fd, &address, length, 0, 0, 0);
}

/* --- files and children --- */

static const char *fifo_of(const struct blocked *self, char name[64])
{
    snprintf(name, 64, "fifo-%s-%d", self->name, (int)self->entry);
    return name;
}

static void a_fifo(const struct blocked *self, char name[64])
{
    if (mkfifo(fifo_of(self, name), 0600) != 0)
        fake_give_up("fake: no fifo");
}

void fake_calls_remove_file(const struct blocked *self)
{
    char name[64];

    unlink(fifo_of(self, name));
}

void end_open(struct blocked *self)
{
    char name[64];

    fifo_of(self, name);
    self->other = open(name, O_RDWR | O_CLOEXEC);
}

long call_open(struct blocked *self)
{
    char name[64];

    a_fifo(self, name);
    return MAKE(open(name, O_RDONLY | O_CLOEXEC), SYS_open, name, O_RDONLY | O_CLOEXEC, 0, 0, 0, 0) >= 0 ? 0
                                                                                                         : -1;
}

long call_openat(struct blocked *self)
{
    char name[64];

    a_fifo(self, name);
    long fd = MAKE(openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC), SYS_openat, AT_FDCWD, name,
                   O_RDONLY | O_CLOEXEC, 0, 0, 0);
    return fd >= 0 ? 0 : fd;
}

/* A file that is open twice; where it is locked is the other descriptor. */
static void a_file(struct blocked *self)
{
    char name[64];

    snprintf(name, sizeof name, "file-%s-%d", self->name, (int)self->entry);
    self->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    self->other = open(name, O_RDWR | O_CLOEXEC);
}

long call_flock(struct blocked *self)
{
    a_file(self);
    flock(self->other, LOCK_EX);
    return MAKE(flock(self->fd, LOCK_EX), SYS_flock, self->fd, LOCK_EX, 0, 0, 0, 0);
}

void end_flock(struct blocked *self)
{
    flock(self->other, LOCK_UN);
}

long call_fcntl(struct blocked *self)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    a_file(self);
    fcntl(self->other, F_OFD_SETLK, &lock);
    return MAKE(fcntl(self->fd, F_OFD_SETLKW, &lock), SYS_fcntl, self->fd, F_OFD_SETLKW, &lock, 0, 0, 0);
}

void end_fcntl(struct blocked *self)
{
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

    fcntl(self->other, F_OFD_SETLK, &lock);
}

static void a_child(struct blocked *self)
{
    self->child = fork();
    if (self->child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
}

void end_child(struct blocked *self)
{
    kill(self->child, SIGKILL);
}

long call_wait4(struct blocked *self)
{
    a_child(self);
    return MAKE(wait4(self->child, NULL, 0, NULL), SYS_wait4, self->child, 0, 0, 0, 0, 0) == self->child ? 0
                                                                                                         : -1;
}

long call_waitid(struct blocked *self)
{
    a_child(self);
    return MAKE(waitid(P_PID, (id_t)self->child, NULL, WEXITED), SYS_waitid, P_PID, self->child, 0, WEXITED,
                0, 0);
}
