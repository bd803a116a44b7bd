/* SPDX-License-Identifier: MIT */
/* The tape: what was appended is read again, in the order of its streams, whatever the ring has been
 * through; and nonsense is noticed. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/tape_ring.h"
#include "record/tape_streams.h"

#define RING (UINT64_C(1) << 20)

static struct tape_streams streams;

/* As tape.c makes it: mapped twice in a row. */
static void make_log(struct tape_ring *log)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    uint8_t *start = mmap(NULL, 2 * RING, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(fd >= 0 && start != MAP_FAILED && ftruncate(fd, RING) == 0);
    for (unsigned i = 0; i < 2; i++)
        assert_true(mmap(start + i * RING, RING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) !=
                    MAP_FAILED);
    close(fd);
    *log = (struct tape_ring){.ring = start, .size = RING, .head = TAPE_RING_START};
    memset(&streams, 0, sizeof streams);
}

static void drop_log(struct tape_ring *log)
{
    munmap(log->ring, 2 * RING);
}

static int append(struct tape_ring *log, uint32_t stream, int64_t result, const char *bytes)
{
    const struct iovec parts[2] = {{(void *)(uintptr_t)bytes, strlen(bytes) / 2},
                                   {(void *)(uintptr_t)(bytes + strlen(bytes) / 2), strlen(bytes)}};
    const struct tape_ring_record record = {
        .stream = stream, .result = result, .error = EAGAIN, .size = (uint32_t)strlen(bytes)};
    uint64_t position;

    return tape_ring_append(log, &record, parts, 2, &position);
}

static void define(struct tape_ring *log, uint32_t kind, uint64_t key, uint32_t *number)
{
    struct tape_ring_record record = {.type = TAPE_RING_STREAM, .kind = kind, .key = key};
    uint64_t position;
    bool added;

    *number = record.stream = (uint32_t)tape_streams_add(&streams, kind, key, &added);
    assert_true(added);
    assert_int_equal(tape_ring_append(log, &record, NULL, 0, &position), 0);
}

/* What a replay does: a copy from a position on. */
static uint8_t *copy_from(const struct tape_ring *log, uint64_t position, size_t *size)
{
    *size = log->head - position;
    uint8_t *bytes = malloc(*size + 4);
    assert_non_null(bytes);
    memcpy(bytes, log->ring + position % RING, *size);
    return bytes;
}

static void expect(const uint8_t *bytes, size_t size, uint32_t kind, uint64_t key, int64_t result,
                   const char *payload)
{
    struct tape_ring_record record;
    int number = tape_streams_find(&streams, kind, key);

    assert_true(number >= 0);
    assert_true(tape_streams_next(&streams, number, bytes, size, &record));
    assert_int_equal(record.result, result);
    assert_int_equal(record.error, result < 0 ? EAGAIN : 0);
    assert_int_equal(record.size, strlen(payload));
    assert_memory_equal(record.payload, payload, strlen(payload));
}

static void expect_end(const uint8_t *bytes, size_t size, uint32_t kind, uint64_t key)
{
    struct tape_ring_record record;

    assert_false(tape_streams_next(&streams, tape_streams_find(&streams, kind, key), bytes, size, &record));
}

static void streams_are_read_in_their_order(void **state)
{
    struct tape_ring log;
    uint32_t one, two;
    uint64_t lost;
    size_t size;

    (void)state;
    make_log(&log);
    define(&log, 1, 0, &one);
    append(&log, one, 3, "abc");
    define(&log, 2, UINT64_MAX, &two);
    append(&log, two, INT64_MIN, "");
    append(&log, one, -1, "");
    append(&log, two, INT64_MAX, "payload");
    append(&log, one, 0, "");
    uint8_t *bytes = copy_from(&log, TAPE_RING_START, &size);
    assert_true(tape_streams_link(&streams, bytes, size, &lost));
    expect(bytes, size, 2, UINT64_MAX, INT64_MIN, "");
    expect(bytes, size, 1, 0, 3, "abc");
    expect(bytes, size, 1, 0, -1, "");
    expect(bytes, size, 2, UINT64_MAX, INT64_MAX, "payload");
    expect(bytes, size, 1, 0, 0, "");
    expect_end(bytes, size, 1, 0);
    expect_end(bytes, size, 2, UINT64_MAX);
    assert_int_equal(tape_streams_find(&streams, 3, 0), -1);
    free(bytes);
    drop_log(&log);
}

/* A signal came when a stream had its number and its record was not in the log yet: what its handler records
 * comes first, be it of that stream or of one whose place in the table is behind. */
