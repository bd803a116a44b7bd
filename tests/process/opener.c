/* SPDX-License-Identifier: MIT */
/* Opens shared objects in the ways there are, as its arguments tell one after the other, and prints what libc
 * answers. No model is in it, but in what it opens there may be one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define THREADS 4

static void *last; /* handle */

static void answer(const char *what, void *handle)
{
    const char *error = dlerror();

    printf("%s: %s, %s\n", what, handle != NULL ? "opened" : "not opened",
           error != NULL ? error : "no error");
    fflush(stdout);
    if (handle != NULL)
        last = handle;
}

static void *function_of_last(const char *name)
{
    void *function = last != NULL ? dlsym(last, name) : NULL;

    if (function == NULL) {
        fprintf(stderr, "opener: no %s in what was opened last\n", name);
        exit(99);
    }
    return function;
}

/* Calls of which none changes what dlerror() is to tell. */
static void open_and_ask_late(const char *name)
{
    void *handle = dlopen(name, RTLD_NOW);
    char own_name[16];
    struct timeval time;

    gettimeofday(&time, NULL);
    pthread_getname_np(pthread_self(), own_name, sizeof own_name);
    answer(name, handle);
}

/* --- many threads at once --- */

static pthread_barrier_t barrier;

/* As soon as the library is there, its eval runs. */
static void *open_and_eval(void *name)
{
    static _Alignas(8) const uint8_t context[256];
    struct {
        const void *vtable, *context;
        uint64_t sum;
        const char *inside;
    } model = {NULL, context, 1, NULL};

    pthread_barrier_wait(&barrier);
    void *handle = dlopen(name, RTLD_NOW);
    void (*eval)(void *) = (void (*)(void *))dlsym(handle, "_ZN4Vfoo9eval_stepEv");
    for (int i = 0; i < 2000; i++)
        eval(&model);
    return (void *)(uintptr_t)model.sum;
}

static void race(const char *name)
{
    pthread_t threads[THREADS];
    void *sums[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, open_and_eval, (void *)name);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], &sums[i]);
    for (int i = 0; i < THREADS; i++)
        printf("%llx\n", (unsigned long long)(uintptr_t)sums[i]);
    answer("race", dlopen(name, RTLD_NOW));
}

/* --- the end --- */

static const char *at_exit_steps;

static void run_at_exit(void)
{
    ((void (*)(const char *))function_of_last("fake_run"))(at_exit_steps);
}

static void at_exit(const char *steps)
{
    at_exit_steps = steps;
    atexit(run_at_exit);
}

/* --- steps --- */

static void step(const char *name, const char *argument)
{
    if (strcmp(name, "open") == 0)
        answer(argument, dlopen(argument, RTLD_NOW));
    else if (strcmp(name, "late") == 0)
        open_and_ask_late(argument);
    else if (strcmp(name, "global") == 0)
        answer(argument, dlopen(argument, RTLD_LAZY | RTLD_GLOBAL));
    else if (strcmp(name, "noload") == 0)
        answer(argument, dlopen(argument, RTLD_NOW | RTLD_NOLOAD));
    else if (strcmp(name, "wrong") == 0)
        answer(argument, dlopen(argument, 0));
    else if (strcmp(name, "self") == 0)
        answer("self", dlopen(NULL, RTLD_NOW));
    else if (strcmp(name, "base") == 0)
        answer(argument, dlmopen(LM_ID_BASE, argument, RTLD_NOW));
    else if (strcmp(name, "new") == 0)
        answer(argument, dlmopen(LM_ID_NEWLM, argument, RTLD_NOW));
    else if (strcmp(name, "through") == 0) /* what was opened last opens it */
        answer(argument, ((void *(*)(const char *, int))function_of_last("caller_open"))(argument, RTLD_NOW));
    else if (strcmp(name, "bare") == 0)
        answer(argument, ((void *(*)(const char *, int))function_of_last("bare_open"))(argument, RTLD_NOW));
    else if (strcmp(name, "close") == 0)
        printf("close: %d\n", dlclose(last));
    else if (strcmp(name, "call") == 0)
        ((void (*)(const char *))function_of_last("fake_run"))(argument);
    else if (strcmp(name, "at_exit") == 0)
        at_exit(argument);
    else if (strcmp(name, "race") == 0)
        race(argument);
    else
        exit(98);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char name[16];
        size_t length = strcspn(argv[i], ":");

        if (strcmp(argv[i], "main") == 0) /* takes the rest */
            return ((int (*)(int, char **))function_of_last("main"))(argc - i, argv + i);
        snprintf(name, sizeof name, "%.*s", (int)length, argv[i]);
        step(name, argv[i] + length + (argv[i][length] == ':'));
    }
    return 0;
}
