/* SPDX-License-Identifier: MIT */
/* Which pieces become huge pages, and when: see huge.h. What the kernel counts anyway, the faults, says when
 * to look closer; a few pieces say whether to go through all. */
#define _GNU_SOURCE
#include "snapshot/huge.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/often.h"
#include "base/u64.h"
#include "snapshot/cadence.h"
#include "snapshot/huge_map.h"
#include "snapshot/huge_plan.h"

#define RANGES_MAX    256u
#define LEAST_BYTES   (UINT64_C(48) << 20) /* a smaller simulator is left alone */
#define ASK_LEAST     1024u                /* copies since the snapshot before a look at pieces ... */
#define SAMPLES       64u                  /* ... and at so many */
#define AT_ONCE       16u                  /* pieces in one go, ... */
#define LOOK_NS       100000000u           /* ... and that long at one look */
#define BETWEEN_NS    1000000u             /* two looks with something to do */
#define WAIT_PART     8u                   /* of the time since the snapshot, else */
#define WAIT_LEAST_NS 10000000u
#define FIRST_EVALS   16u
#define REFUSALS      8u /* in a row, with none that went well */

static struct huge_map_range ranges[RANGES_MAX];
static OFTEN_WRITTEN unsigned count;               /* of them */
static OFTEN_WRITTEN uint64_t pieces;              /* in them */
static uint64_t found_bytes;                       /* what the simulator had held when they were looked for */
static OFTEN_WRITTEN uint64_t peak_bytes;          /* what it had at the last snapshot */
static OFTEN_WRITTEN uint64_t faults_at, asked;    /* faults at it, and since then when it was last asked */
static OFTEN_WRITTEN uint64_t eval_at, asked_eval; /* likewise evals */
static OFTEN_WRITTEN uint64_t at;       /* the piece where it goes on; as many as there are: nowhere */
static OFTEN_WRITTEN uint64_t taken_ns; /* when the last snapshot was taken */
static OFTEN_WRITTEN struct huge_plan plan;
static OFTEN_WRITTEN uint64_t plan_at; /* the piece where that goes on */
static OFTEN_WRITTEN unsigned many;    /* copies in a piece: it gets a huge page */
static OFTEN_WRITTEN unsigned refusals;
static OFTEN_WRITTEN bool is_off, is_allowed;

void huge_begin(bool is_wanted, uint32_t budget_ppm)
{
    huge_plan_init(&plan, budget_ppm, clock_ns());
    count = refusals = 0;
    pieces = at = found_bytes = peak_bytes = taken_ns = plan_at = 0;
    is_off = !is_wanted;
    is_allowed = false;
}

