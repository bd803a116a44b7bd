/* SPDX-License-Identifier: MIT */
/* See kept_copy.h. It belongs to nobody: its parent is the replay that it was made beside, and ends. All that
 * others change or wait for it has copied or let go of. All signals are blocked; it takes them as it polls.
 */
#define _GNU_SOURCE
#include "replay/kept_copy.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "base/text.h"
#include "base/u64.h"
#include "record/output.h"
#include "record/tape.h"
#include "record/time_log.h"
#include "replay/asked.h"
#include "replay/kept_answer.h"
#include "replay/kept_calls.h"
#include "replay/kept_door.h"
#include "replay/parked.h"
#include "restore/rights.h"
#include "run/card.h"
#include "run/kept_rungs.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "snapshot/limits/memory_watch.h"
#include "snapshot/threads/threads_signal.h"

#define LOOK_NS       (2 * SECOND_NS)
#define STAND_NS      (SECOND_NS / 4) /* has the debugger let go? */
#define LINE_SIZE     400u
#define FIRST_PROCESS 1
#define OWN_FDS       2u /* polled: signals, and the door */

static struct shared_page *common; /* that of the process beside which it was made */
static struct shared_page *origin; /* that of the original */
static struct shared_slot *rung;   /* there, of one that is kept beside another; else NULL */
static pid_t first;                /* that other one */
static uint64_t number;            /* of those that are kept of the run */
static size_t place;               /* of its slot */
static uint64_t until_ns;
static int signals_fd = -1;
static char gone_name[KEPT_NAME_SIZE];
static bool is_leaving; /* it goes when the last replay has ended */

/* --- beside the replay that it is made by --- */

static void publish(enum kept_state state)
{
    _Atomic uint32_t *const word = rung != NULL ? &rung->kept : &common->kept.state;

    atomic_store(word, (uint32_t)state);
    kernel_futex(word, FUTEX_WAKE, INT_MAX, 0);
}

static void publish_pid(pid_t pid)
{
    atomic_store(rung != NULL ? &rung->kept_pid : &common->kept.pid, pid);
}

__attribute__((format(printf, 1, 2))) static void publish_failure(const char *format, ...)
{
    struct text why = text_in(common->kept.why, sizeof common->kept.why);
    va_list arguments;

    va_start(arguments, format);
    text_vformat(&why, format, arguments);
    va_end(arguments);
    publish(KEPT_FAILED);
}

/* Where the original is the first process of a container, all that it leaves are its children, and end with
 * it. */
static bool is_wanted(struct shared_slot *parked)
{
    if (run.options.park_ns == 0)
        return false;
    common = run.page;
    rung = parked;
    if (rung != NULL)
        return true;
    atomic_store(&common->kept.until_ns, clock_ns() + run.options.park_ns);
    atomic_store(&common->kept.pid, 0);
    publish(KEPT_COMING);
    if (common->original_pid != FIRST_PROCESS)
        return true;
    publish_failure("the simulator is the first process of its container, and all end with it");
    return false;
}

static void cloned(long pid)
{
    if (pid < 0)
        publish_failure("no copy can be made of it: %s", strerrordesc_np((int)-pid));
    else
        publish_pid((pid_t)pid);
}

/* --- it begins --- */

/* Of the others nothing is true here, or soon. */
static void clear_page(struct shared_page *page)
{
    for (size_t i = 0; i < SHARED_PAGE_SLOTS; i++)
        atomic_store(&page->slots[i].pid, i == place ? kernel_getpid() : 0);
    memset(&page->notes, 0, sizeof page->notes);
    page->files.count = page->files.used = 0;
    page->parked.count = 0;
    memset(&page->kept, 0, sizeof page->kept);
    shared_page_forget_learnt(page);
    atomic_store(&page->reported, 0);
    atomic_store(&page->asked_pid, 0);
    atomic_store(&page->asked_to_end, 0);
    atomic_store(&page->points_waiting, 0);
}

static int take_page(void)
{
    long memory =
        kernel_mmap(NULL, SHARED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory < 0 && memory > -4096)
        return (int)memory;
    run.page = (struct shared_page *)memory;
    memcpy(run.page, common, sizeof *common);
    clear_page(run.page);
    return 0;
}

/* What a batch system or a user sends to it, unless the simulator was started to ignore it (nohup); and the
 * ends of its copies. */
