/* SPDX-License-Identifier: MIT */
/* A process beside the program's that decides about its system calls: see supervise.h. */
#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void answer_one(int listener, supervise_refuse *refuse)
{
    struct seccomp_notif call = {0};
    struct seccomp_notif_resp response = {0};

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
        return;
    response.id = call.id;
    long answer = refuse(&call);
    if (answer == 0)
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else if (answer < 0)
        response.error = (int)answer;
    else
        response.val = answer;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response); /* who asked may be dead by now */
}

/* Until nobody is left who could ask. */
static _Noreturn void answer_all(int listener, supervise_refuse *refuse)
{
    struct pollfd asked = {.fd = listener, .events = POLLIN};

    while (poll(&asked, 1, -1) >= 0 || errno == EINTR) {
        if ((asked.revents & POLLIN) != 0)
            answer_one(listener, refuse);
        else if ((asked.revents & POLLHUP) != 0)
            break;
    }
    _exit(0);
}

static _Noreturn void give_up(const char *what)
{
    perror(what);
    _exit(77);
}

static void send_descriptor(int socket, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec byte = {"", 1};
    struct msghdr message = {
        .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    *header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(socket, &message, 0) != 1)
        give_up("supervise: sendmsg");
}

static int receive_descriptor(int socket)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int fd;

    if (recvmsg(socket, &message, 0) != 1 || CMSG_FIRSTHDR(&message) == NULL)
        _exit(0);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

/* Nobody's child, and in no session that is looked through for what is left of the program. */
static int start_supervisor(supervise_refuse *refuse)
{
    int sockets[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        give_up("supervise: socketpair");
    pid_t between = fork();
    if (between == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        close_range(0, 2, 0);
        close(sockets[0]);
        answer_all(receive_descriptor(sockets[1]), refuse);
    }
    waitpid(between, NULL, 0);
    close(sockets[1]);
    return sockets[0];
}

static int install_filter(const long *numbers, size_t numbers_count)
{
    struct sock_filter filter[2 * SUPERVISE_CALLS_MAX + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned short count = 1;

    for (size_t i = 0; i < numbers_count && i < SUPERVISE_CALLS_MAX; i++) {
        filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)numbers[i], 0, 1);
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {count, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up("supervise: prctl");
    /* Else a signal that comes while the supervisor thinks would have a call made, and counted, twice. */
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

void supervise(const long *numbers, size_t count, supervise_refuse *refuse)
{
    int socket = start_supervisor(refuse);
    int listener = install_filter(numbers, count);

    if (listener < 0)
        give_up("supervise: seccomp (needs Linux 5.19)");
    send_descriptor(socket, listener);
    close(listener);
    close(socket);
}
