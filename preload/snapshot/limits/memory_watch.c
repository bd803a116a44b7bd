/* SPDX-License-Identifier: MIT */
/* The memory of parked snapshots: see memory_watch.h. What they hold is what would be free without them: all
 * that the original and they map, each page once, without what the original maps itself; and their page
 * tables. */
#define _GNU_SOURCE
#include "snapshot/limits/memory_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/often.h"
#include "base/procfs.h"
#include "base/text.h"
#include "base/u64.h"
#include "snapshot/limits/cgroup.h"
#include "snapshot/limits/fact_files.h"
#include "snapshot/limits/groups.h"
#include "snapshot/limits/memory_limit.h"
#include "snapshot/limits/memory_use.h"
#include "snapshot/limits/room.h"

#define PAGE           4096u
#define KEPT_REST      1000u /* times what a look takes */
#define TABLES_NS      100000000u
#define TABLES_MOST_NS (10 * SECOND_NS) /* where the simulator has not grown */

static OFTEN_WRITTEN struct memory_limit limit;
static OFTEN_WRITTEN struct memory_now now;
static OFTEN_WRITTEN uint64_t spent_ns;
static OFTEN_WRITTEN uint64_t copied_bytes;      /* without faults */
static OFTEN_WRITTEN uint64_t tables_ns;         /* when page tables were last asked for */
static OFTEN_WRITTEN uint64_t tables_peak_bytes; /* as it was then */

static void read_now(void)
{
    struct rusage usage = {.ru_minflt = 0};

    kernel_getrusage(RUSAGE_SELF, &usage);
    memory_limit_now(&now, clock_ns(), (uint64_t)usage.ru_minflt * PAGE + copied_bytes,
                     (uint64_t)usage.ru_maxrss * 1024);
}

void memory_watch_note_copied(uint64_t bytes)
{
    copied_bytes += bytes;
}

void memory_watch_start(const struct options_memory *option)
{
    spent_ns = tables_ns = 0;
    read_now();
    memory_limit_init(&limit, option, &now);
}

void memory_watch_look(void)
{
    read_now();
    memory_limit_look(&limit, &now);
}

/* --- what the kernel says --- */

uint64_t memory_watch_promised_bytes(void)
{
    struct commit commit;

    commit_read(&commit, fact_files_text);
    return commit.is_strict ? commit.left_bytes : UINT64_MAX;
}

/* On the machine, and in the control groups that groups_find() has found. */
static void ask_left(void)
{
    struct memory_left left = {.left_bytes = UINT64_MAX, .of_bytes = UINT64_MAX};

    commit_read(&left.commit, fact_files_text);
    const char *machine = fact_files_text("/proc/meminfo");
    if (cgroup_field(machine, "MemAvailable:", &left.left_bytes) &&
        !cgroup_field(machine, "MemTotal:", &left.of_bytes))
        left.of_bytes = left.left_bytes;
    struct cgroup_left group = groups_left(CGROUP_MEMORY);
    if (group.left < left.left_bytes) {
        left.left_bytes = group.left;
        left.of_bytes = group.limit;
    }
    memory_limit_left(&limit, &left, &now);
}

/* Where it does not tell, no try will help. A snapshot that was killed holds nothing. */
static bool is_silent(int error)
{
    return error == -EACCES || error == -EPERM || error == -ENOSYS;
}

/* UINT64_MAX: it does not tell. */
static uint64_t held_bytes(const struct slots *slots)
{
    struct memory_use own, copy;
    uint64_t all_bytes, copied_tables = 0;

    if (memory_use_read(kernel_getpid(), &own) < 0)
        return UINT64_MAX;
    all_bytes = own.share_bytes;
    for (unsigned i = 0; i < slots->count; i++) {
        if (is_silent(memory_use_read(slots->slot[i].pid, &copy)))
            return UINT64_MAX;
        all_bytes += copy.share_bytes;
        copied_tables += copy.table_bytes;
    }
    /* Shares are rounded, and other threads go on. */
    return copied_tables + u64_difference(all_bytes, own.anonymous_bytes);
}

static void measure(const struct slots *slots)
{
    uint64_t start_ns = clock_ns(), bytes = held_bytes(slots), took_ns = clock_ns() - start_ns;

    memory_limit_held(&limit, bytes, took_ns, &now);
}

