/* SPDX-License-Identifier: MIT */
/* Samples of the huge pages of a run: see huge_lost.h. */
#include "snapshot/huge_lost.h"

#include <stdbool.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/u64.h"
#include "snapshot/huge_map.h"
#include "snapshot/slowdown.h"

#define RANGES_MAX  256u
#define SAMPLES     64u
#define LEAST_BYTES (UINT64_C(64) << 20) /* less is no matter: the processor keeps its addresses */

static uint64_t samples[SAMPLES]; /* addresses of pieces */
static unsigned count;
static struct slowdown slowdown;

static bool is_small(int fd, uint64_t start)
{
    const struct huge_map_range piece = {start, start + HUGE_MAP_BYTES};

    return huge_map_small_bytes(fd, &piece) > 0;
}

/* Of that memory, every so many pieces. Returns how many were looked at. */
static unsigned sample(int fd, const struct huge_map_range *ranges, unsigned number, uint64_t step)
{
    unsigned looked_at = 0;
    uint64_t skip = 0;

    for (unsigned i = 0; i < number; i++) {
        uint64_t start = ranges[i].start + skip * HUGE_MAP_BYTES;

        for (; start < ranges[i].end && looked_at < SAMPLES; start += step * HUGE_MAP_BYTES, looked_at++)
            if (!is_small(fd, start))
                samples[count++] = start;
        skip = u64_difference(start, ranges[i].end) / HUGE_MAP_BYTES;
    }
    return looked_at;
}

/* Where most of a large memory was in small pages nothing can be lost. */
static void sample_all(int fd)
{
    static struct huge_map_range ranges[RANGES_MAX];
    unsigned number = huge_map_find(fd, ranges, RANGES_MAX);
    uint64_t pieces = 0;

    for (unsigned i = 0; i < number; i++)
        pieces += (ranges[i].end - ranges[i].start) / HUGE_MAP_BYTES;
    unsigned looked_at = sample(fd, ranges, number, pieces / SAMPLES + 1);
    if (2 * count < looked_at || pieces * HUGE_MAP_BYTES < LEAST_BYTES)
        count = 0;
}

uint64_t huge_lost_begin(uint64_t peak_bytes)
{
    uint64_t start_ns = clock_used_ns();

    count = 0;
    slowdown_init(&slowdown);
    int fd = peak_bytes < LEAST_BYTES ? -1 : huge_map_open();
    if (fd < 0)
        return 0;
    sample_all(fd);
    kernel_close(fd);
    return clock_used_ns() - start_ns;
}

uint64_t huge_lost_look(uint64_t user_ns, uint64_t evals)
{
    unsigned small = 0;
    int fd = count == 0 ? -1 : huge_map_open();

    if (fd < 0)
        return 0;
    for (unsigned i = 0; i < count; i++)
        small += is_small(fd, samples[i]);
    kernel_close(fd);
    return slowdown_look(&slowdown, (struct slowdown_sum){user_ns, evals}, small * SLOWDOWN_ALL / count);
}
