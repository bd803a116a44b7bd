/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator with memory: it takes some, writes over it eval by eval, gives it back. All
 * that it has is one mapping without huge pages, so that tests can count. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

const struct fake_step fake_memory[] = {
    {"grow", do_grow}, {"grow_slowly", do_grow_slowly}, {"churn", do_churn}, {"give_back", do_give_back},
    {NULL, NULL},
};