static void a_number_may_come_late(void **state)
{
    const enum { FIRST = 1, SECOND } kinds[] = {FIRST, SECOND};
    struct tape_ring_record number[2];
    struct tape_ring log;
    uint64_t position, lost;
    size_t size;
    bool added;

    (void)state;
    make_log(&log);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        number[i] = (struct tape_ring_record){
            .type = TAPE_RING_STREAM,
            .stream = (uint32_t)tape_streams_add(&streams, kinds[i], 0, &added),
            .kind = kinds[i],
        };
    assert_int_equal(number[1].stream, number[0].stream + 1); /* as long as they collide */
    append(&log, number[0].stream, 1, "a");
    assert_int_equal(tape_ring_append(&log, &number[1], NULL, 0, &position), 0);
    append(&log, number[1].stream, 1, "b");
    assert_int_equal(tape_ring_append(&log, &number[0], NULL, 0, &position), 0);
    append(&log, number[0].stream, 1, "c");
    uint8_t *bytes = copy_from(&log, TAPE_RING_START, &size);
    memset(&streams, 0, sizeof streams); /* of a snapshot that is older */
    assert_true(tape_streams_link(&streams, bytes, size, &lost));
    expect(bytes, size, FIRST, 0, 1, "a");
    expect(bytes, size, FIRST, 0, 1, "c");
    expect(bytes, size, SECOND, 0, 1, "b");
    free(bytes);
    drop_log(&log);
}

static void stamps_are_kept(void **state)
{
    const struct tape_ring_record written = {
        .stream = 7, .result = 5, .size = 2, .stamped = true, .eval = UINT64_C(123456789012)};
    const struct iovec part = {"hi", 2};
    struct tape_ring_record record;
    struct tape_ring log;
    uint64_t position;
    bool complete;

    (void)state;
    make_log(&log);
    assert_int_equal(tape_ring_append(&log, &written, &part, 1, &position), 0);
    assert_int_equal(tape_ring_read(log.ring + position, log.head - position, 0, &record, &complete),
                     log.head - position);
    assert_true(complete && record.stamped);
    assert_int_equal(record.eval, written.eval);
    assert_int_equal(record.result, 5);
    assert_memory_equal(record.payload, "hi", 2);
    drop_log(&log);
}

/* The answer of a busy poll, and of a clock. */
static void records_are_small(void **state)
{
    const struct tape_ring_record nothing = {.stream = 9, .result = 0, .repeatable = true};
    const struct tape_ring_record clock = {.stream = 4095, .result = INT64_C(1700000000123456789)};
    struct tape_ring log;
    uint64_t first, second;

    (void)state;
    make_log(&log);
    assert_int_equal(tape_ring_append(&log, &nothing, NULL, 0, &first), 0);
    assert_int_equal(log.head - first, 12);
    for (int i = 0; i < 1000; i++)
        assert_true(tape_ring_repeat(&log, first, &nothing));
    assert_int_equal(log.head - first, 12);
    assert_int_equal(tape_ring_append(&log, &clock, NULL, 0, &second), 0);
    assert_int_equal(log.head - second, 16);
    assert_false(tape_ring_repeat(&log, second, &clock));
    drop_log(&log);
}

static void repeats_are_given_one_by_one(void **state)
{
    struct tape_ring_record nothing = {.result = -1, .error = EAGAIN, .repeatable = true};
    struct tape_ring log;
    uint64_t position, lost;
    size_t size;

    (void)state;
    make_log(&log);
    define(&log, 1, 5, &nothing.stream);
    tape_ring_append(&log, &nothing, NULL, 0, &position);
    for (int i = 0; i < 4; i++)
        assert_true(tape_ring_repeat(&log, position, &nothing));
    nothing.error = EINTR;
    assert_false(tape_ring_repeat(&log, position, &nothing));
    append(&log, nothing.stream, 1, "x");
    uint8_t *bytes = copy_from(&log, TAPE_RING_START, &size);
    assert_true(tape_streams_link(&streams, bytes, size, &lost));
    for (int i = 0; i < 5; i++)
        expect(bytes, size, 1, 5, -1, "");
    expect(bytes, size, 1, 5, 1, "x");
    expect_end(bytes, size, 1, 5);
    free(bytes);
    drop_log(&log);
}

/* What lies before the floor is used again; what does not fit is refused, but for the word that says so. */
static void the_ring_is_bounded(void **state)
{
    const struct tape_ring_record lost_record = {.type = TAPE_RING_LOST, .eval = 77};
    struct tape_ring log;
    uint64_t position, lost;
    uint32_t number;
    char bytes[1001];
    size_t size;

    (void)state;
    make_log(&log);
    memset(bytes, 'x', sizeof bytes - 1);
    bytes[1000] = '\0';
    define(&log, 1, 0, &number);
    for (int round = 0; round < 5; round++) {
        unsigned count = 0;
        uint64_t start = log.head;
        while (append(&log, number, 1000, bytes) == 0)
            count++;
        assert_in_range(count, (RING - 20000) / 1008, RING / 1000);
        assert_int_equal(append(&log, number, 1000, bytes), -ENOSPC);
        assert_int_equal(tape_ring_append(&log, &lost_record, NULL, 0, &position), 0);
        uint8_t *copy = copy_from(&log, start, &size);
        assert_false(tape_streams_link(&streams, copy, size, &lost));
        assert_int_equal(lost, 77);
        while (count-- > 0)
            expect(copy, size, 1, 0, 1000, bytes);
        expect_end(copy, size, 1, 0);
        free(copy);
        memset(log.ring, 0, RING);
        log.floor = log.head & ~UINT64_C(4095);
    }
    assert_true(log.head > 4 * RING);
    log.head = TAPE_RING_CLOSED;
    assert_int_equal(append(&log, number, 1, "x"), -ECANCELED);
    drop_log(&log);
}

