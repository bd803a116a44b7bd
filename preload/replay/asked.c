/* SPDX-License-Identifier: MIT */
/* See asked.h. Such a replay has a page of its own: the one that it was made with belongs to the original and
 * its other snapshots. */
#define _GNU_SOURCE
#include "replay/asked.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/u64.h"
#include "replay/parked.h"
#include "report/annotation.h"
#include "report/report.h"
#include "restore/rights.h"
#include "run/patience.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/shared_memory.h"

static struct shared_page *common; /* the page of the original, for a replay that has its own */

/* Nobody else sees what is written there, but for a copy of this one. Returns 0 or -errno. */
static int take_page(const struct shared_slot *slot)
{
    long memory =
        kernel_mmap(NULL, SHARED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory < 0 && memory > -4096)
        return (int)memory;
    shared_memory_add_own((const void *)memory);
    common = run.page;
    run.page = (struct shared_page *)memory;
    memcpy(run.page, common, sizeof *common);
    atomic_store(&run.page->slots[slot - common->slots].pid, kernel_getpid());
    memset(&run.page->notes, 0, sizeof run.page->notes);
    run.page->files.count = run.page->files.used = 0;
    run.page->parked.count = 0;
    atomic_store(&run.page->reported, 0); /* that was the original's */
    shared_page_forget_learnt(run.page);
    run.page->kept.is_alone = 1;
    atomic_store(&run.page->points_waiting, 0); /* they are not lost with this one */
    return 0;
}

static void note_point(const struct shared_point *point)
{
    run.page->end = (struct end){
        .kind = (enum end_kind)point->kind,
        .outside = true,
        .eval = u64_sum(point->last_eval, point->after_evals),
        .time = END_TIME_UNKNOWN,
    };
    atomic_store(&run.page->end_ns, point->ns);
}

static void note_hang(void)
{
    run.page->end = (struct end){
        .kind = END_HANG,
        .outside = true,
        .eval = run.page->still_evals,
        .time = END_TIME_UNKNOWN,
    };
    atomic_store(&run.page->end_ns, clock_ns() - run.options.hang_ns);
}

static void say_why_not(int error)
{
    parked_say_to_user();
    log_line(LOG_INFO, "no waveform: a snapshot cannot be copied for it (%s); raise the limits",
             strerrorname_np(-error));
}

void asked_fails(int error)
{
    atomic_store(&run.page->asked_pid, 0);
    say_why_not(error);
    log_set_fd(STDERR_FILENO); /* of the replay that this one may become */
}

/* The run directory that `make` makes. Returns 0 or -errno: it cannot be. */
static int begin_with_directory(struct shared_slot *slot, int (*make)(void))
{
    report_failure(&run.page->end);
    int r = rights_take();
    if (r == 0)
        r = make();
    if (r >= 0)
        report_wake(slot);
    return r;
}

bool asked_begins_from_kept(struct shared_slot *slot, struct text *why)
{
    common = run.page;
    atomic_store(&run.page->asked_pid, kernel_getpid());
    run.page->end_used_ns = 0;
    shared_page_begin_replay(run.page, clock_ns());
    annotation_forget();
    int r = begin_with_directory(slot, run_directory_make_below);
    if (r < 0)
        text_format(why, "no directory can be made in that of the run (%s)", strerrordesc_np(-r));
    return r >= 0;
}

bool asked_begins(struct shared_slot *slot, bool hangs)
{
    atomic_store(&run.page->asked_until_ns, patience_beyond_ns(slot, clock_ns()));
    atomic_store(&run.page->asked_pid, kernel_getpid());
    int r = take_page(slot);
    if (r < 0) {
        say_why_not(r);
        atomic_store(&run.page->asked_pid, 0);
        return false;
    }
    if (hangs)
        note_hang();
    else
        note_point(&run.page->point);
    run.page->end_used_ns = 0;
    run.page->races = run.hooks->races();
    shared_page_begin_replay(run.page, clock_ns());
    parked_say_to_user();
    r = begin_with_directory(slot, run_directory_make);
    if (r < 0)
        report_no_directory(r);
    return r >= 0;
}

bool asked_is_beside(void)
{
    return common != NULL;
}

struct shared_page *asked_common(void)
{
    return common != NULL ? common : run.page;
}

uint32_t asked_to_end(void)
{
    return common != NULL ? atomic_load(&common->asked_to_end) : 0;
}

void asked_passes_on(pid_t pid)
{
    if (common != NULL)
        atomic_store(&common->asked_pid, pid);
}

void asked_ends(void)
{
    if (common != NULL)
        atomic_store(&common->asked_ending, kernel_getpid());
}

void asked_done(void)
{
    if (common != NULL)
        atomic_store(&common->asked_pid, 0);
}
