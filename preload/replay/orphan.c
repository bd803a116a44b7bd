/* SPDX-License-Identifier: MIT */
/* Orphaned copies: see orphan.h. All of them hear of the original's death at once, from the kernel. Each
 * waits for those to end that come before it by LIGHTSSS_BACK: one that did its work has set `reported`, one
 * that was killed has not. */
#define _GNU_SOURCE
#include "replay/orphan.h"

#include <linux/ioctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "base/procfs.h"
#include "base/u64.h"
#include "interpose/signal.h"
#include "record/match.h"
#include "replay/asked.h"
#include "replay/kept_line.h"
#include "replay/parked.h"
#include "report/point_words.h"
#include "report/report.h"
#include "restore/rights.h"
#include "run/back.h"
#include "run/kept_list.h"
#include "run/patience.h"
#include "run/role.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/threads/threads_signal.h"

#define LINE_NS      SECOND_NS /* between two looks at what the command says */
#define STATUS_NS    SECOND_NS /* for the kernel to know how the original ended */
#define STATUS_TRIES 20
#define STAT_FIELD   50 /* of the exit status in /proc/PID/stat, counted from the state */
#define NO_STATUS    INT32_MIN
#define KEEP_NS      (SECOND_NS / 20) /* until it is looked again whether this one is to be kept */

/* linux/pidfd.h of Linux 6.15; older kernels refuse the request. */
struct exit_info {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t ids[11];
    int32_t exit_code;
};

#define EXIT_INFO_MASK    (UINT64_C(1) << 3)
#define EXIT_INFO_REQUEST _IOWR(0xFF, 11, struct exit_info)

static uint64_t deadline_ns; /* of a replay that is alone */
static int timer = -1;
static int room_fd = -1;

/* --- how the original ended --- */

static int told_status(pid_t pid)
{
    char buffer[PROCFS_STAT_SIZE];
    const char *field = procfs_stat(pid, buffer);

    if (field == NULL || *field != 'Z')
        return NO_STATUS;
    for (int i = 1; i < STAT_FIELD && field != NULL; i++)
        field = strchr(field + 1, ' ');
    return field == NULL ? NO_STATUS : (int)strtol(field, NULL, 10);
}

/* Of a process that is dead and was not waited for yet. Of one that is waited for at this moment newer
 * kernels tell 0, as if it had ended well. */
static int status_of_zombie(pid_t pid)
{
    int status = told_status(pid);

    return status == 0 && procfs_state(pid) != 'Z' ? NO_STATUS : status;
}

/* Of one that was. */
static int status_of_reaped(int pidfd)
{
    struct exit_info info = {.mask = EXIT_INFO_MASK};

    if (kernel_ioctl(pidfd, EXIT_INFO_REQUEST, &info) < 0 || !(info.mask & EXIT_INFO_MASK))
        return NO_STATUS;
    return info.exit_code;
}

/* Its wait status; NO_STATUS where the kernel does not tell. While somebody waits for it, it is neither a
 * zombie nor reaped for a moment. */
static int original_status(void)
{
    int status = NO_STATUS;

    if (!other_process_await(parked_original(), run.page->original_pid, STATUS_NS))
        return NO_STATUS;
    for (unsigned tries = 0; tries < STATUS_TRIES && status == NO_STATUS; tries++) {
        if (tries > 0)
            kernel_sleep(1000000);
        status = status_of_zombie(run.page->original_pid);
        if (status == NO_STATUS && parked_original() >= 0)
            status = status_of_reaped(parked_original());
    }
    return status;
}

/* Its evals are counted where we see them. It was not its own doing where the replay is to end. */
static void find_end(struct end *end)
{
    int status = original_status();

    *end = (struct end){
        .kind = END_KILL,
        .signal = SIGKILL,
        .outside = true,
        .eval = run.hooks->evals(),
        .time = END_TIME_UNKNOWN,
    };
    if (status == NO_STATUS)
        return;
    if (WIFEXITED(status)) {
        end->status = WEXITSTATUS(status);
        end->kind = end->status == 0 ? END_FINISH : END_EXIT;
    } else if (WTERMSIG(status) != SIGKILL) {
        end->signal = WTERMSIG(status);
        end->kind = end->signal == SIGABRT ? END_ABORT : END_SIGNAL;
    }
}

