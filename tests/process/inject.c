/* SPDX-License-Identifier: MIT */
/* inject STATE PROGRAM [ARGUMENT...]: runs the program and makes a call of the library fail, as the
 * file STATE says (inject.h). The kernel asks a supervisor, a process beside the program's, about each call
 * of that kind; by the instruction's address that one knows whose it is. The program sees no signal and no
 * debugger. */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANGES_MAX 512

/* Code that is mapped, whoever's it is. */
struct range {
    uint64_t first, end, offset;
    bool ours;
    char name[64];
};

static struct inject_state *state;
static struct range ranges[RANGES_MAX];
static unsigned range_count;
static pid_t original;

/* --- the supervisor --- */

/* "first-end rights offset device inode path" */
static void add_range(char *line)
{
    char *rest, *rights;
    uint64_t first = strtoull(line, &rest, 16);

    if (*rest != '-' || range_count == RANGES_MAX)
        return;
    struct range *range = &ranges[range_count];
    *range = (struct range){.first = first, .end = strtoull(rest + 1, &rights, 16)};
    if (strlen(rights) < 6 || rights[3] != 'x')
        return;
    range->offset = strtoull(rights + 6, NULL, 16);
    rest = strrchr(line, '/');
    snprintf(range->name, sizeof range->name, "%.*s", rest == NULL ? 0 : (int)strcspn(rest + 1, "\n"),
             rest == NULL ? "" : rest + 1);
    range->ours = strncmp(range->name, "liblightsss", strlen("liblightsss")) == 0;
    range_count++;
}

static void read_ranges(pid_t thread)
{
    char path[64], line[1024];

    snprintf(path, sizeof path, "/proc/%d/maps", thread);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        if (errno == EACCES || errno == EPERM)
            state->blind = 1;
        return;
    }
    range_count = 0;
    while (fgets(line, sizeof line, file) != NULL)
        add_range(line);
    fclose(file);
}

static const struct range *look_up(uint64_t address)
{
    for (unsigned i = 0; i < range_count; i++)
        if (address >= ranges[i].first && address < ranges[i].end)
            return &ranges[i];
    return NULL;
}

/* Addresses are not random (see main), and copies have those of their original. */
static const struct range *find_range(pid_t thread, uint64_t address)
{
    const struct range *range = look_up(address);

    if (range == NULL) {
        read_ranges(thread);
        range = look_up(address);
    }
    return range;
}

static pid_t process_of(pid_t thread)
{
    char path[64], line[256];
    pid_t process = 0;

    snprintf(path, sizeof path, "/proc/%d/status", thread);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (process == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "Tgid:", strlen("Tgid:")) == 0)
            process = (pid_t)strtol(line + strlen("Tgid:"), NULL, 10);
    fclose(file);
    return process;
}

/* Asked by libinject_libc.so, about a function of libc. */
static bool is_question(const struct seccomp_data *call)
{
    return call->nr == INJECT_QUESTION && call->args[0] >= INJECT_LIBC;
}

static unsigned index_of(long number)
{
    unsigned i = 0;

    while (inject_calls[i].name != NULL && inject_calls[i].number != number)
        i++;
    return i;
}

static uint64_t caller_of(const struct seccomp_data *call)
{
    return is_question(call) ? call->args[1] : call->instruction_pointer;
}

/* Whatever its number: who says something after the original's end has a duplicate. */
static bool is_stderr(pid_t thread, uint64_t fd)
{
    char path[64], target[PATH_MAX];

    snprintf(path, sizeof path, "/proc/%d/fd/%d", thread, (int)fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = '\0';
    const char *name = strrchr(target, '/');
    return name != NULL && strcmp(name, "/stderr") == 0; /* as run_program() calls it */
}

static bool is_to_fail(const struct seccomp_notif *call, const struct range *range)
{
    unsigned role = process_of((pid_t)call->pid) == original ? INJECT_ORIGINAL : INJECT_COPY;
    bool asked = is_question(&call->data);
    unsigned index = index_of(asked ? (long)call->data.args[0] : call->data.nr);
    unsigned count = ++state->counts[role][index];

    if (state->nth == 0 || role != state->role || index != state->call ||
        (state->lasting ? count < state->nth : count != state->nth))
        return false;
    if (!asked && is_stderr((pid_t)call->pid, call->data.args[0]))
        state->mute++;
    if (state->failed++ == 0) {
        state->argument = asked ? 0 : call->data.args[0];
        state->place = caller_of(&call->data) - range->first + range->offset;
        memcpy(state->library, range->name, sizeof state->library);
    }
    return true;
}

static void answer(int listener)
{
    struct seccomp_notif call = {0};
    struct seccomp_notif_resp response = {0};

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
        return;
    const struct range *range = find_range((pid_t)call.pid, caller_of(&call.data));
    response.id = call.id;
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (range != NULL && (range->ours || is_question(&call.data)) && is_to_fail(&call, range)) {
        response.flags = 0;
        response.error = -(int)state->error;
    }
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response); /* who asked may be dead by now */
}

/* Until nobody is left who could ask. */
static _Noreturn void supervise(int listener)
{
    struct pollfd asked = {.fd = listener, .events = POLLIN};

    while (poll(&asked, 1, -1) >= 0 || errno == EINTR) {
        if ((asked.revents & POLLIN) != 0)
            answer(listener);
        else if ((asked.revents & POLLHUP) != 0)
            break;
    }
    _exit(0);
}

/* --- the way there --- */

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
        give_up("inject: sendmsg");
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
static int start_supervisor(void)
{
    int sockets[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        give_up("inject: socketpair");
    original = getpid();
    pid_t between = fork();
    if (between == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        close_range(0, 2, 0);
        close(sockets[0]);
        supervise(receive_descriptor(sockets[1]));
    }
    waitpid(between, NULL, 0);
    close(sockets[1]);
    return sockets[0];
}

static int install_filter(void)
{
    struct sock_filter filter[2 * INJECT_CALLS_MAX + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned short count = 1;

    for (unsigned i = 0; inject_calls[i].name != NULL; i++) {
        if (state->nth != 0 && i != state->call)
            continue;
        long number = inject_calls[i].number < INJECT_LIBC ? inject_calls[i].number : INJECT_QUESTION;
        filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1);
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {count, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up("inject: prctl");
    /* Else a signal that comes while the supervisor thinks would have a call made, and counted, twice. */
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: inject STATE PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    int file = open(argv[1], O_RDWR | O_CLOEXEC);
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || state == MAP_FAILED)
        give_up(argv[1]);
    personality(ADDR_NO_RANDOMIZE);
    int socket = start_supervisor();
    int listener = install_filter();
    if (listener < 0)
        give_up("inject: seccomp (needs Linux 5.19)");
    send_descriptor(socket, listener);
    close(listener);
    close(socket);
    close(file);
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
