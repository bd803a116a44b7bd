/* SPDX-License-Identifier: MIT */
/* Times in chunks: see time_log.h. A thread may be stopped for a snapshot anywhere in here. What it had read
 * from its own memory by then is the same in the copy, so what it still writes there is what its original
 * wrote; and it writes to memory that nobody reads: a replay has the chunks from a copy. */
#define _GNU_SOURCE
#include "record/time_log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/kernel.h"
#include "base/often.h"
#include "record/tape.h"
#include "run/shared_page.h"
#include "snapshot/shared_memory.h"

#define CHUNKS        65536u /* 16 MiB; untouched pages cost nothing */
#define CHUNK_DELTAS  60u
#define CHUNKS_SPARED 1024u /* of streams that began one long ago and seldom ask */
#define STREAMS       1024u /* a power of two */
#define STREAM_PROBES 8u

struct chunk {
    uint64_t number; /* from 1; another one: it was used again */
    int64_t first_ns;
    uint32_t deltas[CHUNK_DELTAS]; /* to the answer before, and 1 more; 0: none yet */
};

struct shared {
    _Atomic uint64_t begun; /* chunks */
    uint64_t unused[7];
    struct chunk chunks[CHUNKS];
};

/* Of one thread, clock and caller. In each process's own memory: where it is in its chunk. */
struct stream {
    _Atomic uint64_t key; /* 0: free */
    uint64_t chunk;       /* number, 0: none */
    uint32_t next;        /* of the deltas */
    int64_t last_ns;
};

static struct shared *shared;
static OFTEN_WRITTEN _Atomic uint64_t begun;  /* as this process knows */
static OFTEN_WRITTEN _Atomic uint64_t needed; /* the first chunk of the oldest snapshot */
static OFTEN_WRITTEN uint64_t
    marks[SHARED_PAGE_SLOTS];    /* begun, when the snapshot with this place was taken */
static const struct chunk *told; /* a replay's own copy of the chunks */
static struct stream streams[STREAMS];

static void *map(void *place, int flags)
{
    long r = kernel_mmap(place, sizeof *shared, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1, 0);

    return r < 0 && r > -4096 ? NULL : (void *)r;
}

void time_log_start(void)
{
    struct shared *before = shared; /* in a forked child: its parent's */

    shared = map(before, MAP_SHARED | (before != NULL ? MAP_FIXED : 0));
    if (shared == NULL)
        return;
    if (before == NULL)
        shared_memory_add_own(shared);
    memset(streams, 0, sizeof streams);
    atomic_store(&begun, 0);
    atomic_store(&needed, 0);
    kernel_madvise(shared, sizeof *shared, MADV_DONTDUMP); /* a core is the simulator's own */
}

void time_log_snapshot_begins(unsigned place)
{
    marks[place] = atomic_load(&begun);
}

void time_log_snapshot_done(int oldest)
{
    atomic_store(&needed, oldest >= 0 ? marks[oldest] : atomic_load(&begun));
}

int time_log_begin_replay(void)
{
    struct shared *copy;

    if (shared == NULL || told != NULL) /* or a copy of it has done so */
        return 0;
    uint64_t used = atomic_load(&shared->begun) + CHUNKS_SPARED; /* some may not be counted yet */
    copy = map(NULL, MAP_PRIVATE);
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy->chunks, shared->chunks, (used < CHUNKS ? used : CHUNKS) * sizeof *copy->chunks);
    told = copy->chunks;
    return map(shared, MAP_PRIVATE | MAP_FIXED) == NULL ? -ENOMEM : 0;
}

/* NULL: there is no room for it. */
static struct stream *find(uint64_t key)
{
    for (uint64_t i = 0; i < STREAM_PROBES; i++) {
        struct stream *stream = &streams[((key >> 48) + i) % STREAMS];
        uint64_t found = atomic_load_explicit(&stream->key, memory_order_relaxed);

        if (found == 0 && atomic_compare_exchange_strong(&stream->key, &found, key))
            return stream;
        if (found == key)
            return stream;
    }
    return NULL;
}

/* --- the original's side --- */

static bool has_room(uint64_t number)
{
    return shared != NULL && number + CHUNKS_SPARED < atomic_load(&needed) + CHUNKS;
}

static void record_apart(uint64_t key, struct stream *stream, int64_t ns)
{
    const struct iovec part = {&ns, sizeof ns};

    if (stream != NULL)
        stream->chunk = 0;
    tape_record(TAPE_TIME, key, 0, &part, 1);
}

/* The number is taken before it is certain that this is still the original: a copy goes another way then. */
static bool begin_chunk(uint64_t key, struct stream *stream, int64_t ns)
{
    uint64_t number = stream != NULL && has_room(atomic_load(&begun)) ? atomic_fetch_add(&begun, 1) + 1 : 0;

    if (!role_records())
        return false;
    if (number == 0) {
        record_apart(key, stream, ns);
        return true;
    }
    struct chunk *chunk = &shared->chunks[(number - 1) % CHUNKS];
    atomic_fetch_add(&shared->begun, 1);
    memset(chunk->deltas, 0, sizeof chunk->deltas);
    chunk->first_ns = ns;
    chunk->number = number;
    stream->chunk = number;
    stream->next = 0;
    stream->last_ns = ns;
    tape_record(TAPE_TIME, key, (int64_t)number, NULL, 0);
    return true;
}

bool time_log_record(uint64_t key, int64_t ns)
{
    if (!role_records())
        return !role_is_fed();
    struct stream *stream = find(key);
    if (stream == NULL || stream->chunk == 0)
        return begin_chunk(key, stream, ns);
    struct chunk *chunk = &shared->chunks[(stream->chunk - 1) % CHUNKS];
    uint64_t delta = (uint64_t)(ns - stream->last_ns);
    if (chunk->number != stream->chunk || stream->next == CHUNK_DELTAS || delta >= UINT32_MAX)
        return begin_chunk(key, stream, ns);
    chunk->deltas[stream->next] = (uint32_t)delta + 1;
    stream->next++;
    stream->last_ns = ns;
    return true;
}

/* --- the replay's --- */

static bool feed_chunk(struct stream *stream, uint64_t number, int64_t *ns)
{
    const struct chunk *chunk = told != NULL && number != 0 ? &told[(number - 1) % CHUNKS] : NULL;

    if (stream == NULL || chunk == NULL || chunk->number != number)
        return false;
    stream->chunk = number;
    stream->next = 0;
    stream->last_ns = *ns = chunk->first_ns;
    return true;
}

bool time_log_feed(uint64_t key, int64_t *ns)
{
    struct stream *stream = find(key);
    struct tape_answer answer;

    if (stream != NULL && stream->chunk != 0 && told != NULL && stream->next < CHUNK_DELTAS) {
        const struct chunk *chunk = &told[(stream->chunk - 1) % CHUNKS];
        if (chunk->number == stream->chunk && chunk->deltas[stream->next] != 0) {
            stream->last_ns += chunk->deltas[stream->next++] - 1;
            *ns = stream->last_ns;
            return true;
        }
    }
    if (!tape_feed(TAPE_TIME, key, &answer))
        return false;
    if (answer.size != sizeof *ns)
        return feed_chunk(stream, (uint64_t)answer.result, ns);
    memcpy(ns, answer.payload, sizeof *ns);
    if (stream != NULL)
        stream->chunk = 0;
    return true;
}