/* --- which copy replays --- */

/* The same for all copies: the first that looks at the clock has noted it. */
static struct back_end end_of_original(void)
{
    uint64_t unknown = 0;

    atomic_compare_exchange_strong(&run.page->end_ns, &unknown, clock_ns());
    return (struct back_end){
        .eval = run.page->end.kind == END_NONE ? run.hooks->evals() : run.page->end.eval,
        .ns = atomic_load(&run.page->end_ns),
    };
}

static pid_t waited_for[SHARED_PAGE_SLOTS];
static unsigned waited_count;

/* A dead one that nobody reaps is still there. */
static bool is_over(pid_t pid)
{
    for (unsigned i = 0; i < waited_count; i++)
        if (waited_for[i] == pid)
            return true;
    return other_process_is_over(pid);
}

/* The one that replays keeps it. */
static bool is_to_be_kept(void)
{
    const struct shared_slot *slot = shared_page_slot(run.page, kernel_getpid());

    return slot != NULL && atomic_load(&slot->command) == SLOT_KEEP;
}

static void await_end(pid_t pid)
{
    const uint64_t tick_ns = run.options.park_ns != 0 ? KEEP_NS : UINT64_MAX;

    while (!other_process_ends(pid, tick_ns))
        if (is_to_be_kept())
            return;
    if (waited_count < SHARED_PAGE_SLOTS)
        waited_for[waited_count++] = pid;
}

/* For those that come before this one, and for what goes on in the place of one of them. */
static void await_turn(void)
{
    const struct back_end end = end_of_original();
    const struct shared_slot *first;
    pid_t pid;

    while (!is_to_be_kept() && waited_count < SHARED_PAGE_SLOTS &&
           (first = back_choose(&run.options, run.page, &end, is_over)) != NULL &&
           (pid = atomic_load(&first->pid)) != kernel_getpid()) {
        await_end(pid);
    }
    const struct shared_slot *spare = shared_page_spare(run.page);
    if (spare != NULL)
        await_end(atomic_load(&spare->pid));
}

/* For the one in whose place a spare goes on. */
static void await_parent(const struct shared_slot *spare)
{
    for (unsigned i = 0; i < SHARED_PAGE_SPARE; i++) {
        const struct shared_slot *other = &run.page->slots[i];
        pid_t pid = atomic_load(&other->pid);

        if (pid != 0 && other->number == spare->number)
            await_end(pid);
    }
}

/* Its parent was killed, and it is the last copy that there is. The parent may have come to do its work, and
 * left the report to an original that was killed just then. */
static bool is_last(void)
{
    const struct back_end end = end_of_original();

    return !asked_is_beside() && back_choose(&run.options, run.page, &end, is_over) == NULL;
}

/* One that somebody has stopped would neither replay nor learn that there is nothing left to do. A replay
 * that has begun may not send signals. */
static void let_others_go_on(void)
{
    for (unsigned i = 0; i < SHARED_PAGE_SLOTS; i++) {
        pid_t pid = atomic_load(&run.page->slots[i].pid);

        if (pid != 0 && pid != kernel_getpid())
            kernel_kill(pid, SIGCONT);
    }
}

/* Is it for the spare to replay? */
static bool spare_replays(struct shared_slot *slot)
{
    await_parent(slot);
    let_others_go_on();
    if (atomic_load(&run.page->reported))
        return false;
    if (shared_page_is_again(run.page))
        return true;
    if (!is_last())
        return false;
    shared_page_forget_learnt(run.page);
    atomic_store(&slot->pid, kernel_getpid());
    return true;
}

/* Is it for a snapshot to replay? */
static bool snapshot_replays(void)
{
    await_turn();
    let_others_go_on();
    if (is_to_be_kept() || atomic_load(&run.page->reported))
        return false;
    shared_page_forget_learnt(run.page);
    return true;
}

/* Of these there will be no waveforms. */
static void count_hits(void)
{
    struct match_hit hit;

    while (match_next_trigger(&hit))
        atomic_fetch_add(&run.page->points_waiting, 1);
}

