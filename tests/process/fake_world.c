/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: what the world outside tells it, of time, random numbers, ids and children. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include "base/raw_syscall.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLOCKS_ASKED 12 /* numbers of clocks, one of them of none */
#define CROWD        4
#define SECOND_NS    INT64_C(1000000000)

/* FNV-1a, so that many answers fit a line. */
static uint64_t add(uint64_t sum, const void *bytes, size_t size)
{
    /* An analyser knows of the bytes of larger things only the first. */
    for (size_t i = 0; i < size; i++) /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
        sum = (sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now = {0, 0};

    clock_gettime(clock, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* --- time --- */

static void do_clocks(const char *argument)
{
    (void)argument;
    for (clockid_t clock = 0; clock < CLOCKS_ASKED; clock++) {
        struct timespec now = {-1, -1};
        int r = clock_gettime(clock, &now);
        fake_say("clock %d: %d %lld.%09ld", (int)clock, r, (long long)now.tv_sec, now.tv_nsec);
    }
}

static void do_times(const char *argument)
{
    struct timeval now;
    struct timespec spec;
    struct tms ticks;
    struct rusage usage;
    time_t place = 0;

    (void)argument;
    time_t seconds = time(&place);
    fake_say("time %lld %lld", (long long)seconds, (long long)place);
    gettimeofday(&now, NULL);
    fake_say("gettimeofday %lld.%06ld", (long long)now.tv_sec, (long)now.tv_usec);
    fake_say("clock %ld", (long)clock());
    clock_t started = times(&ticks);
    fake_say("times %ld %ld %ld", (long)started, (long)ticks.tms_utime, (long)ticks.tms_stime);
    int r = timespec_get(&spec, TIME_UTC);
    fake_say("timespec_get %d %lld.%09ld", r, (long long)spec.tv_sec, spec.tv_nsec);
    r = getrusage(RUSAGE_SELF, &usage);
    fake_say("getrusage %d %ld %ld %ld", r, (long)usage.ru_utime.tv_usec, usage.ru_maxrss, usage.ru_minflt);
    fake_say("cpu of this thread %" PRId64, now_ns(CLOCK_THREAD_CPUTIME_ID));
}

/* As C++ programs ask, where libstdc++ is there. */
static void *cxx(const char *name)
{
    void *function = dlsym(RTLD_DEFAULT, name);

    if (function == NULL)
        fake_give_up("fake: no libstdc++");
    return function;
}

static void do_chrono(const char *argument)
{
    int64_t (*system_now)(void) = (int64_t(*)(void))cxx("_ZNSt6chrono3_V212system_clock3nowEv");
    int64_t (*steady_now)(void) = (int64_t(*)(void))cxx("_ZNSt6chrono3_V212steady_clock3nowEv");

    (void)argument;
    fake_say("system_clock %" PRId64, system_now());
    fake_say("steady_clock %" PRId64, steady_now());
}

/* So many answers, asked for in two places, as one number. */
static void do_clock_many(const char *argument)
{
    uint64_t sum = 0;

    for (long left = fake_number(argument); left > 0; left--) {
        int64_t now = now_ns(CLOCK_MONOTONIC);
        struct timespec other = {0, 0};

        if (left % 1000 == 0)
            clock_gettime(CLOCK_REALTIME, &other);
        sum = add(sum, &now, sizeof now);
        sum = add(sum, &other, sizeof other);
    }
    fake_say("many %016" PRIx64, sum);
}

/* How long asking takes, the best of many; what is printed is no answer of the world. */
static void do_clock_cost(const char *argument)
{
    const long count = fake_number(argument);
    int64_t best = INT64_MAX;
    struct timespec now;

    for (int turn = 0; turn < 20; turn++) {
        int64_t start = now_ns(CLOCK_MONOTONIC);
        for (long i = 0; i < count; i++)
            clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t took = now_ns(CLOCK_MONOTONIC) - start;
        best = took < best ? took : best;
    }
    fprintf(stderr, "%.1f ns\n", (double)best / (double)count);
}

/* --- random numbers --- */

static void do_random(const char *argument)
{
    uint8_t bytes[64] = {0};

    (void)argument;
    ssize_t size = getrandom(bytes, sizeof bytes, 0);
    fake_say("getrandom %zd %016" PRIx64, size, add(0, bytes, sizeof bytes));
    size = getrandom(bytes, sizeof bytes, 0xff00);
    fake_say("getrandom of nonsense %zd %s", size, strerrorname_np(errno));
    int r = getentropy(bytes, sizeof bytes);
    fake_say("getentropy %d %016" PRIx64, r, add(0, bytes, sizeof bytes));
#if __GLIBC_PREREQ(2, 36)
    fake_say("arc4random %08x %u", arc4random(), arc4random_uniform(1000000));
    arc4random_buf(bytes, sizeof bytes);
    fake_say("arc4random_buf %016" PRIx64, add(0, bytes, sizeof bytes));
#endif
}

/* std::random_device, made with the token "default". */
static void do_random_device(const char *argument)
{
    static const char token[] = "default";
    const struct {
        const char *text;
        size_t length, capacity, unused;
    } string = {token, sizeof token - 1, sizeof token - 1, 0};
    static uint64_t device[1024];
    void (*init)(void *, const void *) = (void (*)(void *, const void *))cxx(
        "_ZNSt13random_device7_M_initERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
    unsigned (*get)(void *) = (unsigned (*)(void *))cxx("_ZNSt13random_device9_M_getvalEv");

    (void)argument;
    init(device, &string);
    unsigned first = get(device), second = get(device);
    fake_say("random_device %08x %08x", first, second);
}

/* --- ids --- */

static void do_ids(const char *argument)
{
    (void)argument;
    fake_say("pid %d %d, tid %d", getpid(), getppid(), gettid());
    fake_say("group %d %d %d, session %d %d", getpgrp(), getpgid(0), getpgid(getpid()), getsid(0),
             getsid(getpid()));
    pid_t group = getpgid(INT32_MAX);
    fake_say("nobody %d %s", group, strerrorname_np(errno));
}

static void say_signal(int signal)
{
    fake_say("got %s", fake_signal_name(signal));
}

/* Past libc's own functions. */
static void do_raw(const char *argument)
{
    struct timespec now = {0, 0};
    uint64_t random = 0;

    (void)argument;
    long pid = syscall(SYS_getpid), tid = syscall(SYS_gettid);
    fake_say("pid %ld, tid %ld", pid, tid);
    long r = syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    fake_say("clock_gettime %ld %lld.%09ld, time %ld", r, (long long)now.tv_sec, now.tv_nsec,
             syscall(SYS_time, NULL));
    r = syscall(SYS_clock_gettime, CLOCK_REALTIME, NULL);
    fake_say("clock_gettime %ld %s", r, strerrorname_np(errno));
    r = syscall(SYS_gettimeofday, 8L, NULL);
    fake_say("gettimeofday %ld %s", r, strerrorname_np(errno));
    r = syscall(SYS_time, 8L);
    fake_say("time %ld %s", r, strerrorname_np(errno));
    r = syscall(SYS_getrandom, &random, sizeof random, 0);
    fake_say("getrandom %ld %016" PRIx64, r, random);
    signal(SIGUSR2, say_signal);
    r = syscall(SYS_tgkill, pid, tid, SIGUSR2);
    fake_say("tgkill %ld", r);
    r = syscall(SYS_kill, INT32_MAX, SIGUSR2);
    fake_say("kill %ld %s", r, strerrorname_np(errno));
    char name[8] = "";
    r = syscall(SYS_openat, -100, "/proc/self/comm", 0, 0);
    fake_say("read %ld %s", syscall(SYS_read, r, name, 4), name);
    close((int)r);
}

/* Of the calling thread, in all ways. */
static void do_kill_thread(const char *argument)
{
    (void)argument;
    signal(SIGUSR2, say_signal);
    int r = tgkill(getpid(), gettid(), SIGUSR2);
    fake_say("tgkill %d", r);
    r = raise(SIGUSR2);
    fake_say("raise %d", r);
    r = pthread_kill(pthread_self(), SIGUSR2);
    fake_say("pthread_kill %d", r);
}

/* On the first thread, which takes the process's signals; and of a process that is not there. */
static void do_kill_self(const char *argument)
{
    const union sigval value = {.sival_int = 1};

    do_kill_thread(argument);
    int r = kill(getpid(), SIGUSR2);
    fake_say("kill %d", r);
    r = kill(0, SIGUSR2);
    fake_say("kill of its group %d", r);
    r = kill(-getpgrp(), SIGUSR2);
    fake_say("kill of its group by number %d", r);
    r = killpg(getpgrp(), SIGUSR2);
    fake_say("killpg %d", r);
    r = sigqueue(getpid(), SIGUSR2, value);
    fake_say("sigqueue %d", r);
    r = kill(INT32_MAX, SIGKILL);
    fake_say("kill of nobody %d %s", r, strerrorname_np(errno));
    errno = 0;
    r = kill(getppid(), 0);
    fake_say("kill of its parent %d %s", r, strerrorname_np(errno));
}

/* A semaphore that is asked, and found taken. */
static void do_semaphore(const char *argument)
{
    struct sembuf take = {0, -1, IPC_NOWAIT}, give = {0, 1, 0};
    int id = semget(IPC_PRIVATE, 1, 0600);

    (void)argument;
    for (int i = 0; i < 6; i++) {
        errno = 0;
        int r = semop(id, i % 3 == 0 ? &give : &take, 1);
        fake_say("semop %d %s", r, strerrorname_np(errno));
    }
    semctl(id, 0, IPC_RMID);
}

/* --- children --- */

static void say_child(const char *what, pid_t pid, int status)
{
    fake_say("%s %d: %#x", what, pid, (unsigned)status);
}

static pid_t start_child(int code)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(code);
    fake_say("fork %d", pid);
    return pid;
}

static void do_offspring(const char *argument)
{
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)"kill -TERM $$", NULL};
    struct rusage usage;
    siginfo_t info;
    int status = -1;
    pid_t pid;

    (void)argument;
    pid = waitpid(start_child(1), &status, 0);
    say_child("waitpid", pid, status);
    start_child(2);
    pid = wait(&status);
    say_child("wait", pid, status);
    start_child(3);
    pid = wait3(&status, 0, &usage);
    say_child("wait3", pid, status);
    fake_say("usage %ld %ld %ld", (long)usage.ru_utime.tv_usec, (long)usage.ru_stime.tv_usec,
             usage.ru_minflt);
    pid = start_child(4);
    memset(&info, 0, sizeof info);
    int r = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    fake_say("waitid %d %d %d", r, info.si_pid, info.si_status);
    pid = wait4(pid, NULL, 0, NULL);
    fake_say("wait4 %d", pid);
    r = posix_spawnp(&pid, "sh", NULL, NULL, argv, environ);
    fake_say("spawn %d %d", r, pid);
    pid = waitpid(pid, &status, 0);
    say_child("waitpid", pid, status);
    r = posix_spawn(&pid, "/nonexistent", NULL, NULL, argv, environ);
    fake_say("spawn of nothing %s", strerrorname_np(r));
    pid = wait(&status);
    fake_say("wait for nobody %d %s", pid, strerrorname_np(errno));
}

/* A watchdog, as testbenches have it. */
static void bark(int signal)
{
    (void)signal;
    _exit(3);
}

static void do_watchdog(const char *argument)
{
    const struct itimerval value = {.it_value = {.tv_usec = fake_number(argument) * 1000}};

    signal(SIGALRM, bark);
    setitimer(ITIMER_REAL, &value, NULL);
}

/* --- waiting until a time --- */

static struct timespec in_ms(clockid_t clock, long ms)
{
    int64_t then = now_ns(clock) + ms * 1000000;

    return (struct timespec){then / SECOND_NS, then % SECOND_NS};
}

static void say_wait(const char *what, int r, int64_t start_ns, clockid_t clock, long ms)
{
    bool early = now_ns(clock) - start_ns < ms * 1000000;

    fake_say("%s: %s%s", what, r == 0 ? "0" : strerrorname_np(r), early ? ", too early" : "");
}

/* A loop as testbenches have it: until the time has come. Told times say how often it goes round. */
static void do_timed_waits(const char *argument)
{
    const long ms = fake_number(argument);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    int64_t start = now_ns(CLOCK_REALTIME);
    struct timespec time = in_ms(CLOCK_REALTIME, ms);
    sem_t semaphore;

    pthread_mutex_lock(&mutex);
    int r = pthread_cond_timedwait(&condition, &mutex, &time);
    say_wait("pthread_cond_timedwait", r, start, CLOCK_REALTIME, ms);
    start = now_ns(CLOCK_MONOTONIC);
    time = in_ms(CLOCK_MONOTONIC, ms);
    r = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &time);
    say_wait("pthread_cond_clockwait", r, start, CLOCK_MONOTONIC, ms);
    start = now_ns(CLOCK_REALTIME);
    time = in_ms(CLOCK_REALTIME, ms);
    r = pthread_mutex_timedlock(&mutex, &time);
    say_wait("pthread_mutex_timedlock", r, start, CLOCK_REALTIME, ms);
    sem_init(&semaphore, 0, 0);
    start = now_ns(CLOCK_REALTIME);
    time = in_ms(CLOCK_REALTIME, ms);
    r = sem_timedwait(&semaphore, &time) == 0 ? 0 : errno;
    say_wait("sem_timedwait", r, start, CLOCK_REALTIME, ms);
    start = now_ns(CLOCK_MONOTONIC);
    time = in_ms(CLOCK_MONOTONIC, ms);
    r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    say_wait("clock_nanosleep", r, start, CLOCK_MONOTONIC, ms);
    time.tv_nsec = SECOND_NS;
    r = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &time);
    fake_say("a second too many: %s", strerrorname_np(r));
    pthread_mutex_unlock(&mutex);
}

