/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator with memory: it takes some, writes over it eval by eval, gives it back. All
 * that it has is one mapping without huge pages, so that tests can count. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#define MIB       ((size_t)1 << 20)
#define PAGE      ((size_t)4096)
#define MOST_MIB  ((size_t)1 << 16)
#define PIECE_MIB 1 /* written between two evals */

static uint8_t *memory;
static size_t size;

static void reserve(void)
{
    if (memory != NULL)
        return;
    memory = mmap(NULL, MOST_MIB * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1, 0);
    if (memory == MAP_FAILED || madvise(memory, MOST_MIB * MIB, MADV_NOHUGEPAGE) != 0)
        fake_give_up("fake: no memory");
}

static void write_over(size_t from, size_t to)
{
    for (size_t at = from; at < to; at += PAGE)
        memory[at] += 1;
}

static size_t mib(const char *argument)
{
    long number = fake_number(argument);

    if (number < 0 || (size_t)number > MOST_MIB)
        fake_give_up("fake: %ld MB", number);
    return (size_t)number * MIB;
}

/* So many megabytes more. */
static void do_grow(const char *argument)
{
    size_t more = mib(argument);

    reserve();
    write_over(size, size + more);
    size += more;
}

/* The same, with an eval behind each megabyte. */
static void do_grow_slowly(const char *argument)
{
    for (size_t left = mib(argument); left > 0; left -= MIB) {
        do_grow("1");
        fake_run("eval:1");
    }
}

/* Writes over all of it, so many times, with an eval behind each megabyte. */
static void do_churn(const char *argument)
{
    for (long times = fake_number(argument); times > 0; times--)
        for (size_t at = 0; at < size; at += PIECE_MIB * MIB) {
            write_over(at, at + PIECE_MIB * MIB);
            fake_run("eval:1");
        }
}

static void do_give_back(const char *argument)
{
    (void)argument;
    if (madvise(memory, size, MADV_DONTNEED) != 0)
        fake_give_up("fake: no memory to give back");
    size = 0;
}

/* --- huge pages --- */

#define HUGE ((size_t)1 << 21)