void huge_taken(uint64_t eval, uint64_t faults, uint64_t peak)
{
    taken_ns = clock_ns();
    eval_at = eval;
    asked_eval = 0;
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

static void find(int fd)
{
    found_bytes = peak_bytes;
    count = huge_map_find(fd, ranges, RANGES_MAX);
    pieces = 0;
    for (unsigned i = 0; i < count; i++)
        pieces += (ranges[i].end - ranges[i].start) / HUGE_MAP_BYTES;
    at = pieces;
}

/* Small pages make the question slow: it is asked again when the simulator has grown. */
static void find_if_grown(int fd)
{
    if (found_bytes == 0 || peak_bytes >= found_bytes + found_bytes / 8)
        find(fd);
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
    return piece.present == HUGE_MAP_PAGES && piece.alone >= many && piece.alone < HUGE_MAP_PAGES;
}

/* As far as a few tell. */
static uint64_t written_pieces(int fd)
{
    uint64_t step = u64_max(pieces / SAMPLES, 1), written = 0;

    for (uint64_t i = 0; i < pieces; i += step)
        if (is_written(huge_map_look(fd, address_of(i))))
            written += step;
    return written;
}

static bool is_worth_it(int fd, uint64_t left)
{
    uint64_t written = written_pieces(fd);

    return written > 0 && huge_plan_pays(asked, left, CADENCE_ALL, written);
}

static uint64_t faults_now(void)
{
    struct rusage usage = {.ru_minflt = 0};

    kernel_getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt;
}

/* Half as many copies again since it was last asked. */
static bool is_time_to_ask(uint64_t eval)
{
    uint64_t copied = u64_difference(faults_now(), faults_at), evals = u64_difference(eval, eval_at);

    if (copied < asked + asked / 2 + ASK_LEAST)
        return false;
    many = huge_plan_many(asked, asked_eval, copied, evals);
    asked = copied;
    asked_eval = evals;
    return true;
}

/* Of a piece that becomes one huge page snapshots keep what they had. */
static uint64_t kept_bytes(struct huge_map_piece piece)
{
    return (uint64_t)(HUGE_MAP_PAGES - piece.alone) * (HUGE_MAP_BYTES / HUGE_MAP_PAGES);
}

/* False: there is none left now, or never. */
static bool collapse(uint64_t start, struct huge_map_piece piece, uint64_t *bytes)
{
    int r = huge_map_collapse(start);

    if (r == 0) {
        refusals = 0;
        is_allowed = true;
        *bytes += kept_bytes(piece);
    } else if (r == -EINVAL && ++refusals == REFUSALS && !is_allowed)
        give_up("the kernel refuses them here");
    return r != -ENOMEM && r != -EBUSY && !is_off;
}

/* --- in the place of copies --- */

static uint64_t replace_some(int fd, uint64_t end_ns)
{
    uint64_t bytes = 0;
    unsigned done = 0;

    while (at < pieces && done < AT_ONCE && clock_ns() < end_ns) {
        uint64_t start = address_of(at++);
        struct huge_map_piece piece = huge_map_look(fd, start);

        if (!is_written(piece))
            continue;
        if (!collapse(start, piece, &bytes))
            at = pieces;
        done++;
    }
    return bytes;
}

static void replace_copies(int fd, uint64_t left, bool (*may_go_on)(uint64_t bytes))
{
    uint64_t end_ns = clock_ns() + LOOK_NS;

    find_if_grown(fd);
    if (at == pieces && is_worth_it(fd, left))
        at = 0;
    while (may_go_on(replace_some(fd, end_ns)) && at < pieces && clock_ns() < end_ns)
        ;
}

/* --- for their own sake --- */

static struct huge_plan_now now(uint64_t eval)
{
    return (struct huge_plan_now){
        .ns = clock_ns(), .used_ns = clock_used_ns(), .faults = faults_now(), .eval = eval};
}

static void count_small(int fd, uint64_t eval)
{
    uint64_t bytes = 0;
    struct huge_plan_now then;

    find(fd);
    for (unsigned i = 0; i < count; i++)
        bytes += huge_map_small_bytes(fd, &ranges[i]);
    then = now(eval);
    plan_at = 0;
    huge_plan_counted(&plan, &then, bytes / HUGE_MAP_BYTES);
}

/* A portion is a sample of all. Returns what snapshots hold more. */
static uint64_t give_some(int fd, uint64_t eval, uint64_t end_ns)
{
    uint64_t start_ns = clock_used_ns(), bytes = 0, given = 0;
    uint64_t step = huge_plan_is_earned(&plan) ? 1 : u64_max(pieces / plan.portion, 1);

    for (; plan_at < pieces && given < u64_min(AT_ONCE, plan.left) && clock_ns() < end_ns; plan_at += step) {
        uint64_t start = address_of(plan_at);

        if (huge_map_small_bytes(fd, &(struct huge_map_range){start, start + HUGE_MAP_BYTES}) <
            HUGE_MAP_BYTES)
            continue;
        if (!collapse(start, huge_map_look(fd, start), &bytes))
            plan_at = pieces;
        given++;
    }
    struct huge_plan_now then = now(eval);
    bool is_end = plan_at >= pieces || is_off;
    if (is_end)
        plan_at = 0;
    huge_plan_collapsed(&plan, &then, given, clock_used_ns() - start_ns, is_end);
    return bytes;
}

static void follow_plan(int fd, uint64_t eval, bool (*may_go_on)(uint64_t bytes))
{
    uint64_t end_ns = clock_ns() + LOOK_NS;
    struct huge_plan_now then = now(eval);
    enum huge_plan_state before = plan.state;
    enum huge_plan_step step = huge_plan_step(&plan, &then);

    if (before == HUGE_PLAN_AFTER && plan.state != before)
        log_line(LOG_DEBUG,
                 "%" PRIu64 " of %" PRIu64 " times 2 MB are huge pages now; an eval took %" PRIu64
                 " ps before, and takes %" PRIu64,
                 plan.portion, plan.small, u64_min(plan.before[0], plan.before[1]),
                 u64_min(plan.after[0], plan.after[1]));

    if (step == HUGE_PLAN_COUNT)
        count_small(fd, eval);
    else if (step == HUGE_PLAN_COLLAPSE)
        while (may_go_on(give_some(fd, eval, end_ns)) && plan.left > 0 && clock_ns() < end_ns)
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

bool huge_look(uint64_t eval, bool is_shared, uint64_t left, bool (*may_go_on)(uint64_t bytes))
{
    if (is_off || peak_bytes < LEAST_BYTES)
        return false;
    bool may_replace = is_shared && (at < pieces || is_time_to_ask(eval));
    bool is_due = at == pieces && huge_plan_is_due(&plan, clock_ns()), is_earned = false;
    if (!(may_replace || is_due) || !may_begin())
        return false;
    int fd = huge_map_open();
    if (fd < 0)
        give_up("/proc/self/pagemap cannot be read");
    else if (may_replace)
        replace_copies(fd, left, may_go_on);
    else {
        is_earned = huge_plan_is_earned(&plan);
        follow_plan(fd, eval, may_go_on);
    }
    kernel_close(fd);
    return is_earned;
}

/* Copies come fast or never. */
static uint64_t copies_wait_ns(uint64_t now_ns)
{
    return u64_min(u64_max(u64_difference(now_ns, taken_ns) / WAIT_PART, WAIT_LEAST_NS), SECOND_NS);
}

uint64_t huge_wait_ns(bool is_shared)
{
    if (is_off || peak_bytes < LEAST_BYTES)
        return UINT64_MAX;
    uint64_t now_ns = clock_ns();
    if (at < pieces || huge_plan_is_due(&plan, now_ns))
        return BETWEEN_NS;
    return u64_min(u64_difference(plan.due_ns, now_ns), is_shared ? copies_wait_ns(now_ns) : UINT64_MAX);
}

uint64_t huge_most_evals(void)
{
    return is_off || peak_bytes < LEAST_BYTES || asked > 0 ? UINT64_MAX : FIRST_EVALS;
}