static int take_signals(void)
{
    static const int ending[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
    uint64_t set = UINT64_C(1) << (THREADS_SIGNAL - 1);
    struct kernel_action action;

    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (kernel_sigaction(ending[i], NULL, &action) == 0 && action.handler != (void *)SIG_IGN)
            set |= UINT64_C(1) << (ending[i] - 1);
    signals_fd = (int)raw_syscall4(SYS_signalfd4, -1, &set, sizeof set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_fd < 0)
        return signals_fd;
    signals_fd = high_number_move(signals_fd);
    return 0;
}

static int take_tape(void)
{
    int r = time_log_begin_replay();

    return r < 0 ? r : tape_keep();
}

static int find_directory(void)
{
    int r = run_directory_pin();

    if (r < 0)
        return r;
    int directory = run_directory_take();
    kernel_unlinkat(directory, gone_name, 0);
    run_directory_leave(directory);
    return kept_door_open(rung != NULL ? rung->number : 0);
}

/* Where the run directory is now: somebody may move it. And the time. */
static int show(void)
{
    static char shown[RUN_DIRECTORY_PATH_SIZE], path[RUN_DIRECTORY_PATH_SIZE];
    static uint64_t shown_until_ns;
    struct text text = text_in(path, sizeof path);

    run_directory_present_path(&text, "");
    if (strcmp(path, shown) == 0 && until_ns == shown_until_ns)
        return 0;
    memcpy(shown, path, sizeof shown);
    shown_until_ns = until_ns;
    card_make_kept(&run.page->slots[place], run.page->original_pid, path, until_ns);
    card_tell(run.page->end.eval);
    return 0;
}

static int leave_no_core(void)
{
    const struct rlimit no_core = {0, 0};

    kernel_setrlimit(RLIMIT_CORE, &no_core);
    return 0;
}

/* In this order: what others can reach comes last. */
static int begin(void)
{
    static int (*const steps[])(void) = {leave_no_core, rights_take,  take_page,      take_tape,
                                         output_keep,   take_signals, find_directory, show};
    int r = 0;

    for (size_t i = 0; r >= 0 && i < sizeof steps / sizeof *steps; i++)
        r = steps[i]();
    return r;
}

/* One beside another has the number of that one. */
static void take_number(void)
{
    first = atomic_load(&common->kept.pid);
    number = rung != NULL ? atomic_load(&origin->kept.count) : atomic_fetch_add(&origin->kept.count, 1) + 1;
    if (rung != NULL)
        return;
    common->kept.number = common->slots[place].number;
    common->kept.eval = common->slots[place].eval;
}

/* All that are kept count together; more_bytes: and what they will hold soon. */
static bool is_too_much(uint64_t more_bytes, struct text *why)
{
    struct shared_slot *own = &common->slots[place];
    const uint64_t bytes = memory_watch_kept_bytes();

    atomic_store(&own->kept_pid, kernel_getpid());
    atomic_store(&own->kept_bytes, bytes);
    const uint64_t others_bytes = kept_rungs_bytes(common, place, other_process_is_over);
    return memory_watch_keeps_too_much(bytes, u64_sum(others_bytes, more_bytes), why);
}

static struct shared_page *begins(size_t at)
{
    char bytes[LINE_SIZE];

    common = run.page;
    origin = asked_common();
    place = at;
    until_ns = atomic_load(&common->kept.until_ns);
    take_number();
    publish_pid(kernel_getpid());
    kept_message_name(gone_name, KEPT_GONE, rung != NULL ? rung->number : 0);
    raw_syscall2(SYS_setpgid, 0, 0);
    parked_leave();
    struct text why = text_in(bytes, sizeof bytes);
    int r = rung != NULL || memory_watch_may_keep(&why) ? begin() : 0;
    if (r >= 0 && rung != NULL && is_too_much(memory_watch_lent_bytes(common->original_pid), &why))
        kept_door_close();
    if (why.length > 0)
        publish_failure("%s", bytes);
    else if (r < 0)
        publish_failure("%s", strerrordesc_np(-r));
    else
        publish(KEPT_READY);
    if (r < 0 || why.length > 0)
        kernel_exit_group(0);
    return run.page;
}

/* --- it goes --- */

/* Not as other files of the directory, by another name first: the run may write its report now. */
static void write_gone(const struct text *line)
{
    const int fd = kept_door_is_there() ? run_directory_create(gone_name) : -1;

    if (fd >= 0)
        kernel_write(fd, line->bytes, line->length);
    kernel_close(fd);
}

/* Replays that are under way are waited for, where there is time. */
static void leave(const char *why, bool at_once)
{
    char bytes[LINE_SIZE];
    struct text line = text_in(bytes, sizeof bytes);

    if (!is_leaving) {
        text_format(&line, "%s\n", why);
        write_gone(&line);
        kept_door_close();
    }
    is_leaving = true;
    if (at_once)
        kernel_exit_group(0);
}

static void look_at_signals(void)
{
    char bytes[LINE_SIZE];
    struct signalfd_siginfo info;

    while (kernel_read(signals_fd, &info, sizeof info) == (long)sizeof info) {
        const int signal = (int)info.ssi_signo;
        if (signal == THREADS_SIGNAL)
            continue;
        text_print(bytes, sizeof bytes, "%s ended it", end_signal_name(signal));
        leave(bytes, true);
    }
    while (other_process_reap(-1, NULL, NULL) > 0)
        continue;
}

/* Another one is kept for the same run, when the replay beside this one has died. */
static bool is_another_kept(void)
{
    if (rung != NULL)
        return false;
    const pid_t pid = atomic_load(&common->kept.pid);

    return pid != 0 && pid != kernel_getpid();
}

/* Each that is asked for while the original goes on may be kept. */
static bool are_too_many(void)
{
    return atomic_load(&origin->kept.count) - number >= run.options.slots;
}

static bool is_alive(pid_t pid)
{
    return pid != 0 && !other_process_is_over(pid);
}

/* What is kept beside another is a part of that one's stretch, and goes with it. */
static bool is_left_alone(void)
{
    return rung != NULL && !is_alive(first);
}

/* Its time begins when the first replay has its report, and that may take longer than it. */
static bool is_at_work(void)
{
    const struct shared_slot *spare = &common->slots[SHARED_PAGE_SPARE];

    return atomic_load(&common->reported) == 0 &&
           (is_alive(atomic_load(&common->slots[place].pid)) || is_alive(atomic_load(&spare->pid)) ||
            (common == origin && is_alive(common->original_pid)));
}

static void look_at_limits(void)
{
    static uint64_t look_ns;
    char bytes[LINE_SIZE];
    struct text why = text_in(bytes, sizeof bytes);
    const uint64_t now_ns = clock_ns();

    until_ns = u64_max(until_ns, atomic_load(&common->kept.until_ns));
    if (now_ns >= until_ns && !is_at_work())
        leave("its time was over", false);
    if (is_leaving || now_ns < look_ns)
        return;
    look_ns = now_ns + LOOK_NS;
    show();
    if (!kept_door_is_there())
        leave("its socket was removed", false);
    else if (is_another_kept())
        leave("another snapshot is kept for this run", false);
    else if (is_left_alone())
        leave("the first of the snapshots that were kept is gone", false);
    else if (are_too_many())
        leave("later ones of this run are kept, as many as LIGHTSSS_SLOTS says", false);
    else if (is_too_much(0, &why) && kept_rungs_goes_first(common, place, other_process_is_over))
        leave(bytes, true);
}

/* --- it waits --- */

static uint64_t until_next_look(unsigned calls)
{
    const uint64_t left_ns = u64_difference(until_ns, clock_ns());

    if (calls > 0 && kept_calls_stand())
        return STAND_NS;
    return is_leaving || calls > 0 || left_ns == 0 ? LOOK_NS : u64_min(LOOK_NS, left_ns + 1);
}

static void leave_in_time(const char *why)
{
    leave(why, false);
}

static bool poll_for_request(unsigned calls)
{
    struct pollfd fds[OWN_FDS + KEPT_CALLS_MAX] = {
        {.fd = signals_fd, .events = POLLIN},
        {.fd = kept_door_fd(), .events = POLLIN},
    };
    const unsigned count = OWN_FDS + kept_calls_poll(fds + OWN_FDS);
    const struct timespec time = kernel_timespec(until_next_look(calls));

    if (kernel_ppoll(fds, count, &time) < 0)
        kernel_sleep(LOOK_NS / 100); /* refused */
    look_at_signals();
    return !is_leaving && fds[1].revents != 0 && kept_answer_next(place, leave_in_time);
}

static void waits(void)
{
    for (;;) {
        const unsigned calls = kept_calls_look();

        look_at_limits();
        if (is_leaving && calls == 0)
            kernel_exit_group(0);
        if (poll_for_request(calls))
            return;
    }
}

/* --- a copy of it --- */

static bool copied(long pid)
{
    if (pid != 0) {
        kept_answer_copied(pid);
        return false;
    }
    kernel_close(signals_fd);
    if (!kept_answer_begins(place))
        kernel_exit_group(0);
    return true;
}

const struct take_kept kept_copy_side = {
    .is_wanted = is_wanted,
    .cloned = cloned,
    .begins = begins,
    .waits = waits,
    .copied = copied,
};
