/* SPDX-License-Identifier: MIT */
/* Calls that wait for descriptors, signals, times and queues: see fake_calls.c. */
#define _GNU_SOURCE
#include "fake_calls.h"

#include "fake_steps.h"

#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>

/* --- waiting for descriptors --- */

static struct pollfd a_pipe(struct blocked *self)
{
    int fds[2];

    if (pipe(fds) != 0)
        fake_give_up("fake: no pipe");
    self->fd = fds[0];
    self->other = fds[1];
    return (struct pollfd){.fd = fds[0], .events = POLLIN};
}

static int an_epoll(struct blocked *self)
{
    struct epoll_event event = {.events = EPOLLIN};

    a_pipe(self);
    int fd = epoll_create1(0);
    epoll_ctl(fd, EPOLL_CTL_ADD, self->fd, &event);
    return fd;
}

long call_poll(struct blocked *self)
{
    struct pollfd fds = a_pipe(self);

    return MAKE(poll(&fds, 1, LIMIT_MS), SYS_poll, &fds, 1, LIMIT_MS, 0, 0, 0);
}

long call_ppoll(struct blocked *self)
{
    struct pollfd fds = a_pipe(self);
    struct timespec time = fake_limit;
    sigset_t none;

    sigemptyset(&none);
    return MAKE(ppoll(&fds, 1, &time, &none), SYS_ppoll, &fds, 1, &time, &none, 8, 0);
}

/* What is left of the time is told. */
long call_select(struct blocked *self)
{
    struct timeval time = fake_limit_us;
    long r = MAKE(select(0, NULL, NULL, NULL, &time), SYS_select, 0, 0, 0, 0, &time, 0);

    return r == 0 && (time.tv_sec != 0 || time.tv_usec != 0) ? UNTOUCHED : r;
}

long call_pselect6(struct blocked *self)
{
    struct timespec time = fake_limit;
    sigset_t none;
    const uintptr_t packed[2] = {(uintptr_t)&none, 8};

    sigemptyset(&none);
    return MAKE(pselect(0, NULL, NULL, NULL, &time, &none), SYS_pselect6, 0, 0, 0, 0, &time, packed);
}

long call_epoll_wait(struct blocked *self)
{
    struct epoll_event event;
    int fd = an_epoll(self);

    return MAKE(epoll_wait(fd, &event, 1, LIMIT_MS), SYS_epoll_wait, fd, &event, 1, LIMIT_MS, 0, 0);
}

long call_epoll_pwait(struct blocked *self)
{
    struct epoll_event event;
    int fd = an_epoll(self);
    sigset_t none;

    sigemptyset(&none);
    return MAKE(epoll_pwait(fd, &event, 1, LIMIT_MS, &none), SYS_epoll_pwait, fd, &event, 1, LIMIT_MS, &none,
                8);
}

long call_epoll_pwait2(struct blocked *self)
{
    struct epoll_event event;
    int fd = an_epoll(self);

    return MAKE(epoll_pwait2(fd, &event, 1, &fake_limit, NULL), SYS_epoll_pwait2, fd, &event, 1, &fake_limit,
                0, 8);
}

/* --- waiting for signals --- */

void end_by_signal(struct blocked *self)
{
    pthread_kill(self->thread, SIGUSR2);
}

long call_pause(struct blocked *self)
{
    return MAKE(pause(), SYS_pause, 0, 0, 0, 0, 0, 0);
}

long call_rt_sigsuspend(struct blocked *self)
{
    sigset_t none;

    sigemptyset(&none);
    return MAKE(sigsuspend(&none), SYS_rt_sigsuspend, &none, 8, 0, 0, 0, 0);
}

long call_rt_sigtimedwait(struct blocked *self)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return MAKE(sigtimedwait(&set, NULL, &fake_limit), SYS_rt_sigtimedwait, &set, 0, &fake_limit, 8, 0, 0);
}

/* --- sleeping, and futexes --- */

/* What is left is told only to one that a signal has woken. */
long call_nanosleep(struct blocked *self)
{
    struct timespec rest = {UNTOUCHED, UNTOUCHED};
    struct timespec *told_rest = self->entry == ENTRY_INLINED ? NULL : &rest;
    long r = MAKE(nanosleep(&fake_limit, &rest), SYS_nanosleep, &fake_limit, told_rest, 0, 0, 0, 0);

    return r == 0 && (rest.tv_sec != UNTOUCHED || rest.tv_nsec != UNTOUCHED) ? UNTOUCHED : r;
}