/* --- words --- */

static void append_size(struct text *text, uint64_t bytes)
{
    const uint64_t mib = UINT64_C(1) << 20, gib = mib << 10;

    if (bytes < mib)
        text_format(text, "%" PRIu64 " KB", bytes / 1024);
    else if (bytes < gib)
        text_format(text, "%" PRIu64 " MB", (bytes + mib / 2) / mib);
    else {
        text_fixed(text, bytes / gib * 1000 + (bytes % gib) * 1000 / gib, 3, 1);
        text_format(text, " GB");
    }
}

/* With a size in the place of each '#'. */
static void append_words(struct text *text, const char *words, const uint64_t *bytes)
{
    for (; *words != '\0'; words++)
        if (*words == '#')
            append_size(text, *bytes++);
        else
            text_append(text, words, 1);
}

static void append_promised(struct text *text, const struct commit *commit)
{
    const uint64_t bytes[] = {commit->left_bytes, commit->of_bytes, commit->charge_bytes};

    append_words(
        text,
        "vm.overcommit_memory=2 leaves # of #, and a snapshot counts as all that the simulator has (#); "
        "raise vm.overcommit_ratio",
        bytes);
}

static void append_left(struct text *text)
{
    const uint64_t bytes[] = {limit.left.left_bytes, limit.left.of_bytes};

    append_words(text, "only # of memory are left, of #", bytes);
}

bool memory_watch_describe_refusal(struct text *text)
{
    ask_left();
    if (!commit_has_room(&limit.left.commit))
        append_promised(text, &limit.left.commit);
    else if (memory_limit_is_dangerous(&limit))
        append_left(text);
    else
        return false;
    return true;
}

/* Half of it goes to the simulator, half to a snapshot of it. */
static bool describe_promised(struct text *text)
{
    const struct commit *commit = &limit.left.commit;
    const uint64_t bytes[] = {
        commit->left_bytes, commit->of_bytes,
        u64_difference(commit->left_bytes + commit->charge_bytes, 2 * commit_reserve_bytes(commit)) / 2};

    if (commit->is_strict)
        append_words(
            text,
            "vm.overcommit_memory=2: a snapshot counts as all that the simulator has, and # are left of #; "
            "there is none of a simulator of more than #; raise vm.overcommit_ratio",
            bytes);
    return commit->is_strict;
}

static bool describe_space(struct text *text)
{
    struct rlimit space;

    if (kernel_getrlimit(RLIMIT_AS, &space) < 0 || space.rlim_cur == RLIM_INFINITY)
        return false;
    append_words(
        text,
        "ulimit -v: snapshots do not count, but a replay needs what the simulator has and a tracer beside "
        "it, in #",
        &(const uint64_t){space.rlim_cur});
    return true;
}

bool memory_watch_describe_limit(unsigned kind, struct text *text)
{
    if (kind != 0)
        return describe_space(text);
    ask_left();
    return describe_promised(text);
}

static const char *find_words(enum memory_step step, const char *who, uint64_t bytes)
{
    const uint64_t sizes[] = {bytes, memory_limit_allowed(&limit, bytes)};
    struct text text = room_words();

    if (step == MEMORY_SHORT)
        append_left(&text);
    else if (step == MEMORY_PROMISED)
        append_promised(&text, &limit.left.commit);
    else {
        text_format(&text, "%s more than LIGHTSSS_MEMORY ", who);
        append_words(&text, "(# of #)", sizes);
    }
    return text.bytes;
}

/* --- questions --- */

bool memory_watch_is_past(const struct slots *slots)
{
    uint64_t start_ns = clock_used_ns();
    enum memory_step step;

    while ((step = memory_limit_step(&limit, slots, &now)) == MEMORY_LOOK || step == MEMORY_MEASURE)
        if (step == MEMORY_LOOK)
            ask_left();
        else
            measure(slots);
    spent_ns += clock_used_ns() - start_ns;
    if (step == MEMORY_ENOUGH)
        return false;
    log_line(LOG_DEBUG, "snapshot %" PRIu64 " is given up: %s", slots_oldest(slots)->number,
             find_words(step, "snapshots hold", memory_limit_estimate(&limit, slots, &now)));
    return true;
}

