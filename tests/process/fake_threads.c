/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: threads that come and go, and one worker that stays and does what it is told.
 */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 16

static pthread_t threads[THREADS_MAX];
static int thread_count;
static pthread_barrier_t barrier, meeting;

static struct {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t told, done;
    const char *steps;
} worker = {
    .mutex = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

static void *run_steps(void *steps)
{
    fake_run(steps);
    return NULL;
}

static void start(void *(*function)(void *), const char *steps)
{
    if (thread_count == THREADS_MAX ||
        pthread_create(&threads[thread_count], NULL, function, (void *)steps) != 0)
        fake_give_up("fake: no thread");
    thread_count++;
}

/* Steps point into argv: they stay. */
static void do_thread(const char *argument)
{
    start(run_steps, argument);
}

static void do_join(const char *argument)
{
    (void)argument;
    while (thread_count > 0)
        pthread_join(threads[--thread_count], NULL);
}

static void *run_together(void *steps)
{
    pthread_barrier_wait(&barrier);
    fake_run(steps);
    return NULL;
}

static void make_meeting(void)
{
    pthread_barrier_init(&meeting, NULL, 2);
}

/* Two threads and this one do the same at the same time. */
static void do_together(const char *argument)
{
    pthread_barrier_init(&barrier, NULL, 3);
    start(run_together, argument);
    start(run_together, argument);
    run_together((void *)argument);
}

/* This thread and another one that comes here go on at the same time. */
static void do_meet(const char *argument)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;

    (void)argument;
    pthread_once(&made, make_meeting);
    pthread_barrier_wait(&meeting);
}

static void do_pause_us(const char *argument)
{
    usleep((useconds_t)fake_number(argument));
}

static void do_exit_thread(const char *argument)
{
    (void)argument;
    pthread_exit(NULL);
}

static void do_hang(const char *argument)
{
    (void)argument;
    for (;;)
        pause();
}

/* --- the worker --- */

static void unlock(void *mutex)
{
    pthread_mutex_unlock(mutex);
}

static void *work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&worker.mutex);
    pthread_cleanup_push(unlock, &worker.mutex);
    for (;;) {
        while (worker.steps == NULL)
            pthread_cond_wait(&worker.told, &worker.mutex);
        fake_run(worker.steps);
        worker.steps = NULL;
        pthread_cond_signal(&worker.done);
    }
    pthread_cleanup_pop(1);
    return NULL;
}

static void do_worker(const char *argument)
{
    (void)argument;
    if (pthread_create(&worker.thread, NULL, work, NULL) != 0)
        fake_give_up("fake: no worker");
    pthread_setname_np(worker.thread, "worker");
}

/* The worker does these steps; this thread goes on. */
static void do_tell(const char *argument)
{
    pthread_mutex_lock(&worker.mutex);
    worker.steps = argument;
    pthread_cond_signal(&worker.told);
    pthread_mutex_unlock(&worker.mutex);
}

/* The worker does these steps; this thread waits until they are done. */
static void do_work(const char *argument)
{
    pthread_mutex_lock(&worker.mutex);
    worker.steps = argument;
    pthread_cond_signal(&worker.told);
    while (worker.steps != NULL)
        pthread_cond_wait(&worker.done, &worker.mutex);
    pthread_mutex_unlock(&worker.mutex);
}