/* How long such a wait really lasts, by a clock that nobody can tell otherwise. It is asked before the time
 * is made: a thread that lost its processor between the two would find the wait shorter than it was. */
static void do_real_wait(const char *argument)
{
    const long ms = fake_number(argument);
    struct timespec before, after, time;

    raw_syscall2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&before);
    time = in_ms(CLOCK_MONOTONIC, ms);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    raw_syscall2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&after);
    int64_t took = (after.tv_sec - before.tv_sec) * SECOND_NS + after.tv_nsec - before.tv_nsec;
    fake_say("%s", took >= (ms - 1) * 1000000 ? "waited" : "did not wait");
}

/* --- all of it, on several threads at once --- */

static void *ask_all(void *sum)
{
    uint64_t total = 0;

    for (int i = 0; i < 200; i++) {
        const int64_t times[] = {now_ns(CLOCK_MONOTONIC), now_ns(CLOCK_THREAD_CPUTIME_ID), time(NULL)};
        uint8_t bytes[8] = {0};
        pid_t tid = gettid();
        if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
            fake_give_up("fake: no random numbers");
        total = add(total, times, sizeof times);
        total = add(total, bytes, sizeof bytes);
        total = add(total, &tid, sizeof tid);
    }
    *(uint64_t *)sum = total;
    return NULL;
}

