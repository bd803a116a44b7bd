/* SPDX-License-Identifier: MIT */
/* A preload library for scripts/bench only: what does a bare fork() of this very simulator cost? On a timer
 * (FORKS_MS milliseconds, 100 by default) it calls libc's fork() and keeps the last two children parked, as
 * lightsss does. At the end it prints medians of the parent's times: "forks COUNT fork_us_median MEDIAN
 * reap_us_median MEDIAN"; to reap is to kill the oldest and to wait for its death. */
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

#define INTERVAL_MS 100
#define FORKS_MAX   1000
#define PARKED      2

static uint64_t took_ns[FORKS_MAX], reaped_ns[FORKS_MAX];
static int count, reaped;
static pid_t parked[PARKED];

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void dismiss(pid_t pid)
{
    uint64_t start_ns = now_ns();

    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (reaped < FORKS_MAX)
        reaped_ns[reaped++] = now_ns() - start_ns;
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

static double median_us(uint64_t *times_ns, int how_many)
{
    qsort(times_ns, (size_t)how_many, sizeof *times_ns, compare);
    uint64_t middle = how_many == 0 ? 0 : times_ns[how_many / 2];

    return (double)middle / 1000;
}

static long interval_us(void)
{
    const char *text = getenv("FORKS_MS");

    return (text != NULL ? strtol(text, NULL, 10) : INTERVAL_MS) * 1000;
}

__attribute__((constructor)) static void start(void)
{
    const struct timeval every = {interval_us() / 1000000, interval_us() % 1000000};
    const struct itimerval timer = {every, every};
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
    fprintf(stderr, "forks %d fork_us_median %.1f reap_us_median %.1f\n", count, median_us(took_ns, count),
            median_us(reaped_ns, reaped));
}
