/* SPDX-License-Identifier: MIT */
/* A preload library for scripts/bench only: what does a bare fork() of this very simulator cost? On a timer
 * it calls libc's fork(), keeps the last two children parked as lightsss does, and at the end prints the
 * median of the parent's times: "forks COUNT fork_us_median MEDIAN". */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_US 100000
#define FORKS_MAX   1000
#define PARKED      2

static uint64_t took_ns[FORKS_MAX];
static int count;
static pid_t parked[PARKED];

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void dismiss(pid_t pid)
{
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

static void fork_once(int signal)
{
    (void)signal;
    if (count == FORKS_MAX)
        return;
    uint64_t start_ns = now_ns();
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    took_ns[count] = now_ns() - start_ns;
    dismiss(parked[count % PARKED]);
    parked[count++ % PARKED] = pid;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

__attribute__((constructor)) static void start(void)
{
    const struct itimerval timer = {{0, INTERVAL_US}, {0, INTERVAL_US}};
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = fork_once;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

__attribute__((destructor)) static void finish(void)
{
    const struct itimerval off = {{0, 0}, {0, 0}};

    setitimer(ITIMER_REAL, &off, NULL);
    if (count == 0) /* the run was shorter than the interval */
        fork_once(SIGALRM);
    for (int i = 0; i < PARKED; i++)
        dismiss(parked[i]);
    qsort(took_ns, (size_t)count, sizeof *took_ns, compare);
    int middle = count / 2;
    fprintf(stderr, "forks %d fork_us_median %.1f\n", count, (double)took_ns[middle] / 1000);
}
