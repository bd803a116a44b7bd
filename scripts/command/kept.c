/* SPDX-License-Identifier: MIT */
/* See kept.h. A path to a socket may be 107 bytes long, that of a run directory may be longer: it is met by
 * the descriptor of the directory. */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "kept_why.h"
#include "others.h"
#include "say.h"

#define HELLO_S 10 /* it may be at work, or the machine busy */
#define LOOK_S  1  /* so long nothing is heard of it: has somebody stopped it? */

void kept_packet_add(struct kept_packet *packet, const char *name, const char *value)
{
    const size_t left = packet->length < sizeof packet->bytes ? sizeof packet->bytes - packet->length : 0;
    const int length = snprintf(left > 0 ? packet->bytes + packet->length : NULL, left, "%s%s%s", name,
                                value != NULL ? "=" : "", value != NULL ? value : "");

    packet->length += (size_t)length + 1;
}

int kept_send(int connection, const struct kept_packet *packet, int descriptor)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {0};
    struct iovec part = {(void *)packet->bytes, packet->length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (packet->length > sizeof packet->bytes)
        return -E2BIG;
    if (descriptor >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptor);
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    return sendmsg(connection, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Who has answered and ended without having read what we sent last (a stop) resets the connection, and the
 * kernel tells of that before it hands out the answer, which is still there. */
static ssize_t receive(int connection, struct msghdr *message)
{
    const ssize_t length = recvmsg(connection, message, MSG_CMSG_CLOEXEC);

    return length < 0 && errno == ECONNRESET ? recvmsg(connection, message, MSG_CMSG_CLOEXEC) : length;
}

ssize_t kept_receive(int connection, struct kept_packet *packet)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))] = {0};
    struct iovec part = {packet->bytes, sizeof packet->bytes};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    const ssize_t length = receive(connection, &message);
    const struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    struct ucred sender = {.pid = 0};

    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
        memcpy(&sender, CMSG_DATA(header), sizeof sender);
    packet->sender = sender.pid;
    packet->length = length > 0 ? (size_t)length : 0;
    return length < 0 ? -errno : length;
}

static int connect_in(const char *run, uint64_t rung)
{
    char name[KEPT_NAME_SIZE];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = HELLO_S}, look = {.tv_sec = LOOK_S};
    const int directory = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const int fd = directory < 0 ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int r = fd < 0 ? -errno : 0;

    kept_message_name(name, KEPT_SOCKET, rung);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
    if (r == 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        r = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? fd : -errno;
        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(const int){1}, sizeof(int));
    }
    if (r < 0 && fd >= 0)
        close(fd);
    if (directory >= 0)
        close(directory);
    return r;
}

static void say_gone(const char *run, uint64_t rung, int error)
{
    char why[KEPT_WHY_SIZE];

    kept_why_describe(why, run, rung, error);
    say("%s", why);
}

/* The process that has opened the socket, where somebody has stopped it; 0: nobody has, or it cannot be seen.
 */
static pid_t find_stopped(int connection)
{
    struct ucred peer = {.pid = 0};
    socklen_t size = sizeof peer;

    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
        return 0;
    return others_is_stopped(peer.pid) ? peer.pid : 0;
}

static ssize_t await_hello(int connection, struct kept_packet *hello)
{
    ssize_t length = -EAGAIN;

    for (int i = HELLO_S / LOOK_S; i > 0; i--) {
        while ((length = kept_receive(connection, hello)) == -EINTR)
            continue; /* who is impatient is heard when it was asked */
        if (length != -EAGAIN || find_stopped(connection) != 0)
            break;
    }
    return length;
}

static void say_silent(int connection, const char *run, uint64_t rung)
{
    const pid_t stopped = find_stopped(connection);
    char which[32] = "";

    if (rung != 0)
        snprintf(which, sizeof which, " %" PRIu64, rung);
    if (stopped != 0)
        say("the kept snapshot%s of %s does not answer: process %d is stopped; kill -CONT %d lets it go on",
            which, run, stopped, stopped);
    else
        say("the kept snapshot%s of %s does not answer", which, run);
}

/* It begins with its release: what is asked for then is for the same release alone. */
static bool is_greeted(int connection, const char *run, uint64_t rung)
{
    static struct kept_packet hello;
    const struct timeval forever = {.tv_sec = 0};
    const ssize_t length = await_hello(connection, &hello);
    const char *at = hello.bytes, *end = hello.bytes + hello.length;
    const char *word = length > 0 ? kept_message_next(&at, end) : NULL;
    const char *release = word != NULL ? kept_message_next(&at, end) : NULL;

    if (release != NULL && strcmp(word, KEPT_REFUSED) == 0)
        say("the kept snapshot of %s refuses: %s", run, release);
    else if (length == 0) /* it was about to die */
        say_gone(run, rung, ECONNREFUSED);
    else if (release == NULL)
        say_silent(connection, run, rung);
    else if (strcmp(word, KEPT_HELLO) != 0 || strcmp(release, COMMAND_VERSION) != 0)
        say("the kept snapshot of %s is of lightsss %s, and this is " COMMAND_VERSION
            "; use the command of that release",
            run, release);
    else
        return setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever) == 0;
    return false;
}

int kept_probe(const char *run, uint64_t rung)
{
    const int connection = connect_in(run, rung);

    if (connection >= 0)
        close(connection);
    return connection < 0 ? connection : 0;
}

bool kept_is_awake(const char *run, uint64_t rung)
{
    const int connection = connect_in(run, rung);
    const bool is_awake = connection >= 0 && find_stopped(connection) == 0;

    if (connection >= 0)
        close(connection);
    return is_awake;
}

void kept_leave_word(const char *run, uint64_t rung, const struct kept_packet *request)
{
    const int connection = connect_in(run, rung);

    if (connection < 0)
        return;
    if (find_stopped(connection) != 0)
        kept_send(connection, request, -1);
    close(connection);
}

/* Returns a connection, greeted; or -1, having said why there is none. */
static int reach(const char *run, uint64_t rung)
{
    const int connection = connect_in(run, rung);

    if (connection < 0) {
        say_gone(run, rung, -connection);
        return -1;
    }
    if (is_greeted(connection, run, rung))
        return connection;
    close(connection);
    return -1;
}

int kept_ask(const char *run, uint64_t rung, const struct kept_packet *request, int descriptor)
{
    const int connection = reach(run, rung);
    const int r = connection < 0 ? 0 : kept_send(connection, request, descriptor);

    if (r == -E2BIG)
        say("that is too much for one request");
    else if (r < 0)
        say("the kept snapshot of %s cannot be reached: %s", run, strerror(-r));
    if (r < 0)
        close(connection);
    return r < 0 ? -1 : connection;
}

/* What an answer says behind this word; NULL: it begins with another one. */
static const char *find_behind(const struct kept_packet *answer, const char *word)
{
    const char *at = answer->bytes, *end = answer->bytes + answer->length;
    const char *first = kept_message_next(&at, end);

    return first != NULL && strcmp(first, word) == 0 ? kept_message_next(&at, end) : NULL;
}

const char *kept_refusal(const struct kept_packet *answer)
{
    return find_behind(answer, KEPT_REFUSED);
}

const char *kept_answered(const char *run, const struct kept_packet *answer, const char *word)
{
    const char *what = find_behind(answer, word), *refusal = kept_refusal(answer);

    if (what == NULL && refusal != NULL)
        say("the kept snapshot of %s refuses: %s", run, refusal);
    else if (what == NULL)
        say("the kept snapshot of %s says what this release does not know", run);
    return what;
}