/* Private memory that begins where a huge page may. */
static void map_aligned(size_t bytes)
{
    uint8_t *place = mmap(NULL, bytes + 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (place == MAP_FAILED)
        fake_give_up("fake: no memory");
    memory = (uint8_t *)(((uintptr_t)place + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
    size = bytes;
}

static void do_huge(const char *argument)
{
    map_aligned(mib(argument));
    if (madvise(memory, size, MADV_HUGEPAGE) != 0)
        fake_give_up("fake: no huge pages");
    memset(memory, 1, size);
}

/* The same in small pages. */
static void do_small(const char *argument)
{
    map_aligned(mib(argument));
    memset(memory, 1, size);
}

/* The last page of each huge one is given back. */
static void do_holes(const char *argument)
{
    (void)argument;
    for (size_t at = HUGE - PAGE; at < size; at += HUGE)
        madvise(memory + at, PAGE, MADV_DONTNEED);
}

static void do_no_huge(const char *argument)
{
    (void)argument;
    if (madvise(memory, size, MADV_NOHUGEPAGE) != 0)
        fake_give_up("fake: no huge pages");
}

/* "scatter:PAGES:EVALS": so many pages of each huge one are written over again and again, some with each
 * eval. */
static void do_scatter(const char *argument)
{
    char *rest;
    size_t pages = strtoul(argument, &rest, 10), count = size / HUGE;
    unsigned long evals = strtoul(rest + 1, NULL, 10);

    for (unsigned long i = 0; i < evals; i++) {
        for (size_t n = 0; n < 64; n++) {
            size_t at = (i * 64 + n) % (pages * count);
            memory[at % count * HUGE + at / count * PAGE]++;
        }
        fake_run("eval:1");
    }
}

/* An address space of so many gigabytes, of which a page of each huge one is there. */
static void do_sparse(const char *argument)
{
    size_t bytes = mib(argument) << 10;
    uint8_t *place =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (place == MAP_FAILED)
        fake_give_up("fake: no addresses");
    for (size_t at = 0; at < bytes; at += HUGE)
        place[at] = 1;
}

static long resident_mib(const char *field)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            kib = strtol(line + strlen(field), NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib / 1024;
}

/* "until_huge:MIB:SECONDS": reads all over the memory until so much lies in huge pages, so long at most. */
static void do_until_huge(const char *argument)
{
    char *rest;
    long wanted = (long)strtoul(argument, &rest, 10);
    time_t end = time(NULL) + (time_t)strtoul(rest + 1, NULL, 10);
    for (size_t i = 0; i % 100000 != 0 || (resident_mib("AnonHugePages:") < wanted && time(NULL) < end);
         i++) {
        (void)*(volatile uint8_t *)&memory[i * 40503 * PAGE % size];
        fake_run("eval:1");
    }
}

/* How much of it lies in huge pages, and a sum of all bytes. */
static void do_huge_left(const char *argument)
{
    unsigned long sum = 0;

    (void)argument;
    long huge = resident_mib("AnonHugePages:"), resident = resident_mib("Rss:");
    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + memory[i];
    fake_say("%ld MB in huge pages, %ld MB resident, sum %lx", huge, resident, sum);
}

/* --- all the ways to ask for it --- */

static void *by_malloc(size_t bytes)
{
    return malloc(bytes);
}

static void *by_break(size_t bytes)
{
    void *more = sbrk((intptr_t)bytes); /* NOLINT: it is one of the ways */

    return more == (void *)-1 ? NULL : more;
}

static void *mapped(void *place)
{
    return place == MAP_FAILED ? NULL : place;
}

static void *by_map(size_t bytes)
{
    return mapped(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void *by_shared_map(size_t bytes)
{
    return mapped(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

static void *by_moving(size_t bytes)
{
    void *small = mapped(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    return small == NULL ? NULL : mapped(mremap(small, PAGE, bytes, MREMAP_MAYMOVE));
}

static void *by_rights(size_t bytes)
{
    void *bare = mapped(mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    return bare == NULL || mprotect(bare, bytes, PROT_READ | PROT_WRITE) != 0 ? NULL : bare;
}

static void *by_segment(size_t bytes)
{
    int id = shmget(IPC_PRIVATE, bytes, 0600);
    void *place = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

    if (id >= 0)
        shmctl(id, IPC_RMID, NULL);
    return place == (void *)-1 ? NULL : place;
}

static void *do_nothing(void *unused)
{
    (void)unused;
    return NULL;
}

/* Its stack, which is kept. */
static void *by_thread(size_t bytes)
{
    static char here;
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, bytes);
    int r = pthread_create(&thread, &attributes, do_nothing, NULL);
    if (r == 0)
        pthread_join(thread, NULL);
    errno = r;
    return r == 0 ? &here : NULL;
}

/* "malloc:50": so many megabytes, and whether they came. */
static void do_ask(const char *argument)
{
    static const struct {
        const char *name;
        void *(*way)(size_t bytes);
    } ways[] = {{"malloc", by_malloc},     {"break", by_break},  {"map", by_map},
                {"shared", by_shared_map}, {"move", by_moving},  {"rights", by_rights},
                {"segment", by_segment},   {"thread", by_thread}};
    size_t length = strcspn(argument, ":");

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strlen(ways[i].name) != length || strncmp(argument, ways[i].name, length) != 0)
            continue;
        errno = 0;
        static void *volatile last; /* the others are never given back */
        last = ways[i].way(mib(argument + length + 1));
        bool came = last != NULL;
        fake_say("ask %s: %s, errno %d", argument, came ? "here it is" : "refused", errno);
        return;
    }
    fake_give_up("fake: no way to ask %s", argument);
}

const struct fake_step fake_memory[] = {
    {"grow", do_grow},
    {"grow_slowly", do_grow_slowly},
    {"churn", do_churn},
    {"give_back", do_give_back},
    {"ask", do_ask},
    {"huge", do_huge},
    {"small", do_small},
    {"holes", do_holes},
    {"no_huge", do_no_huge},
    {"sparse", do_sparse},
    {"until_huge", do_until_huge},
    {"scatter", do_scatter},
    {"huge_left", do_huge_left},
    {NULL, NULL},
};
