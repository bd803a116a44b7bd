/* SPDX-License-Identifier: MIT */
/* Answers of the world, kept and given again: see world.h. */
#define _GNU_SOURCE
#include "record/world.h"

#include <errno.h>
#include <string.h>

#include "record/thread_key.h"

#define PARTS_MAX 2

uint64_t world_key(enum world_call call, uint64_t detail)
{
    uint64_t key = thread_key() ^ detail * UINT64_C(0x9e3779b97f4a7c15);

    key ^= key >> 32;
    return (key + (uint64_t)call) * UINT64_C(0xbf58476d1ce4e5b9);
}

void world_record(enum input_kind kind, uint64_t key, int64_t result, const struct world_bytes *parts,
                  int count)
{
    struct iovec vectors[PARTS_MAX];
    int used = 0;

    for (int i = 0; i < count && i < PARTS_MAX; i++)
        if (parts[i].address != NULL && parts[i].size > 0)
            vectors[used++] = (struct iovec){parts[i].address, parts[i].size};
    input_record(kind, key, result, vectors, used);
}

bool world_feed(enum input_kind kind, uint64_t key, int64_t *result, const struct world_bytes *parts,
                int count)
{
    struct input_answer answer;
    const char *bytes;
    size_t left;

    if (!input_feed(kind, key, &answer))
        return false;
    bytes = answer.payload;
    left = answer.size;
    for (int i = 0; i < count && i < PARTS_MAX; i++) {
        if (parts[i].address == NULL || parts[i].size == 0)
            continue;
        size_t size = parts[i].size < left ? parts[i].size : left;
        if (size > 0)
            memcpy(parts[i].address, bytes, size);
        bytes += size;
        left -= size;
    }
    *result = answer.result;
    if (answer.result < 0)
        errno = answer.error;
    return true;
}

int64_t world_answer(enum input_kind kind, uint64_t key, int64_t result, struct world_bytes bytes)
{
    int64_t told;

    if (input_is_recorded())
        world_record(kind, key, result, &bytes, 1);
    else if (input_is_fed() && world_feed(kind, key, &told, &bytes, 1))
        return told;
    return result;
}
