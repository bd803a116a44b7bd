/* SPDX-License-Identifier: MIT */
/* The reader of the tape on any bytes: a replay copies them from memory that its original may have left
 * in any state. Every record that it links lies inside the bytes, and there are not more of them than fit. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/tape_ring.h"
#include "record/tape_streams.h"

#define REPEATS_MAX 100000u

static struct tape_streams streams;

static void read_stream(unsigned number, const uint8_t *bytes, size_t size)
{
    struct tape_ring_record record;
    size_t records = 0, given = 0;

    while (given < REPEATS_MAX && tape_streams_next(&streams, (int)number, bytes, size, &record)) {
        if (record.size > 0 && (record.payload < bytes || record.payload + record.size > bytes + size))
            abort();
        records += record.repeats == 0;
        given++;
        if (records > size)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    size_t size = length / 4 * 4; /* words, aligned: as in a mapping */
    uint8_t *bytes = malloc(size + 4);
    uint64_t lost_eval;

    if (bytes == NULL)
        return 0;
    if (size > 0)
        memcpy(bytes, data, size);
    memset(&streams, 0, sizeof streams);
    tape_streams_link(&streams, bytes, size, &lost_eval);
    for (unsigned i = 0; i < TAPE_STREAMS_MAX; i++)
        if (streams.stream[i].next != 0)
            read_stream(i, bytes, size);
    free(bytes);
    return 0;
}