long call_clock_nanosleep(struct blocked *self)
{
    struct timespec rest = {UNTOUCHED, UNTOUCHED};
    struct timespec *told_rest = self->entry == ENTRY_INLINED ? NULL : &rest;
    long r = MAKE(-clock_nanosleep(CLOCK_MONOTONIC, 0, &fake_limit, &rest), SYS_clock_nanosleep,
                  CLOCK_MONOTONIC, 0, &fake_limit, told_rest, 0, 0);

    return r == 0 && (rest.tv_sec != UNTOUCHED || rest.tv_nsec != UNTOUCHED) ? UNTOUCHED : r;
}

long call_futex(struct blocked *self)
{
    struct timespec time = fake_until(self, CLOCK_MONOTONIC);
    uint32_t word = 0;
    sem_t semaphore;

    sem_init(&semaphore, 0, 0);
    return MAKE(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &time), SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0,
                &fake_limit, 0, 0);
}

long call_futex_waitv(struct blocked *self)
{
    struct timespec time = fake_until(self, CLOCK_MONOTONIC);
    uint32_t word = 0;
    struct futex_waitv wait = {.uaddr = (uintptr_t)&word, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG};

    return MAKE_RAW(SYS_futex_waitv, &wait, 1, 0, &time, CLOCK_MONOTONIC, 0);
}

/* --- System V and POSIX queues --- */

long call_semop(struct blocked *self)
{
    struct sembuf take = {0, -1, 0};

    self->fd = semget(IPC_PRIVATE, 1, 0600);
    return MAKE(semop(self->fd, &take, 1), SYS_semop, self->fd, &take, 1, 0, 0, 0);
}

void end_semop(struct blocked *self)
{
    struct sembuf give = {0, 1, 0};

    semop(self->fd, &give, 1);
}

long call_semtimedop(struct blocked *self)
{
    struct sembuf take = {0, -1, 0};

    self->fd = semget(IPC_PRIVATE, 1, 0600);
    return MAKE(semtimedop(self->fd, &take, 1, &fake_limit), SYS_semtimedop, self->fd, &take, 1, &fake_limit,
                0, 0);
}

struct letter {
    long type;
    char text[LONG_TEXT];
};

long call_msgsnd(struct blocked *self)
{
    static const struct letter letter = {.type = 1};

    self->fd = msgget(IPC_PRIVATE, 0600);
    while (msgsnd(self->fd, &letter, LONG_TEXT, IPC_NOWAIT) == 0)
        continue;
    return MAKE(msgsnd(self->fd, &letter, LONG_TEXT, 0), SYS_msgsnd, self->fd, &letter, LONG_TEXT, 0, 0, 0);
}

void end_msgsnd(struct blocked *self)
{
    static struct letter letter;

    if (msgrcv(self->fd, &letter, LONG_TEXT, 0, 0) < 0)
        fake_give_up("fake: no message");
}

long call_msgrcv(struct blocked *self)
{
    struct letter letter;

    self->fd = msgget(IPC_PRIVATE, 0600);
    return MAKE(msgrcv(self->fd, &letter, LONG_TEXT, 0, 0), SYS_msgrcv, self->fd, &letter, LONG_TEXT, 0, 0,
                0);
}

void end_msgrcv(struct blocked *self)
{
    static const struct letter letter = {.type = 1};

    msgsnd(self->fd, &letter, 1, 0);
}

static mqd_t a_queue(struct blocked *self)
{
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[64];

    snprintf(name, sizeof name, "/lightsss-%d-%s-%d", getpid(), self->name, (int)self->entry);
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    mq_unlink(name);
    return queue;
}

long call_mq_timedsend(struct blocked *self)
{
    struct timespec time = fake_until(self, CLOCK_REALTIME);
    mqd_t queue = a_queue(self);

    mq_send(queue, "x", 1, 0);
    return MAKE(mq_timedsend(queue, "x", 1, 0, &time), SYS_mq_timedsend, queue, "x", 1, 0, &time, 0);
}

long call_mq_timedreceive(struct blocked *self)
{
    struct timespec time = fake_until(self, CLOCK_REALTIME);
    mqd_t queue = a_queue(self);
    char text[8];

    return MAKE(mq_timedreceive(queue, text, sizeof text, NULL, &time), SYS_mq_timedreceive, queue, text,
                sizeof text, 0, &time, 0);
}

void fake_calls_remove_queue(const struct blocked *self)
{
    if (self->call == call_msgsnd || self->call == call_msgrcv)
        msgctl(self->fd, IPC_RMID, NULL);
    else if (self->call == call_semop || self->call == call_semtimedop)
        semctl(self->fd, 0, IPC_RMID);
}