static void do_crowd(const char *argument)
{
    pthread_t threads[CROWD];
    uint64_t sums[CROWD];

    (void)argument;
    for (int i = 0; i < CROWD; i++)
        if (pthread_create(&threads[i], NULL, ask_all, &sums[i]) != 0)
            fake_give_up("fake: no thread");
    for (int i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < CROWD; i++)
        fake_say("thread %d: %016" PRIx64, i, sums[i]);
}

static void *do_nothing(void *unused)
{
    return unused;
}

/* One after the other, as a testbench does that makes one for each transaction. */
static void do_many_threads(const char *argument)
{
    pthread_t thread;

    for (long left = fake_number(argument); left > 0; left--)
        if (pthread_create(&thread, NULL, do_nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
            fake_give_up("fake: pthread_create");
}

const struct fake_step fake_world[] = {
    {"many_threads", do_many_threads},
    {"clocks", do_clocks},
    {"times", do_times},
    {"chrono", do_chrono},
    {"clock_many", do_clock_many},
    {"clock_cost", do_clock_cost},
    {"random_numbers", do_random},
    {"random_device", do_random_device},
    {"ids", do_ids},
    {"raw", do_raw},
    {"kill_thread", do_kill_thread},
    {"kill_self", do_kill_self},
    {"semaphore", do_semaphore},
    {"offspring", do_offspring},
    {"watchdog", do_watchdog},
    {"timed_waits", do_timed_waits},
    {"real_wait", do_real_wait},
    {"crowd", do_crowd},
    {NULL, NULL},
};
