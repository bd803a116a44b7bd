/* SPDX-License-Identifier: MIT */
/* All that a process can see of its own heap, printed so that two runs can be compared: what malloc counts,
 * each block (where it is, how long, in use or not) with its bytes, and where, and how clean, new blocks are.
 * Pointers to what is no heap are left out: libraries need not lie in the same place. With HEAP_PLACES=1
 * the bytes of blocks are, too, but for new ones. C and C++. */
#ifndef LIGHTSSS_TESTS_PROCESS_HEAP_FACTS_H
#define LIGHTSSS_TESTS_PROCESS_HEAP_FACTS_H

#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#define HEAP_FACTS_BLOCKS 1000

static inline bool heap_facts_is_random(void)
{
    return (personality(UINT32_MAX) & ADDR_NO_RANDOMIZE) == 0;
}

/* Begins the program anew, where the kernel chooses addresses at random. Where that may not be changed (in
 * some containers), bytes of blocks are not told: they have addresses in them. */
static inline void heap_facts_begin(char **arguments)
{
    const unsigned long now = (unsigned long)personality(UINT32_MAX);

    if (heap_facts_is_random() && personality(now | ADDR_NO_RANDOMIZE) != -1)
        execv("/proc/self/exe", arguments);
}

static inline void heap_facts_print(const char *line, int length)
{
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(99);
}

#define HEAP_FACTS_SAY(...)                                                                                  \
    do {                                                                                                     \
        char heap_facts_line[256];                                                                           \
        heap_facts_print(heap_facts_line, snprintf(heap_facts_line, sizeof heap_facts_line, __VA_ARGS__));   \
    } while (0)

/* Where the heap begins; 0: there is none yet. */
static inline uintptr_t heap_facts_start(void)
{
    static char maps[1 << 17];
    size_t size = 0;
    ssize_t part;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && size < sizeof maps - 1 && (part = read(fd, maps + size, sizeof maps - 1 - size)) > 0)
        size += (size_t)part;
    close(fd);
    maps[size] = '\0';
    char *line = strstr(maps, "[heap]");
    while (line != NULL && line > maps && line[-1] != '\n')
        line--;
    return line != NULL ? strtoul(line, NULL, 16) : 0;
}

/* What glibc writes into blocks that are given back: another number in each process. */
static inline uint64_t heap_facts_key(void)
{
    static uint64_t key;

    if (key == 0) {
        volatile uint64_t *block = (volatile uint64_t *)malloc(2 * sizeof key);
        volatile uint64_t *volatile kept = block;
        free((void *)(uintptr_t)block);
        key = kept[1]; /* NOLINT(clang-analyzer-unix.Malloc): that is what is looked for */
    }
    return key;
}

/* A pointer out of the heap, or that key. */
static inline bool heap_facts_is_left_out(uint64_t word)
{
    return word >> 40 == 0x7f || word >> 36 == 0x7ff || word == heap_facts_key();
}

/* How many bits of these bytes are set. */
static inline size_t heap_facts_dirty(const char *bytes, size_t size)
{
    size_t dirty = 0;

    for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        if (!heap_facts_is_left_out(word))
            dirty += (size_t)__builtin_popcountll(word);
    }
    return dirty;
}

/* Of these bytes. */
static inline uint64_t heap_facts_sum(const char *bytes, size_t size)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    if (heap_facts_is_random())
        return 0;
    for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        if (heap_facts_is_left_out(word))
            word = 1;
        sum = (sum ^ word) * UINT64_C(1099511628211);
    }
    return sum;
}

static inline void heap_facts_blocks(const char *where, bool each)
{
    const char *at = (const char *)heap_facts_start(), *end = (const char *)sbrk(0);
    const bool places_only = getenv("HEAP_PLACES") != NULL;
    uint64_t places = 0, bytes = 0;
    unsigned count = 0;

    for (; at != NULL && at < end && count < HEAP_FACTS_BLOCKS; count++) {
        uint64_t header;
        memcpy(&header, at + sizeof header, sizeof header);
        size_t size = header & ~UINT64_C(7);
        if (size < 2 * sizeof header || size > (size_t)(end - at))
            break;
        uint64_t sum = places_only ? 0 : heap_facts_sum(at + 2 * sizeof header, size - 2 * sizeof header);
        if (each)
            HEAP_FACTS_SAY("%s: block %zx+%zx %lx %lx\n", where, (size_t)(end - at), size,
                           (unsigned long)(header & 7), (unsigned long)sum);
        places = (places ^ header) * UINT64_C(1099511628211);
        bytes = (bytes ^ sum) * UINT64_C(1099511628211);
        at += size;
    }
    HEAP_FACTS_SAY("%s: %u blocks, places %lx, bytes %lx, heap of %zx\n", where, count, (unsigned long)places,
                   (unsigned long)bytes, (size_t)end - (size_t)heap_facts_start());
}

/* each: a line for every block. */
static inline void heap_facts_look(const char *where, bool each)
{
    struct mallinfo2 info = mallinfo2();

    HEAP_FACTS_SAY(
        "%s: arena %zu, ordblks %zu, smblks %zu, hblks %zu, hblkhd %zu, fsmblks %zu, uordblks %zu, "
        "fordblks %zu, keepcost %zu\n",
        where, info.arena, info.ordblks, info.smblks, info.hblks, info.hblkhd, info.fsmblks, info.uordblks,
        info.fordblks, info.keepcost);
    heap_facts_blocks(where, each);
}

/* What a program gets that asks for a thousand blocks, which it keeps. */
static inline void heap_facts_take(const char *where)
{
    uintptr_t start = heap_facts_start();
    uint64_t places = 0, sums = 0;
    size_t dirty = 0;

    for (size_t i = 0; i < HEAP_FACTS_BLOCKS; i++) {
        size_t size = 16 + i * 16 % 4096 + (i % 100 == 99 ? 200000 : 0);
        volatile char *block = (volatile char *)malloc(size);
        dirty += heap_facts_dirty((const char *)block, size);
        places = (places ^ ((uintptr_t)block >> 40 == 0x7f ? 1 : (uintptr_t)block - start)) *
                 UINT64_C(1099511628211);
        sums = (sums ^ heap_facts_sum((const char *)block, size)) * UINT64_C(1099511628211);
    }
    HEAP_FACTS_SAY("%s: new blocks at %lx, %zu bits set, %lx\n", where, (unsigned long)places, dirty,
                   (unsigned long)sums);
}

#endif
