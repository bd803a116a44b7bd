/* SPDX-License-Identifier: MIT */
/* What is added comes out, with its eval, around the ring's end, from several threads, and past records that
 * nobody completes. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "record/line_queue.h"

#define SIZE   4096u
#define NOW    UINT64_C(5000000000)
#define SECOND UINT64_C(1000000000)

static _Alignas(64) char ring[SIZE];
static struct line_queue queue;
static struct line_block block;

static int start(void **state)
{
    (void)state;
    memset(ring, 0, sizeof ring);
    line_queue_start(&queue, ring, sizeof ring);
    return 0;
}

static void add(uint64_t eval, const char *text)
{
    assert_int_equal(line_queue_add(&queue, eval, text, strlen(text)), strlen(text));
}

static void expect(const char *text)
{
    line_queue_look(&queue, &block, NOW);
    assert_int_equal(block.length, strlen(text));
    assert_memory_equal(block.bytes, text, block.length);
}

static void what_is_added_comes_out(void **state)
{
    (void)state;
    assert_int_equal(line_queue_waiting(&queue), 0);
    add(3, "one ");
    add(3, "two ");
    add(5, "three");
    expect("one two three");
    assert_int_equal(line_queue_eval(&block, 7), 3);
    assert_int_equal(line_queue_eval(&block, 8), 5);
    assert_int_equal(line_queue_eval(&block, 12), 5);
    line_queue_take(&queue, 6);
    expect("o three");
    assert_int_equal(line_queue_eval(&block, 1), 3);
    assert_int_equal(line_queue_eval(&block, 2), 5);
    line_queue_take(&queue, 7);
    assert_int_equal(line_queue_waiting(&queue), 0);
    expect("");
    line_queue_take(&queue, 0);
    assert_int_equal(line_queue_add(&queue, 1, "", 0), 0);
    assert_int_equal(line_queue_waiting(&queue), 0);
}

static void it_goes_around(void **state)
{
    char text[100];

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        size_t length =
            (size_t)snprintf(text, sizeof text, "%.*s", (int)(1 + i % 90),
                             "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"
                             "0123456789abcdefghijklmnop");
        add(i, text);
        expect(text);
        assert_int_equal(line_queue_eval(&block, length - 1), i);
        line_queue_take(&queue, length);
    }
}

static void what_does_not_fit_is_told(void **state)
{
    static char much[SIZE];

    (void)state;
    memset(much, 'x', sizeof much);
    assert_in_range(line_queue_waiting(&queue), 0, SIZE / 2);
    assert_int_equal(line_queue_add(&queue, 1, much, SIZE / 2), SIZE / 2);
    assert_in_range(line_queue_waiting(&queue), SIZE / 2, SIZE);
    assert_int_equal(line_queue_add(&queue, 1, much, SIZE), SIZE / 2 - 32);
    assert_int_equal(line_queue_add(&queue, 1, much, 1), 0);
    line_queue_look(&queue, &block, NOW);
    assert_int_equal(block.length, SIZE - 32);
    line_queue_take(&queue, 15);
    assert_int_equal(line_queue_add(&queue, 1, much, 1), 0); /* no record fits yet */
    line_queue_take(&queue, 100);
    assert_int_equal(line_queue_add(&queue, 1, much, SIZE), 96);
    line_queue_take(&queue, SIZE / 2);
    assert_in_range(line_queue_waiting(&queue), 0, SIZE / 2);
    line_queue_look(&queue, &block, NOW);
    assert_int_equal(block.length, SIZE / 2 - 32 - 115 + 96);
}

/* A head as of a thread that was killed: in its place, and before it was there. */
static void what_nobody_completes_is_passed_over(void **state)
{
    (void)state;
    add(1, "lost");
    add(2, "kept");
    *(uint64_t *)(void *)ring = 4 << 2 | 1;
    for (unsigned i = 0; i < 2000; i++)
        expect("");
    line_queue_look(&queue, &block, NOW + SECOND - 1);
    assert_int_equal(block.length, 0);
    line_queue_look(&queue, &block, NOW + SECOND);
    assert_int_equal(block.length, 4);
    expect("kept");
    line_queue_take(&queue, 4);
    assert_int_equal(line_queue_waiting(&queue), 0);

    start(state);
    add(1, "lost");
    add(2, "kept");
    *(uint64_t *)(void *)ring = 0;
    *(uint64_t *)(void *)(ring + 16) = 0;
    line_queue_look(&queue, &block, LINE_QUEUE_LAST);
    assert_int_equal(block.length, 4);
    assert_memory_equal(block.bytes, "kept", 4);
}