/* A thread that died between the reservation and the header, and one that died in the middle of its bytes. */
static void gaps_are_passed_over(void **state)
{
    struct tape_ring log;
    uint32_t number;
    uint64_t lost;
    size_t size;

    (void)state;
    make_log(&log);
    define(&log, 1, 0, &number);
    append(&log, number, 1, "a");
    log.head += 400;
    append(&log, number, 1, "b");
    uint64_t torn = log.head;
    append(&log, number, 1, "torn");
    *(uint32_t *)(void *)(log.ring + torn) = (*(uint32_t *)(void *)(log.ring + torn) & ~3u) | 1;
    append(&log, number, 1, "c");
    log.head += 400;
    uint8_t *bytes = copy_from(&log, TAPE_RING_START, &size);
    assert_true(tape_streams_link(&streams, bytes, size, &lost));
    expect(bytes, size, 1, 0, 1, "a");
    expect(bytes, size, 1, 0, 1, "b");
    expect(bytes, size, 1, 0, 1, "c");
    expect_end(bytes, size, 1, 0);
    free(bytes);
    drop_log(&log);
}

static void nonsense_ends_the_log(void **state)
{
    static const uint32_t words[][3] = {
        {0xffffffff, 0, 0},        /* a size past the end */
        {0x2, 0, 0},               /* no size */
        {3u << 2 | 2, 0x00ffffff}, /* a stream that cannot be */
        {3u << 2 | 2, 3},          /* a type that cannot be */
        {2u << 2 | 2, 0x80808000}, /* a number without an end */
        {3u << 2 | 2, 0x0a010008}, /* a payload past the end */
    };
    uint64_t lost;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        uint32_t bytes[3];
        memcpy(bytes, words[i], sizeof bytes);
        memset(&streams, 0, sizeof streams);
        assert_false(tape_streams_link(&streams, (uint8_t *)bytes, sizeof bytes, &lost));
        assert_int_equal(lost, 0);
    }
}

static void a_full_table_says_so(void **state)
{
    bool added;

    (void)state;
    memset(&streams, 0, sizeof streams);
    for (unsigned i = 0; i < TAPE_STREAMS_MAX; i++) {
        assert_true(tape_streams_add(&streams, 1, (uint64_t)i * 4096, &added) >= 0);
        assert_true(added);
    }
    assert_int_equal(tape_streams_add(&streams, 2, 0, &added), -1);
    assert_true(tape_streams_add(&streams, 1, 4096, &added) >= 0);
    assert_false(added);
    assert_int_equal(tape_streams_find(&streams, 2, 0), -1);
}

/* --- several threads --- */

#define THREADS 4
#define EACH    2000

static struct tape_ring shared_log;

static void *append_many(void *argument)
{
    uint32_t number;
    char bytes[32];

    define(&shared_log, 1, (uintptr_t)argument, &number);
    for (int i = 0; i < EACH; i++) {
        snprintf(bytes, sizeof bytes, "%d", i);
        append(&shared_log, number, i, bytes);
    }
    return NULL;
}

static void threads_append_at_once(void **state)
{
    pthread_t threads[THREADS];
    char bytes[32];
    uint64_t lost;
    size_t size;

    (void)state;
    make_log(&shared_log);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint8_t *copy = copy_from(&shared_log, TAPE_RING_START, &size);
    assert_true(tape_streams_link(&streams, copy, size, &lost));
    for (int i = 0; i < EACH; i++)
        for (unsigned key = 0; key < THREADS; key++) {
            snprintf(bytes, sizeof bytes, "%d", i);
            expect(copy, size, 1, key, i, bytes);
        }
    free(copy);
    drop_log(&shared_log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_read_in_their_order),
        cmocka_unit_test(a_number_may_come_late),
        cmocka_unit_test(stamps_are_kept),
        cmocka_unit_test(records_are_small),
        cmocka_unit_test(repeats_are_given_one_by_one),
        cmocka_unit_test(the_ring_is_bounded),
        cmocka_unit_test(gaps_are_passed_over),
        cmocka_unit_test(nonsense_ends_the_log),
        cmocka_unit_test(a_full_table_says_so),
        cmocka_unit_test(threads_append_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
