/* SPDX-License-Identifier: MIT */
/* Pieces are cut off mappings, one behind the other. */
#include "elf/stock.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#define STOCK_CHUNK     ((size_t)64 << 10)
#define STOCK_ALIGNMENT ((size_t)64) /* of a cache line too */

static struct {
    uint8_t *next;
    size_t left;
} stock;
static atomic_flag busy = ATOMIC_FLAG_INIT;

void *stock_map(size_t size)
{
    /* cppcheck-suppress invalidFunctionArg ; it has not heard of MAP_ANONYMOUS here */
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}

static void *cut(size_t size)
{
    if (size > STOCK_CHUNK)
        return stock_map(size);
    if (size > stock.left) {
        uint8_t *chunk = stock_map(STOCK_CHUNK);
        if (chunk == NULL)
            return NULL;
        stock.next = chunk;
        stock.left = STOCK_CHUNK;
    }
    void *piece = stock.next;
    stock.next += size;
    stock.left -= size;
    return piece;
}

void *stock_take(size_t size)
{
    size = (size + STOCK_ALIGNMENT - 1) & ~(STOCK_ALIGNMENT - 1);
    while (atomic_flag_test_and_set(&busy))
        sched_yield();
    void *piece = cut(size);
    atomic_flag_clear(&busy);
    return piece;
}

void stock_forked(void)
{
    atomic_flag_clear(&busy);
}
