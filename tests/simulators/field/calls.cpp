// SPDX-License-Identifier: MIT
// A testbench with helper threads that are inside system calls while it evaluates: calls [--cycles N]
// [--trace FILE] [--fail KIND@CYCLE]. Each call waits in vain for the same time, or for what the main thread
// does at the end. What each returned is printed at last, or written to a file, and whether it took that
// time.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iterator>
#include <thread>

#include <linux/futex.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "Valpha.h"
#include "campaign.h"
#include "seconds.h"
#include "trace.h"

static const long limit_ms = 400;
static const double limit_s = 1e-3 * limit_ms, early_s = 2e-3; // clocks differ
static const timespec limit = {0, limit_ms * 1000000};
static const timeval limit_us = {0, limit_ms * 1000};

struct Message {
    long type;
    char text[4096];
};

struct Call {
    const char *name;
    long (*make)();
    bool ends_by_time = true;
    long result = 0;
    double took_s = 0;
    std::thread thread;
};

static int queue, semaphores;
static int full_queue, empty_queue, other_semaphores; // that are removed while somebody waits
static std::atomic<unsigned> ready;

static int socket_with(int option)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    setsockopt(pair[0], SOL_SOCKET, option, &limit_us, sizeof(limit_us));
    return pair[0];
}

static long send_to_full()
{
    static const char text[1 << 16] = "";
    const int fd = socket_with(SO_SNDTIMEO);
    while (send(fd, text, sizeof(text), MSG_DONTWAIT) > 0)
        continue;
    return send(fd, text, sizeof(text), 0);
}

static long receive_message()
{
    char byte;
    iovec part = {&byte, 1};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return recvmsg(socket_with(SO_RCVTIMEO), &message, 0);
}

static long send_message(int to)
{
    const Message message = {1, ""};
    while (msgsnd(to, &message, sizeof(message.text), IPC_NOWAIT) == 0)
        continue;
    return msgsnd(to, &message, sizeof(message.text), 0);
}

static long receive_nothing()
{
    Message message;
    return msgrcv(empty_queue, &message, sizeof(message.text), 0, 0);
}

static long enter_ring()
{
    io_uring_params parameters = {};
    io_uring_getevents_arg more = {};
    more.ts = reinterpret_cast<uintptr_t>(&limit);
    const long fd = syscall(SYS_io_uring_setup, 4, &parameters);
    return syscall(SYS_io_uring_enter, fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &more,
                   sizeof(more));
}

static timespec limit_from_now()
{
    timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += limit.tv_nsec;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

static long wait_until()
{
    int word = 0;
    const timespec until = limit_from_now();
    return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

static timeval *copy_of_limit()
{
    static timeval left = limit_us;
    return &left;
}

static long wait_for_signal()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return sigtimedwait(&set, nullptr, &limit);
}

// How long a machine as busy as this one makes the same time.
static long sleep_until()
{
    timespec until = limit_from_now();
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR)
        continue;
    return 0;
}

static int word;
static char byte;
static epoll_event event;
static sembuf take = {0, -1, 0};

static Call calls[] = {
    {"recv", [] { return static_cast<long>(recv(socket_with(SO_RCVTIMEO), &byte, 1, 0)); }},
    {"recvmsg", receive_message},
    {"send", send_to_full},
    {"msgsnd", [] { return send_message(queue); }, false},
    {"msgsnd, removed", [] { return send_message(full_queue); }, false},
    {"msgrcv, removed", receive_nothing, false},
    {"semop, removed", [] { return static_cast<long>(semop(other_semaphores, &take, 1)); }, false},
    {"semtimedop", [] { return static_cast<long>(semtimedop(semaphores, &take, 1, &limit)); }},
    {"sigtimedwait", wait_for_signal},
    {"poll", [] { return static_cast<long>(poll(nullptr, 0, limit_ms)); }},
    {"select", [] { return static_cast<long>(select(0, nullptr, nullptr, nullptr, copy_of_limit())); }},
    {"syscall(io_uring_enter)", enter_ring},
    {"syscall(futex)", [] { return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, 0, 0); }},
    {"syscall(futex) until", wait_until},
    {"syscall(poll)", [] { return syscall(SYS_poll, nullptr, 0, limit_ms); }},
    {"syscall(epoll_wait)", [] { return syscall(SYS_epoll_wait, epoll_create1(0), &event, 1, limit_ms); }},
    {"syscall(nanosleep)", [] { return syscall(SYS_nanosleep, &limit, nullptr); }},
    {"sleep", sleep_until},
};

static void start(Call &call)
{
    call.thread = std::thread([&call] {
        ready++;
        const double begin_s = seconds_now();
        const long result = call.make();
        call.result = result < 0 ? -errno : result;
        call.took_s = seconds_now() - begin_s;
    });
}

static const char *time_words(const Call &call)
{
    if (call.ends_by_time && call.took_s < limit_s - early_s)
        return ", too early";
    return call.ends_by_time && call.took_s > std::end(calls)[-1].took_s + limit_s / 2 ? ", too late" : "";
}

static void finish()
{
    static Message message;
    msgctl(full_queue, IPC_RMID, nullptr);
    msgctl(empty_queue, IPC_RMID, nullptr);
    semctl(other_semaphores, 0, IPC_RMID);
    msgrcv(queue, &message, sizeof(message.text), 0, 0);
    for (Call &call : calls)
        call.thread.join();
    msgctl(queue, IPC_RMID, nullptr);
    semctl(semaphores, 0, IPC_RMID);
    FILE *file = fopen("calls", "w"); // those that a replay need not be told again
    for (const Call &call : calls)
        fprintf(strncmp(call.name, "syscall", 7) == 0 ? file : stdout, "%s: %ld%s\n", call.name, call.result,
                time_words(call));
    fclose(file);
}

int main(int argc, char **argv)
{
    const Campaign campaign(argc, argv, 1000);
    const long part = campaign.cycles > 64 ? campaign.cycles / 64 : 1;
    FieldTrace::trace_to(campaign.trace);
    VerilatedContext context;
    Valpha top(&context);
    FieldTrace trace(&context, top);
    unshare(CLONE_NEWIPC); // where that is allowed, nothing is left of a run that is killed
    for (int *made : {&queue, &full_queue, &empty_queue})
        *made = msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
    for (int *made : {&semaphores, &other_semaphores})
        *made = semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT);
    for (Call &call : calls)
        start(call);
    while (ready < std::size(calls))
        usleep(100);
    for (long i = 0; i < campaign.cycles; i++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(i);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
        if (i % part == 0) // the evals are spread over the time that the calls take
            usleep(static_cast<useconds_t>(1e6 * limit_s * static_cast<double>(part) /
                                           static_cast<double>(campaign.cycles)));
    }
    finish();
    trace.close();
    return campaign.end();
}
