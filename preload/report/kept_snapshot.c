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
#include "run/run.h"
#include "run/run_directory.h"

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

void kept_snapshot_await(void)
{
    const uint64_t until_ns = clock_ns() + AWAIT_NS;

    while (state() == KEPT_COMING && clock_ns() < until_ns && !is_dead())
        kernel_futex(&run.page->kept.state, FUTEX_WAIT, KEPT_COMING, LOOK_NS);
    if (state() == KEPT_READY)
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
    text_format(json, " }");
}

/* "30 min", "90 s". */
static void append_time(struct text *line, uint64_t ns)
{
    const uint64_t seconds = ns / SECOND_NS;

    if (seconds >= 3600 && seconds % 3600 == 0)
        text_format(line, "%" PRIu64 " h", seconds / 3600);
    else if (seconds >= 60 && seconds % 60 == 0)
        text_format(line, "%" PRIu64 " min", seconds / 60);
    else
        text_format(line, "%" PRIu64 " s", seconds);
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
    append_time(&words, run.options.park_ns);
    run_directory_present_path(&text, "");
    log_line(LOG_INFO, "the snapshot is kept for %s: lightsss replay %s", time, path);
}