/* What the original printed last it may not have searched. */
static bool is_failure(const struct end *end)
{
    match_search_apart();
    count_hits();
    if (match_line() != NULL)
        return true;
    if (end->kind == END_SIGNAL && !signal_is_failure(end->signal))
        return false;
    return failures_include(&run.options.failures, end);
}

static int make_directory(void)
{
    int r = rights_take();

    return r < 0 ? r : run_directory_make();
}

bool orphan_replays(struct shared_slot *slot)
{
    struct shared_page *page = run.page;
    int r = 0;

    if (slot == &page->slots[SHARED_PAGE_SPARE] ? !spare_replays(slot) : !snapshot_replays())
        return false;
    if (page->cost.snapshots < slot->number) /* it did not come to count this one */
        page->cost.snapshots = slot->number;
    parked_say_to_user();
    if (page->end.kind == END_NONE) {
        struct end end;

        find_end(&end);
        if (!is_failure(&end)) {
            point_words_say_lost();
            atomic_store(&page->reported, 1);
            return false;
        }
        page->end = end;
        report_failure(&page->end);
        r = make_directory();
    } else if (page->run_inode == 0) { /* it died while it told of its end (nobody reads its stderr) */
        r = make_directory();
    } /* else while it waited for a replay, or an older copy did not live to report */
    if (r < 0) {
        atomic_store(&page->reported, 1);
        report_no_directory(r);
        return false;
    }
    page->races = run.hooks->races();
    shared_page_begin_replay(page, clock_ns());
    kept_list_clear();
    report_wake(slot);
    return true;
}

/* --- a replay that nobody waits for --- */

/* The thread that evals is the one that can tell where it is. */
static void set_timer(uint64_t at_ns)
{
    const struct itimerspec when = {.it_value = kernel_timespec(at_ns)};

    if (timer < 0)
        timer = kernel_timer_create(THREADS_SIGNAL);
    raw_syscall4(SYS_timer_settime, timer, TIMER_ABSTIME, &when, 0);
}

static uint64_t look_again_ns(uint32_t asked)
{
    const uint64_t last_due_ns = atomic_load(&run.page->replay.last_due_ns);

    if (asked != REPLAY_ASKED_NOTHING)
        return clock_ns() + PATIENCE_BETWEEN_EVALS_NS;
    if (run.page->end.outside && last_due_ns != 0)
        return last_due_ns + PATIENCE_LAST_EVAL_NS + 1;
    return deadline_ns + 1;
}

bool orphan_watch(void)
{
    if (!role_is_alone())
        return false;
    if (run.page->stand.is_wanted)
        return true;
    if (deadline_ns == 0)
        deadline_ns = patience_deadline_ns(shared_page_slot(run.page, run.pid));
    const bool is_alone = kept_line_is_alone();
    uint32_t asked = asked_to_end();
    if (asked == REPLAY_ASKED_NOTHING && is_alone)
        asked = kept_line_asked();
    if (asked == REPLAY_ASKED_NOTHING)
        asked = patience_overdue(deadline_ns);
    set_timer(u64_min(look_again_ns(asked), is_alone ? clock_ns() + LINE_NS : UINT64_MAX));
    atomic_store(&run.page->replay.asked, asked);
    return true;
}

void orphan_reserve(void)
{
    const uint64_t too_large = UINT64_C(1) << (SIGXFSZ - 1);
    int fd = run_directory_reserve(RUN_DIRECTORY_ROOM);

    room_fd = fd < 0 ? -1 : high_number_move(fd);
    kernel_sigtake(&too_large, NULL);
}

void orphan_report(void)
{
    const struct shared_slot *slot = shared_page_slot(run.page, run.pid);
    struct outcome outcome = {
        .result = OUTCOME_REPLAYED,
        .snapshot_number = slot->number,
        .snapshot_eval = slot->eval,
        .snapshot_time = slot->time,
        .snapshot_taken_ns = slot->taken_ns,
    };

    if (run.page->stand.is_wanted) {
        kept_line_say_refused(run.page->replay.why);
        return;
    }
    kernel_close(room_fd);
    if (!role_is_alone())
        report_beforehand(&run.page->end, &outcome);
    if (!role_is_alone())
        return;
    kept_line_clear();
    parked_say_to_user();
    asked_ends();
    report_outcome(&run.page->end, &outcome);
    kept_line_say_done();
    asked_done();
}