uint64_t memory_watch_quiet_ns(const struct slots *slots)
{
    return memory_limit_quiet_ns(&limit, slots, &now);
}

enum memory_watch_room memory_watch_room(const struct slots *slots)
{
    uint64_t start_ns = clock_used_ns();

    if (memory_limit_is_stale(&limit, &now))
        ask_left();
    if (tables_ns == 0 ||
        now.ns - tables_ns > (now.peak_bytes == tables_peak_bytes ? TABLES_MOST_NS : TABLES_NS)) {
        limit.table_bytes = 0;
        cgroup_field(fact_files_text("/proc/thread-self/status"), "VmPTE:", &limit.table_bytes);
        tables_ns = now.ns;
        tables_peak_bytes = now.peak_bytes;
    }
    enum memory_step step = memory_limit_fresh(&limit, slots, &now);
    if (step != MEMORY_ENOUGH)
        find_words(step, "a snapshot would hold", memory_limit_fresh_bytes(&limit));
    spent_ns += clock_used_ns() - start_ns;
    if (step == MEMORY_ENOUGH)
        return MEMORY_ROOM;
    return step == MEMORY_PROMISED && memory_limit_may_replace(&limit, slots) ? MEMORY_ROOM_OF_OLDEST
                                                                              : MEMORY_NO_ROOM;
}

uint64_t memory_watch_spare_bytes(const struct slots *slots)
{
    return memory_limit_spare(&limit, slots, &now);
}

bool memory_watch_may_help(const struct slots *slots, uint64_t refused_bytes)
{
    ask_left();
    return memory_limit_may_help(&limit, slots, refused_bytes);
}

void memory_watch_gave_up(void)
{
    memory_limit_gave_up(&limit);
}

void memory_watch_taken(unsigned place)
{
    read_now();
    memory_limit_taken(&limit, place, &now);
}

bool memory_watch_is_dangerous(void)
{
    ask_left();
    return memory_limit_is_dangerous(&limit);
}

/* What the original has beside it comes back when that ends: at most as much again. */
bool memory_watch_may_keep(struct text *why)
{
    struct memory_use own;

    ask_left();
    if (memory_use_read(kernel_getpid(), &own) < 0)
        return true;
    const uint64_t bytes = own.anonymous_bytes + own.table_bytes;
    if (bytes <= memory_limit_allowed(&limit, u64_product(bytes, 2)))
        return true;
    text_format(why, "%s", find_words(MEMORY_PAST, "it would hold", bytes));
    return false;
}

/* What others map too is not held by this one alone. */
uint64_t memory_watch_kept_bytes(void)
{
    static uint64_t due_ns, bytes;
    const uint64_t start_ns = clock_ns();
    struct memory_use own;

    if (start_ns < due_ns)
        return bytes;
    const bool is_known = memory_use_read(kernel_getpid(), &own) == 0;
    bytes = is_known ? own.share_bytes + own.table_bytes : 0;
    due_ns = clock_ns() + u64_product(clock_ns() - start_ns, KEPT_REST);
    return bytes;
}

uint64_t memory_watch_lent_bytes(pid_t pid)
{
    struct memory_use use;

    return memory_use_read(pid, &use) == 0 ? u64_difference(use.share_bytes, use.private_bytes) : 0;
}

bool memory_watch_keeps_too_much(uint64_t own_bytes, uint64_t others_bytes, struct text *why)
{
    const uint64_t bytes = u64_sum(own_bytes, others_bytes);
    enum memory_step step = MEMORY_ENOUGH;

    ask_left();
    if (memory_limit_is_short(&limit))
        step = MEMORY_SHORT;
    else if (bytes > memory_limit_allowed(&limit, bytes))
        step = MEMORY_PAST;
    if (step != MEMORY_ENOUGH)
        text_format(why, "%s",
                    find_words(step, others_bytes > 0 ? "all that are kept hold" : "it held", bytes));
    return step != MEMORY_ENOUGH;
}

uint64_t memory_watch_spent_ns(void)
{
    uint64_t result = spent_ns;

    spent_ns = 0;
    return result;
}

uint64_t memory_watch_most_bytes(void)
{
    return limit.most_bytes;
}
