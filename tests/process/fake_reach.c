/* SPDX-License-Identifier: MIT */
/* Steps by which a program reaches others: the network, other processes, the machine. Raw system calls,
 * because libc's functions are met before it comes to those. Each says how it went only where a replay is
 * told the same. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include "base/raw_syscall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in loopback(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fake_number(port))};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void do_connect(const char *argument)
{
    struct sockaddr_in address = loopback(argument);
    long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    syscall(SYS_connect, fd, &address, sizeof address);
    syscall(SYS_close, fd);
}

static void do_datagram(const char *argument)
{
    struct sockaddr_in address = loopback(argument);
    long fd = syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct iovec part = {"two", 3};
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1};

    syscall(SYS_sendto, fd, "one", 3, 0, &address, sizeof address);
    syscall(SYS_sendmsg, fd, &message, 0);
    syscall(SYS_close, fd);
}

/* Past libc, to itself. */
static void do_raw_kill(const char *argument)
{
    raw_syscall2(SYS_tkill, raw_syscall0(SYS_gettid), fake_signal(argument));
}

static void do_raw_exit(const char *argument)
{
    raw_syscall1(SYS_exit_group, fake_number(argument));
}

/* What stays inside works. */
static void do_socketpair(const char *argument)
{
    int pair[2];
    char text[16] = "";

    (void)argument;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || send(pair[0], "over", 4, 0) != 4)
        fake_give_up("fake: socketpair: %s", strerror(errno));
    fake_say("socketpair %ld %s", (long)recv(pair[1], text, sizeof text, 0), text);
    close(pair[0]);
    close(pair[1]);
}

static void do_kill_peer(const char *argument)
{
    siginfo_t information = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    long pid = fake_number(argument);

    fake_say("kill %ld", syscall(SYS_kill, pid, SIGUSR1));
    fake_say("tgkill %ld", syscall(SYS_tgkill, pid, pid, SIGUSR1));
    fake_say("queue %ld", syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &information));
}

/* Runs no handler of libc's, which are others' business. */
static void do_raw_program(const char *argument)
{
    long pid = syscall(SYS_fork);

    if (pid == 0) {
        const char *arguments[] = {"touch", argument, NULL};
        syscall(SYS_execve, "/usr/bin/touch", arguments, environ);
        syscall(SYS_exit_group, 1);
    }
    if (pid > 0)
        syscall(SYS_wait4, pid, NULL, 0, NULL);
}

static void do_shared_memory(const char *argument)
{
    long id = syscall(SYS_shmget, fake_number(argument), 4096, IPC_CREAT | IPC_EXCL | 0600);

    if (id >= 0)
        syscall(SYS_shmctl, id, IPC_RMID, NULL);
}

static void do_strange_call(const char *argument)
{
    syscall(fake_number(argument), 0, 0, 0, 0, 0, 0);
}

/* --- signals --- */

static void do_block_all(const char *argument)
{
    uint64_t all = ~UINT64_C(0);

    (void)argument;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
}

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    handled = signal;
    fake_run("write_name:handled");
}

/* A handler that blocks every signal, and one that comes back by a wait with a mask. */
static void do_handle(const char *argument)
{
    struct sigaction action = {.sa_handler = on_signal};
    const struct timespec no_time = {0, 1000};
    sigset_t all;

    (void)argument;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    fake_say("handled %d", (int)handled);
    pselect(0, NULL, NULL, NULL, &no_time, &all);
    fake_run("write_name:after");
}

static void *in_thread(void *argument)
{
    fake_run(argument);
    return NULL;
}

/* A thread that is made while every signal is blocked. */
static void do_blocked_thread(const char *argument)
{
    pthread_t thread;

    do_block_all("");
    if (pthread_create(&thread, NULL, in_thread, (void *)argument) != 0)
        fake_give_up("fake: no thread");
    pthread_join(thread, NULL);
}

/* On as little stack as a thread may have, and a bit for the steps themselves. */
static void do_small_thread(const char *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN + 4096);
    if (pthread_create(&thread, &attributes, in_thread, (void *)argument) != 0)
        fake_give_up("fake: no thread");
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