static void do_worker_cancel(const char *argument)
{
    void *result = NULL;

    (void)argument;
    int r = pthread_cancel(worker.thread);
    int joined = pthread_join(worker.thread, &result);
    fake_say("cancel %s, join %s, %s", strerrorname_np(r), strerrorname_np(joined),
             result == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
}

/* The worker's handler runs before the next thing it is told to do. */
static void do_worker_kill(const char *argument)
{
    int r = pthread_kill(worker.thread, fake_signal(argument));
    do_work("");
    fake_say("kill %s", strerrorname_np(r));
}

static void do_worker_queue(const char *argument)
{
    const union sigval value = {.sival_int = 7};

    int r = pthread_sigqueue(worker.thread, fake_signal(argument), value);
    do_work("");
    fake_say("sigqueue %s", strerrorname_np(r));
}

static void do_worker_name(const char *argument)
{
    char name[16] = "";

    if (*argument != '\0')
        fake_say("set %s", strerrorname_np(pthread_setname_np(worker.thread, argument)));
    int r = pthread_getname_np(worker.thread, name, sizeof name);
    fake_say("get %s \"%s\"", strerrorname_np(r), name);
    r = pthread_getname_np(worker.thread, name, 15);
    fake_say("get in too little room %s", strerrorname_np(r));
    r = pthread_getname_np(pthread_self(), name, sizeof name);
    fake_say("self %s \"%s\"", strerrorname_np(r), name);
}

static void do_worker_settings(const char *argument)
{
    struct sched_param parameters = {-1};
    struct timespec time;
    cpu_set_t set;
    clockid_t clock;
    int policy = -1;

    (void)argument;
    memset(&set, 0xff, sizeof set);
    int r = pthread_getaffinity_np(worker.thread, sizeof set, &set);
    fake_say("affinity %s %d", strerrorname_np(r), CPU_COUNT(&set));
    r = pthread_setaffinity_np(worker.thread, sizeof set, &set);
    fake_say("set affinity %s", strerrorname_np(r));
    r = pthread_getschedparam(worker.thread, &policy, &parameters);
    fake_say("scheduling %s %d %d", strerrorname_np(r), policy, parameters.sched_priority);
    r = pthread_setschedparam(worker.thread, policy, &parameters);
    fake_say("set scheduling %s", strerrorname_np(r));
    parameters.sched_priority = 1000;
    r = pthread_setschedparam(worker.thread, policy, &parameters);
    fake_say("set bad scheduling %s", strerrorname_np(r));
    r = pthread_getcpuclockid(worker.thread, &clock);
    fake_say("clock %s %s", strerrorname_np(r),
             clock_gettime(clock, &time) == 0 ? "runs" : strerrorname_np(errno));
}

/* --- processors --- */

/* This thread and the worker: to the so many-th of the processors that the program may use. */
static void do_pin(const char *argument)
{
    static cpu_set_t all;
    const long wanted = fake_number(argument);
    long place = 0;
    cpu_set_t set;

    if (CPU_COUNT(&all) == 0)
        sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&set);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && place++ == wanted)
            CPU_SET(cpu, &set);
    fake_say("pin %d %s", sched_setaffinity(0, sizeof set, &set),
             strerrorname_np(pthread_setaffinity_np(worker.thread, sizeof set, &set)));
}

static void *say_processors(void *whose)
{
    cpu_set_t set;

    if (syscall(SYS_sched_getaffinity, 0, sizeof set, &set) < 0)
        CPU_ZERO(&set);
    fake_say("%s %d %#lx", (const char *)whose, CPU_COUNT_S(8, &set),
             *(const unsigned long *)(const void *)&set);
    return NULL;
}

/* What this thread, the worker and a new thread are told. */
static void do_processors(const char *argument)
{
    pthread_t thread;
    cpu_set_t set;

    (void)argument;
    sched_getaffinity(0, sizeof set, &set);
    fake_say("this %d", CPU_COUNT(&set));
    say_processors((void *)"this by a raw call");
    pthread_getaffinity_np(worker.thread, sizeof set, &set);
    fake_say("worker %d", CPU_COUNT(&set));
    if (pthread_create(&thread, NULL, say_processors, (void *)"new") == 0)
        pthread_join(thread, NULL);
    CPU_ZERO(&set);
    int r = sched_setaffinity(0, sizeof set, &set);
    fake_say("pin to none %d %s", r, strerrorname_np(errno));
}

/* So many ms for one that nobody posts. */
static void do_nobody_posts(const char *argument)
{
    struct timespec until;
    sem_t semaphore;

    sem_init(&semaphore, 0, 0);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += fake_number(argument) / 1000;
    fake_say("semaphore: %d, %s", sem_timedwait(&semaphore, &until), strerrorname_np(errno));
}

const struct fake_step fake_threads[] = {
    {"thread", do_thread},
    {"join", do_join},
    {"meet", do_meet},
    {"pause_us", do_pause_us},
    {"together", do_together},
    {"exit_thread", do_exit_thread},
    {"hang", do_hang},
    {"worker", do_worker},
    {"work", do_work},
    {"tell", do_tell},
    {"worker_cancel", do_worker_cancel},
    {"worker_kill", do_worker_kill},
    {"worker_queue", do_worker_queue},
    {"worker_name", do_worker_name},
    {"worker_settings", do_worker_settings},
    {"pin", do_pin},
    {"processors", do_processors},
    {"nobody_posts", do_nobody_posts},
    {NULL, NULL},
};
