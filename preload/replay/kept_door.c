/* SPDX-License-Identifier: MIT */
/* See kept_door.h. A path to a socket may be 107 bytes long: so it is made and met from inside the directory.
 */
#define _GNU_SOURCE
#include "replay/kept_door.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/high_number.h"
#include "base/kernel.h"
#include "base/text.h"
#include "replay/kept_line.h"
#include "run/run_directory.h"
#include "version.h"

#define WAITING_MAX  16 /* in the kernel's queue */
#define PRIVATE_MASK 0177

static int door_fd = -1;
static char name[KEPT_NAME_SIZE];
static struct stat own; /* what has that name: another may have its place by now */

/* The working directory is the simulator's, and so are the rights of what it makes. */
static int bind_here(int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, name, sizeof name);
    const long mask = raw_syscall1(SYS_umask, PRIVATE_MASK);
    const int r = (int)raw_syscall3(SYS_bind, fd, &address, sizeof address);

    raw_syscall1(SYS_umask, mask);
    return r;
}

static int bind_in(int directory, int fd)
{
    const int here = kernel_open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    kernel_unlinkat(directory, name, 0);
    int r = here < 0 ? here : (int)raw_syscall1(SYS_fchdir, directory);
    if (r == 0)
        r = bind_here(fd);
    if (here >= 0)
        raw_syscall1(SYS_fchdir, here);
    kernel_close(here);
    return r != 0 ? r : kernel_fstatat(directory, name, &own, AT_SYMLINK_NOFOLLOW);
}

int kept_door_open(uint64_t rung)
{
    const int kind = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const int directory = run_directory_take();
    const int fd = (int)raw_syscall3(SYS_socket, AF_UNIX, kind, 0);

    kept_message_name(name, KEPT_SOCKET, rung);
    int r = directory < 0 ? directory : fd < 0 ? fd : bind_in(directory, fd);
    if (r == 0)
        r = (int)raw_syscall2(SYS_listen, fd, WAITING_MAX);
    run_directory_leave(directory);
    if (r < 0) {
        kernel_close(fd);
        return r;
    }
    door_fd = high_number_move(fd);
    return 0;
}

int kept_door_fd(void)
{
    return door_fd;
}

static bool is_own(int directory)
{
    struct stat now;

    return kernel_fstatat(directory, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == own.st_ino &&
           now.st_dev == own.st_dev;
}

bool kept_door_is_there(void)
{
    const int directory = run_directory_take();
    const bool is_there = directory >= 0 && is_own(directory);

    run_directory_leave(directory);
    return is_there;
}

/* --- who comes --- */

static bool find_peer(int connection, struct ucred *peer)
{
    socklen_t size = sizeof *peer;

    return raw_syscall5(SYS_getsockopt, connection, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0;
}

static bool is_allowed(int connection)
{
    struct ucred peer;

    return find_peer(connection, &peer) && (peer.uid == kernel_geteuid() || peer.uid == 0);
}

pid_t kept_door_peer(const struct kept_door_request *request)
{
    struct ucred peer;

    return find_peer(request->connection, &peer) ? peer.pid : 0;
}

static void greet(int connection)
{
    static const char hello[] = KEPT_HELLO "\0" LIGHTSSS_VERSION;
    const struct timeval patience = {.tv_sec = 1};

    raw_syscall5(SYS_setsockopt, connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    raw_syscall6(SYS_sendto, connection, hello, sizeof hello, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
}

/* There is room for one: the kernel drops what else came. */
static int take_descriptor(struct msghdr *message)
{
    const struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int fd = -1;

    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

static bool receive(int connection, struct kept_door_request *request)
{
    static char bytes[KEPT_MESSAGE_SIZE];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_LEN(sizeof(int))};
    const long length = raw_syscall3(SYS_recvmsg, connection, &message, MSG_CMSG_CLOEXEC);

    if (length <= 0) {
        kernel_close(length < 0 ? -1 : take_descriptor(&message));
        return false;
    }
    *request = (struct kept_door_request){
        .connection = connection,
        .error_output = take_descriptor(&message),
        .at = bytes,
        .end = bytes + length,
    };
    request->what = kept_message_next(&request->at, request->end);
    if (request->what != NULL && (message.msg_flags & MSG_TRUNC) == 0)
        return true;
    kept_line_refuse(connection, "the request is too long, or none");
    kernel_close(request->error_output);
    return false;
}

bool kept_door_accept(struct kept_door_request *request)
{
    const int fd = (int)raw_syscall4(SYS_accept4, door_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return false;
    const int connection = high_number_move(fd);
    if (is_allowed(connection)) {
        greet(connection);
        if (receive(connection, request))
            return true;
    } else {
        kept_line_refuse(connection, "it is another user's");
    }
    kernel_close(connection);
    return false;
}

/* --- it goes --- */

void kept_door_leave(void)
{
    kernel_close(door_fd);
    door_fd = -1;
}

void kept_door_close(void)
{
    const int directory = run_directory_take();

    if (directory >= 0 && is_own(directory))
        kernel_unlinkat(directory, name, 0);
    run_directory_leave(directory);
    kept_door_leave();
}