/* As a watchdog: milliseconds; 0: it is called off. Nobody handles its signal. */
static void do_alarm(const char *argument)
{
    const struct itimerval time = {.it_value = {0, fake_number(argument) * 1000}};
    struct sigaction action;

    setitimer(ITIMER_REAL, &time, NULL);
    sigaction(SIGALRM, NULL, &action);
    fake_say("SIGALRM %s", action.sa_handler == SIG_DFL ? "ends it" : "does not end it");
}

/* Says so when its time is over. */
static void on_time(int signal)
{
    (void)signal;
    fake_say("time is over");
}

static void do_timer(const char *argument)
{
    const struct sigaction action = {.sa_handler = on_time};

    sigaction(SIGALRM, &action, NULL);
    do_alarm(argument);
    pause();
}

static void on_own(int signal, siginfo_t *information, void *context)
{
    (void)context;
    fake_say("own signal %d, %s", signal, information->si_code == SI_TKILL ? "sent" : "?");
}

static void do_own_sigsys(const char *argument)
{
    struct sigaction action = {.sa_sigaction = on_own, .sa_flags = SA_SIGINFO}, before;

    (void)argument;
    sigaction(SIGSYS, &action, NULL);
    sigaction(SIGSYS, NULL, &before);
    fake_say("own action %d", before.sa_sigaction == on_own);
    raise(SIGSYS);
}

/* Gives up what root may do, as a service does when it has begun. */
static void do_become_user(const char *argument)
{
    const uid_t user = (uid_t)fake_number(argument);

    if (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0)
        fake_give_up("fake: cannot become user %u", user);
    fake_say("user %u", geteuid());
}

/* The same by system calls, as libcap makes them. */
static void do_become_user_alone(const char *argument)
{
    const long user = fake_number(argument);

    if (syscall(SYS_setgroups, 0L, NULL) != 0 || syscall(SYS_setresgid, user, user, user) != 0 ||
        syscall(SYS_setresuid, user, user, user) != 0)
        fake_give_up("fake: cannot become user %u", (unsigned)user);
    fake_say("user %u", geteuid());
}

/* A thread that gives up what it may do itself gives up nothing of the others'. */
static void *become_user(void *user)
{
    const long number = (long)(intptr_t)user;

    return (void *)(intptr_t)syscall(SYS_setresuid, number, number, number);
}

static void do_thread_becomes_user(const char *argument)
{
    pthread_t thread;
    void *refused = NULL;

    pthread_create(&thread, NULL, become_user, (void *)(intptr_t)fake_number(argument));
    pthread_join(thread, &refused);
    fake_say("thread %s, user %u", refused == NULL ? "is another user" : "is refused", geteuid());
}

/* So many evals, while the kernel ends the process at its first system call, and then its end, past libc. */
static void do_silence(const char *argument)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    char steps[32];

    snprintf(steps, sizeof steps, "eval:%s", argument);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        fake_give_up("fake: no filter");
    fake_run(steps);
    raw_syscall1(SYS_exit_group, 0);
}

/* From now on the kernel puts no memory that cannot be used in the place of other memory: the library's tape
 * of a forked child would begin so. */
static void do_no_tape(const char *argument)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROT_NONE, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_FIXED, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

    (void)argument;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        fake_give_up("fake: seccomp: %s", strerror(errno));
}

const struct fake_step fake_reach[] = {
    {"become_user", do_become_user},
    {"become_user_alone", do_become_user_alone},
    {"thread_becomes_user", do_thread_becomes_user},
    {"reach", do_connect},
    {"datagram", do_datagram},
    {"socketpair", do_socketpair},
    {"kill_peer", do_kill_peer},
    {"raw_kill", do_raw_kill},
    {"raw_exit", do_raw_exit},
    {"raw_program", do_raw_program},
    {"shared_memory", do_shared_memory},
    {"strange_call", do_strange_call},
    {"block_all", do_block_all},
    {"handle", do_handle},
    {"blocked_thread", do_blocked_thread},
    {"small_thread", do_small_thread},
    {"set_alarm", do_alarm},
    {"timer_signal", do_timer},
    {"own_sigsys", do_own_sigsys},
    {"no_tape", do_no_tape},
    {"silence", do_silence},
    {NULL, NULL},
};