/* The next one that is not complete is waited for as long. */
static void each_has_its_time(void **state)
{
    (void)state;
    add(1, "lost");
    add(2, "late");
    const uint64_t head = *(uint64_t *)(void *)(ring + 32);
    *(uint64_t *)(void *)ring = *(uint64_t *)(void *)(ring + 32) = 4 << 2 | 1;
    expect("");
    line_queue_look(&queue, &block, NOW + SECOND);
    assert_int_equal(block.length, 0);
    line_queue_look(&queue, &block, NOW + 2 * SECOND - 1);
    assert_int_equal(block.length, 0);
    *(uint64_t *)(void *)(ring + 32) = head;
    expect("late");
}

static void what_stands_before_it_is_not_kept_waiting(void **state)
{
    (void)state;
    add(1, "first");
    add(2, "lost");
    add(3, "last");
    *(uint64_t *)(void *)(ring + 32) = 4 << 2 | 1;
    expect("first");
    line_queue_take(&queue, 5);
    line_queue_look(&queue, &block, LINE_QUEUE_LAST);
    assert_memory_equal(block.bytes, "last", 4);
}

/* A head of nonsense leads nowhere else. */
static void nonsense_is_passed_over(void **state)
{
    (void)state;
    add(1, "some text");
    add(1, "more");
    *(uint64_t *)(void *)ring = UINT64_MAX;
    line_queue_look(&queue, &block, LINE_QUEUE_LAST);
    assert_int_equal(block.length, 0);
    assert_int_equal(line_queue_waiting(&queue), 0);
    add(2, "text");
    expect("text");
}

/* As many evals as a block can tell apart. */
static void a_block_has_room_for_so_many_evals(void **state)
{
    static _Alignas(64) char large[1 << 20];
    size_t seen = 0;

    (void)state;
    line_queue_start(&queue, large, sizeof large);
    for (unsigned i = 0; i < 10000; i++)
        add(i, "x");
    while (line_queue_waiting(&queue) > 0) {
        line_queue_look(&queue, &block, NOW);
        assert_true(block.length > 0);
        for (size_t i = 0; i < block.length; i++)
            assert_int_equal(line_queue_eval(&block, i), seen + i);
        seen += block.length;
        line_queue_take(&queue, block.length);
    }
    assert_int_equal(seen, 10000);
}

#define WRITERS 4
#define LINES   20000u

static void *write_lines(void *argument)
{
    const unsigned writer = *(unsigned *)argument;
    char line[40];
    uintptr_t kept = 0;

    for (unsigned i = 0; i < LINES; i++) {
        size_t length = (size_t)snprintf(line, sizeof line, "%u %u\n", writer, i);
        while (line_queue_waiting(&queue) > SIZE / 2)
            sched_yield();
        kept += line_queue_add(&queue, (uint64_t)writer * LINES + i, line, length) == length;
    }
    return (void *)kept;
}

static size_t read_lines(unsigned next[WRITERS])
{
    size_t start_of_line = 0;

    line_queue_look(&queue, &block, NOW);
    block.bytes[block.length] = '\0';
    for (size_t i = 0; i < block.length; i++) {
        unsigned writer, number;

        if (block.bytes[i] != '\n')
            continue;
        assert_int_equal(sscanf(block.bytes + start_of_line, "%u %u\n", &writer, &number), 2); /* NOLINT */
        assert_true(writer < WRITERS);
        assert_int_equal(number, next[writer]++);
        assert_int_equal(line_queue_eval(&block, i), (uint64_t)writer * LINES + number);
        start_of_line = i + 1;
    }
    line_queue_take(&queue, start_of_line);
    return start_of_line;
}

/* A writer may have to wait for a processor in the middle of a line: it is not to be given up. */
static void await_more(void)
{
    if (line_queue_waiting(&queue) > 0)
        usleep(1000);
    else
        sched_yield();
}

static void threads_write_at_once(void **state)
{
    pthread_t threads[WRITERS];
    unsigned names[WRITERS], next[WRITERS] = {0};

    (void)state;
    for (unsigned i = 0; i < WRITERS; i++) {
        names[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &names[i]), 0);
    }
    for (unsigned sum = 0; sum < WRITERS * LINES;) {
        if (read_lines(next) == 0)
            await_more();
        sum = 0;
        for (unsigned i = 0; i < WRITERS; i++)
            sum += next[i];
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        void *kept;
        pthread_join(threads[i], &kept);
        assert_int_equal((uintptr_t)kept, LINES);
    }
    assert_int_equal(line_queue_waiting(&queue), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_added_comes_out, start),
        cmocka_unit_test_setup(it_goes_around, start),
        cmocka_unit_test_setup(what_does_not_fit_is_told, start),
        cmocka_unit_test_setup(what_nobody_completes_is_passed_over, start),
        cmocka_unit_test_setup(each_has_its_time, start),
        cmocka_unit_test_setup(what_stands_before_it_is_not_kept_waiting, start),
        cmocka_unit_test_setup(nonsense_is_passed_over, start),
        cmocka_unit_test_setup(a_block_has_room_for_so_many_evals, start),
        cmocka_unit_test_setup(threads_write_at_once, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
