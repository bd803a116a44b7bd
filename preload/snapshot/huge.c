/* SPDX-License-Identifier: MIT */
/* Which pieces become huge pages, and when: see huge.h. What the kernel counts anyway, the faults, says when
 * to look closer; a few pieces say whether to go through all. */
#define _GNU_SOURCE
#include "snapshot/huge.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/u64.h"
#include "snapshot/huge_map.h"

#define RANGES_MAX    256u
#define LEAST_BYTES   (UINT64_C(48) << 20) /* a smaller simulator is left alone */
#define ASK_LEAST     1024u                /* copies since the snapshot before a look at pieces ... */
#define SAMPLES       64u                  /* ... and at so many */
#define MANY          32u                  /* copies in a piece: it gets a huge page */
#define AT_ONCE       16u                  /* pieces in one go, ... */
#define LOOK_NS       50000000u            /* ... and that long at one look */
#define BETWEEN_NS    1000000u             /* two looks with something to do */
#define WAIT_PART     8u                   /* of the time since the snapshot, else */
#define WAIT_LEAST_NS 10000000u
#define REFUSALS      8u /* in a row, with none that went well */

static struct huge_map_range ranges[RANGES_MAX];
static unsigned count;            /* of them */
static uint64_t pieces;           /* in them */
static uint64_t found_bytes;      /* what the simulator had held when they were looked for */
static uint64_t peak_bytes;       /* what it had at the last snapshot */
static uint64_t faults_at, asked; /* faults at the last snapshot, and those since when it was last asked */
static uint64_t at;               /* the piece where it goes on; as many as there are: nowhere */
static uint64_t taken_ns;         /* when the last snapshot was taken */
static unsigned refusals;
static bool is_off, is_allowed;

void huge_begin(bool is_wanted)
{
    count = refusals = 0;
    pieces = at = found_bytes = peak_bytes = taken_ns = 0;
    is_off = !is_wanted;
    is_allowed = false;
}

void huge_taken(uint64_t faults, uint64_t peak)
{
    taken_ns = clock_ns();
    faults_at = faults;
    peak_bytes = peak;
    asked = 0;
    at = pieces;
}

static void give_up(const char *why)
{
    is_off = true;
    log_line(LOG_DEBUG, "no huge pages: %s", why);
}

/* Small pages make the question slow: it is asked once, and again when the simulator has grown. */
static void find(int fd)
{
    if (found_bytes != 0 && peak_bytes < found_bytes + found_bytes / 8)
        return;
    found_bytes = peak_bytes;
    count = huge_map_find(fd, ranges, RANGES_MAX);
    pieces = 0;
    for (unsigned i = 0; i < count; i++)
        pieces += (ranges[i].end - ranges[i].start) / HUGE_MAP_BYTES;
    at = pieces;
}

static uint64_t address_of(uint64_t piece)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t here = (ranges[i].end - ranges[i].start) / HUGE_MAP_BYTES;

        if (piece < here)
            return ranges[i].start + piece * HUGE_MAP_BYTES;
        piece -= here;
    }
    return 0;
}

/* The snapshot still has a part of it, and the original has copied much of it. */
static bool is_written(struct huge_map_piece piece)
{
    return piece.present == HUGE_MAP_PAGES && piece.alone >= MANY && piece.alone < HUGE_MAP_PAGES;
}

static bool some_are_written(int fd)
{
    uint64_t step = u64_max(pieces / SAMPLES, 1);

    for (uint64_t i = 0; i < pieces; i += step)
        if (is_written(huge_map_look(fd, address_of(i))))
            return true;
    return false;
}

static uint64_t faults_now(void)
{
    struct rusage usage = {.ru_minflt = 0};

    kernel_getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt;
}

/* Half as many copies again since it was last asked. */
static bool is_time_to_ask(void)
{
    uint64_t copied = u64_difference(faults_now(), faults_at);

    if (copied < asked + asked / 2 + ASK_LEAST)
        return false;
    asked = copied;
    return true;
}

/* Returns what snapshots hold more. */
static uint64_t collapse(uint64_t start, struct huge_map_piece piece)
{
    int r = huge_map_collapse(start);

    if (r == 0) {
        refusals = 0;
        is_allowed = true;
        return (uint64_t)(HUGE_MAP_PAGES - piece.alone) * (HUGE_MAP_BYTES / HUGE_MAP_PAGES);
    }
    if (r == -ENOMEM || r == -EBUSY)
        at = pieces; /* there is none left now */
    else if (r == -EINVAL && ++refusals == REFUSALS && !is_allowed)
        give_up("the kernel refuses them here");
    return 0;
}

static uint64_t go_through(int fd, uint64_t end_ns)
{
    uint64_t bytes = 0;
    unsigned done = 0;

    while (at < pieces && done < AT_ONCE && !is_off && clock_ns() < end_ns) {
        uint64_t start = address_of(at++);
        struct huge_map_piece piece = huge_map_look(fd, start);

        if (!is_written(piece))
            continue;
        bytes += collapse(start, piece);
        done++;
    }
    return bytes;
}

static void look_at_pieces(int fd, bool (*may_go_on)(uint64_t bytes))
{
    uint64_t end_ns = clock_ns() + LOOK_NS;

    find(fd);
    if (at == pieces && some_are_written(fd))
        at = 0;
    while (may_go_on(go_through(fd, end_ns)) && at < pieces && !is_off && clock_ns() < end_ns)
        ;
}

static bool may_begin(void)
{
    if (!is_allowed && !huge_map_is_allowed()) {
        give_up("/sys/kernel/mm/transparent_hugepage/enabled says never, or pages are merged");
        return false;
    }
    return true;
}

void huge_look(bool is_shared, bool (*may_go_on)(uint64_t bytes))
{
    if (is_off || !is_shared || peak_bytes < LEAST_BYTES)
        return;
    if (at == pieces && !(is_time_to_ask() && may_begin()))
        return;
    int fd = huge_map_open();
    if (fd < 0)
        give_up("/proc/self/pagemap cannot be read");
    else
        look_at_pieces(fd, may_go_on);
    kernel_close(fd);
}

/* Copies come fast or never. */
uint64_t huge_wait_ns(void)
{
    if (is_off || peak_bytes < LEAST_BYTES)
        return UINT64_MAX;
    if (at < pieces)
        return BETWEEN_NS;
    return u64_min(u64_max(u64_difference(clock_ns(), taken_ns) / WAIT_PART, WAIT_LEAST_NS), SECOND_NS);
}
