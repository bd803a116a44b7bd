/* SPDX-License-Identifier: MIT */
/* Threads of many kinds, each doing something that breaks when a thread is stopped, copied or revived
 * wrongly: see torture.h. */
#define _GNU_SOURCE
#include "torture.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define KINDS_MAX 32

static atomic_bool stopping;
static atomic_int faults;
static atomic_long progress[KINDS_MAX];
static const char *names[KINDS_MAX];
static pthread_t threads[KINDS_MAX];
static int thread_count;
static _Thread_local int own_index = -1;
static pthread_key_t key;

#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            atomic_fetch_add(&faults, 1);                                                                    \
            dprintf(2, "torture: %s:%d: %s\n", names[own_index < 0 ? 0 : own_index], __LINE__, #condition);  \
        }                                                                                                    \
    } while (0)

static void step(void)
{
    atomic_fetch_add(&progress[own_index], 1);
}

/* A pool like Verilator's: spins, then waits on a condition. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    int queued;
    atomic_long done;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER, .condition = PTHREAD_COND_INITIALIZER};

static void work_pool(void)
{
    while (!stopping) {
        pthread_mutex_lock(&pool.mutex);
        while (pool.queued == 0 && !stopping)
            pthread_cond_wait(&pool.condition, &pool.mutex);
        if (pool.queued > 0)
            pool.queued--;
        pthread_mutex_unlock(&pool.mutex);
        atomic_fetch_add(&pool.done, 1);
        step();
    }
}

void torture_feed(int jobs)
{
    long before = atomic_load(&pool.done);

    pthread_mutex_lock(&pool.mutex);
    pool.queued += jobs;
    pthread_cond_broadcast(&pool.condition);
    pthread_mutex_unlock(&pool.mutex);
    while (atomic_load(&pool.done) < before + jobs)
        usleep(50);
}

static pthread_mutex_t turn_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_condition = PTHREAD_COND_INITIALIZER;
static int turn;

static void play(int own)
{
    while (!stopping) {
        pthread_mutex_lock(&turn_mutex);
        while (turn != own && !stopping)
            pthread_cond_wait(&turn_condition, &turn_mutex);
        turn = !own;
        pthread_cond_broadcast(&turn_condition);
        pthread_mutex_unlock(&turn_mutex);
        step();
    }
}

static void play_ping(void)
{
    play(0);
}

static void play_pong(void)
{
    play(1);
}

static void use_heap(void)
{
    unsigned char *blocks[40] = {NULL};
    size_t sizes[40] = {0};
    unsigned seed = (unsigned)own_index;

    while (!stopping) {
        int i = rand_r(&seed) % 40;
        if (blocks[i] != NULL)
            EXPECT(blocks[i][0] == i && blocks[i][sizes[i] - 1] == i);
        free(blocks[i]);
        sizes[i] = (size_t)(rand_r(&seed) % 5000 + 1);
        blocks[i] = malloc(sizes[i]);
        memset(blocks[i], i, sizes[i]);
        step();
    }
    for (int i = 0; i < 40; i++)
        free(blocks[i]);
}

static void sleep_briefly(void)
{
    const struct timespec brief = {0, 700000};

    while (!stopping) {
        EXPECT(nanosleep(&brief, NULL) == 0);
        step();
    }
}

static void poll_briefly(void)
{
    while (!stopping) {
        EXPECT(poll(NULL, 0, 1) == 0);
        step();
    }
}

static void select_briefly(void)
{
    while (!stopping) {
        struct timeval brief = {0, 800};
        EXPECT(select(0, NULL, NULL, NULL, &brief) == 0);
        step();
    }
}

static void epoll_briefly(void)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;

    while (!stopping) {
        EXPECT(epoll_wait(fd, &event, 1, 1) == 0);
        step();
    }
    close(fd);
}

static FILE *sink;

static void print_lines(void)
{
    while (!stopping) {
        fprintf(sink, "%d: %ld\n", own_index, atomic_load(&progress[own_index]));
        step();
    }
}

static pthread_mutex_t recursive, checked;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void lock_twice(void)
{
    while (!stopping) {
        pthread_mutex_lock(&recursive);
        pthread_mutex_lock(&recursive);
        pthread_mutex_unlock(&recursive);
        pthread_mutex_unlock(&recursive);
        EXPECT(pthread_mutex_lock(&checked) == 0);
        EXPECT(pthread_mutex_unlock(&checked) == 0);
        EXPECT(pthread_rwlock_wrlock(&rwlock) == 0);
        pthread_rwlock_unlock(&rwlock);
        EXPECT(pthread_rwlock_rdlock(&rwlock) == 0);
        pthread_rwlock_unlock(&rwlock);
        step();
    }
}

static void compute(void)
{
    static _Thread_local double expected;
    static _Thread_local long double expected_long;

    while (!stopping) {
        double sum = 1;
        long double sum_long = 1;
        errno = own_index + 1000;
        for (int i = 1; i < 5000; i++) {
            sum = sum * 1.0000001 + 1.0 / i;
            sum_long = sum_long * 1.0000001L + 1.0L / i;
        }
        if (expected == 0) {
            expected = sum;
            expected_long = sum_long;
        }
        EXPECT(expected == sum && expected_long == sum_long);
        EXPECT(errno == own_index + 1000);
        step();
    }
}

static sem_t semaphore;

static void post(void)
{
    while (!stopping) {
        sem_post(&semaphore);
        usleep(200);
        step();
    }
}

static void wait_for_post(void)
{
    while (!stopping) {
        while (sem_wait(&semaphore) != 0)
            EXPECT(errno != EINTR);
        step();
    }
}

static void wait_with_timeout(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec until;

    while (!stopping) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 500000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_mutex_lock(&mutex);
        pthread_cond_timedwait(&condition, &mutex, &until);
        pthread_mutex_unlock(&mutex);
        step();
    }
}

static void *add_seven(void *number)
{
    free(malloc(100));
    *(int *)number += 7;
    return number;
}

static void create_threads(void)
{
    while (!stopping) {
        int number = 0;
        pthread_t thread;
        EXPECT(pthread_create(&thread, NULL, add_seven, &number) == 0);
        pthread_join(thread, NULL);
        EXPECT(number == 7);
        step();
    }
}

struct kind {
    const char *name;
    void (*run)(void);
};

static const struct kind kinds[] = {
    {"pool", work_pool},        {"pool", work_pool},
    {"ping", play_ping},        {"pong", play_pong},
    {"heap", use_heap},         {"heap", use_heap},
    {"sleep", sleep_briefly},   {"poll", poll_briefly},
    {"select", select_briefly}, {"epoll", epoll_briefly},
    {"print", print_lines},     {"print", print_lines},
    {"lock", lock_twice},       {"lock", lock_twice},
    {"compute", compute},       {"post", post},
    {"wait", wait_for_post},    {"timeout", wait_with_timeout},
    {"create", create_threads},
};

static void *start(void *argument)
{
    const struct kind *kind = argument;
    char name[16];

    own_index = (int)(kind - kinds);
    pthread_setname_np(pthread_self(), kind->name);
    pthread_setspecific(key, (void *)(intptr_t)(own_index + 1));
    kind->run();
    EXPECT(pthread_getspecific(key) == (void *)(intptr_t)(own_index + 1));
    pthread_getname_np(pthread_self(), name, sizeof name);
    EXPECT(strcmp(name, kind->name) == 0);
    return NULL;
}

void torture_start(void)
{
    pthread_mutexattr_t attributes;

    pthread_key_create(&key, NULL);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked, &attributes);
    sem_init(&semaphore, 0, 0);
    sink = fopen("/dev/null", "w");
    thread_count = (int)(sizeof kinds / sizeof *kinds);
    for (int i = 0; i < thread_count; i++) {
        names[i] = kinds[i].name;
        pthread_create(&threads[i], NULL, start, (void *)&kinds[i]);
    }
}

/* The one that has not moved, or -1. */
static int find_stuck(const long *before)
{
    for (int i = 0; i < thread_count; i++)
        if (atomic_load(&progress[i]) < before[i] + 2)
            return i;
    return -1;
}

int torture_check(void)
{
    long before[KINDS_MAX] = {0};
    int stuck = -1;

    for (int i = 0; i < thread_count; i++)
        before[i] = atomic_load(&progress[i]);
    for (int tries = 0; tries < 20000; tries++) {
        torture_feed(2);
        if ((stuck = find_stuck(before)) < 0)
            return atomic_load(&faults);
        usleep(500);
    }
    dprintf(2, "torture: thread %s does not move\n", names[stuck]);
    return -1;
}

int torture_finish(void)
{
    stopping = true;
    pthread_mutex_lock(&pool.mutex);
    pthread_cond_broadcast(&pool.condition);
    pthread_mutex_unlock(&pool.mutex);
    pthread_mutex_lock(&turn_mutex);
    pthread_cond_broadcast(&turn_condition);
    pthread_mutex_unlock(&turn_mutex);
    sem_post(&semaphore);
    for (int i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&faults);
}
