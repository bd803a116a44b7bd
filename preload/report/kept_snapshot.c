/* SPDX-License-Identifier: MIT */
/* See kept_snapshot.h. Its process may be gone when the report is read: the boot id tells whether the machine
 * was started again. */
#define _GNU_SOURCE
#include "report/kept_snapshot.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/other_process.h"
#include "base/procfs.h"
#include "report/date.h"
#include "run/kept_rungs.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/park.h"

#define AWAIT_NS (5 * SECOND_NS)
#define LOOK_NS  (SECOND_NS / 20)
#define BOOT     "/proc/sys/kernel/random/boot_id"

static uint32_t state(void)
{
    return atomic_load(&run.page->kept.state);
}

/* It may have been killed before it could tell. */
static bool is_dead(void)
{
    const pid_t pid = atomic_load(&run.page->kept.pid);

    return pid > 0 && other_process_is_over(pid);
}

/* The parked copy, or what it has left. */
static bool is_lost(const struct shared_slot *slot)
{
    const pid_t kept = atomic_load(&slot->kept_pid);

    return other_process_is_over(kept > 0 ? kept : atomic_load(&slot->pid)) &&
           kept == atomic_load(&slot->kept_pid);
}

/* One after the other, so that each knows what the others hold. */
static void keep_rung(struct shared_slot *slot, uint64_t until_ns)
{
    atomic_store(&slot->kept_pid, 0);
    atomic_store(&slot->kept, KEPT_COMING);
    park_command(slot, SLOT_KEEP);
    while (atomic_load(&slot->kept) == KEPT_COMING && clock_ns() < until_ns && !is_lost(slot))
        kernel_futex(&slot->kept, FUTEX_WAIT, KEPT_COMING, LOOK_NS);
}

/* From the youngest on: where there is no room for all, those in the middle are missed least. */
static void keep_rungs(uint64_t until_ns)
{
    const struct shared_kept *kept = &run.page->kept;
    uint64_t below = UINT64_MAX;
    struct shared_slot *slot;

    if (kept->is_alone)
        return;
    while ((slot = kept_rungs_parked(run.page, kept->number, below, other_process_is_over)) != NULL) {
        below = slot->number;
        keep_rung(slot, until_ns);
    }
}

void kept_snapshot_await(void)
{
    const uint64_t until_ns = clock_ns() + AWAIT_NS;

    while (state() == KEPT_COMING && clock_ns() < until_ns && !is_dead())
        kernel_futex(&run.page->kept.state, FUTEX_WAIT, KEPT_COMING, LOOK_NS);
    if (state() != KEPT_READY)
        return;
    keep_rungs(until_ns);
    atomic_store(&run.page->kept.until_ns, clock_ns() + run.options.park_ns);
}

static void append_boot(struct text *json)
{
    char boot[64];
    long length = procfs_read(BOOT, boot, sizeof boot);

    while (length > 0 && boot[length - 1] == '\n')
        length--;
    text_format(json, ", \"boot\": ");
    text_json(json, length > 0 ? boot : NULL, length > 0 ? (size_t)length : 0);
}

static void append_rungs(struct text *json)
{
    const struct shared_slot *slot = NULL;
    uint64_t number = 0;

    text_format(json, ",\n            \"later\": [");
    while ((slot = kept_rungs_next(run.page, number, other_process_is_over)) != NULL) {
        text_format(json, "%s{ \"pid\": %d, \"number\": %" PRIu64 ", \"eval\": %" PRIu64 " }",
                    number == 0 ? "" : ", ", atomic_load(&slot->kept_pid), slot->number, slot->eval);
        number = slot->number;
    }
    text_format(json, "]");
}

void kept_snapshot_append(struct text *json)
{
    const struct shared_kept *kept = &run.page->kept;

    if (run.options.park_ns == 0)
        return;
    text_format(json, ",\n  \"kept\": ");
    if (state() != KEPT_READY) {
        text_format(json, "null");
        return;
    }
    text_format(json, "{ \"pid\": %d, \"until\": \"", atomic_load(&kept->pid));
    date_append(json, clock_wall_ns(atomic_load(&kept->until_ns)) / SECOND_NS);
    text_format(json, "\", \"eval\": %" PRIu64, kept->eval);
    append_boot(json);
    append_rungs(json);
    text_format(json, " }");
}

/* "30 min", "90 s", "1500 ms". */
static void append_time(struct text *line, uint64_t ns)
{
    const uint64_t seconds = ns / SECOND_NS;

    if (ns % SECOND_NS != 0)
        text_format(line, "%" PRIu64 " ms", ns / MILLISECOND_NS);
    else if (seconds >= 3600 && seconds % 3600 == 0)
        text_format(line, "%" PRIu64 " h", seconds / 3600);
    else if (seconds >= 60 && seconds % 60 == 0)
        text_format(line, "%" PRIu64 " min", seconds / 60);
    else
        text_format(line, "%" PRIu64 " s", seconds);
}

static unsigned count_rungs(void)
{
    const struct shared_slot *slot = NULL;
    unsigned count = 0;

    while ((slot = kept_rungs_next(run.page, slot != NULL ? slot->number : 0, other_process_is_over)) != NULL)
        count++;
    return count;
}

/* Of each that is not kept the reason is the same, or nearly so. */
static void say_lost_rungs(unsigned kept)
{
    unsigned lost = 0;

    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++)
        lost += atomic_load(&run.page->slots[i].kept) != KEPT_NOT;
    lost = lost > kept ? lost - kept : 0;
    if (lost > 0)
        log_line(LOG_INFO, "%u of the later snapshots could not be kept (%.*s)", lost,
                 (int)SHARED_NOTE_SIZE - 1,
                 *run.page->kept.why != '\0' ? run.page->kept.why : "nothing is heard of its copy");
}

void kept_snapshot_say(void)
{
    char time[32], path[RUN_DIRECTORY_PATH_SIZE];
    struct text words = text_in(time, sizeof time), text = text_in(path, sizeof path);

    if (run.options.park_ns == 0)
        return;
    if (state() != KEPT_READY) {
        log_line(LOG_INFO, "the snapshot could not be kept (%.*s)", (int)SHARED_NOTE_SIZE - 1,
                 state() == KEPT_FAILED ? run.page->kept.why
                 : is_dead()            ? "its copy was killed"
                                        : "nothing is heard of its copy");
        return;
    }
    const unsigned rungs = count_rungs();
    append_time(&words, run.options.park_ns);
    run_directory_present_path(&text, "");
    say_lost_rungs(rungs);
    if (rungs == 0)
        log_line(LOG_INFO, "the snapshot is kept for %s: lightsss replay %s", time, path);
    else
        log_line(LOG_INFO, "the snapshot is kept for %s, and %u more for --all: lightsss replay %s", time,
                 rungs, path);
}
