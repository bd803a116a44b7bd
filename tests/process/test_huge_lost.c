/* SPDX-License-Identifier: MIT */
/* Huge pages that are lost to a forked copy, in this process: what is told of them, for evals whose time is
 * made up. Skipped where the kernel gives no huge pages, or does not tell where they are. */
#define _GNU_SOURCE
#include "process.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "snapshot/huge_lost.h"
#include "snapshot/huge_map.h"

#define PIECES    64
#define BYTES     (PIECES * HUGE_MAP_BYTES)
#define SECOND_NS UINT64_C(1000000000)

static uint8_t *map_pieces(int advice)
{
    uint8_t *place =
        mmap(NULL, BYTES + HUGE_MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (place == MAP_FAILED || place == NULL) {
        fail_msg("no memory");
        return NULL;
    }
    place += -(uintptr_t)place & (HUGE_MAP_BYTES - 1);
    madvise(place, BYTES, advice);
    memset(place, 1, BYTES);
    return place;
}

static void need_huge_pages(const uint8_t *memory)
{
    const struct huge_map_range range = {(uintptr_t)memory, (uintptr_t)memory + BYTES};
    int fd = huge_map_open();
    struct huge_map_range found[8];
    bool are_huge = fd >= 0 && huge_map_find(fd, found, 8) > 0 && huge_map_small_bytes(fd, &range) == 0;

    close(fd);
    if (!are_huge) {
        print_message("no huge pages here, or Linux is older than 6.7\n");
        skip();
    }
}

/* One byte of each, while a copy has them too. */
static void lose(volatile uint8_t *memory)
{
    pid_t copy = fork();

    if (copy == 0) {
        pause();
        _exit(0);
    }
    for (unsigned i = 0; i < PIECES; i++)
        memory[i * HUGE_MAP_BYTES]++;
    kill(copy, SIGKILL);
    waitpid(copy, NULL, 0);
}

/* Evals take 1 ms, and then 2 ms: half of the time is lost. */
static void lost_pages_are_seen(void **state)
{
    uint8_t *memory = map_pieces(MADV_HUGEPAGE);

    (void)state;
    need_huge_pages(memory);
    huge_lost_begin(BYTES);
    assert_int_equal(huge_lost_look(0, 0), 0);
    assert_int_equal(huge_lost_look(SECOND_NS, 1000), 0);
    assert_int_equal(huge_lost_look(2 * SECOND_NS, 2000), 0);
    lose(memory);
    assert_int_equal(huge_lost_look(3 * SECOND_NS, 3000), 0); /* some of it with them */
    assert_int_equal(huge_lost_look(5 * SECOND_NS, 4000), SECOND_NS);
    assert_int_equal(huge_lost_look(7 * SECOND_NS, 5000), SECOND_NS);
    munmap(memory, BYTES);
}

static void small_pages_cannot_be_lost(void **state)
{
    uint8_t *memory = map_pieces(MADV_NOHUGEPAGE);

    (void)state;
    huge_lost_begin(BYTES);
    assert_int_equal(huge_lost_look(SECOND_NS, 1000), 0);
    assert_int_equal(huge_lost_look(2 * SECOND_NS, 2000), 0);
    lose(memory);
    assert_int_equal(huge_lost_look(4 * SECOND_NS, 3000), 0);
    assert_int_equal(huge_lost_look(6 * SECOND_NS, 4000), 0);
    munmap(memory, BYTES);
}

static void a_small_simulator_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(huge_lost_begin(HUGE_MAP_BYTES), 0);
    assert_int_equal(huge_lost_look(SECOND_NS, 1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_pages_are_seen),
        cmocka_unit_test(small_pages_cannot_be_lost),
        cmocka_unit_test(a_small_simulator_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
