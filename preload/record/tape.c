/* SPDX-License-Identifier: MIT */
/* Records what the original is given, and feeds it to a replay: see tape.h. The tape is in memory that the
 * original shares with its copies, because it grows after they were made. A replay copies what came since its
 * own snapshot, and lets go of the rest.
 *
 * Nothing here takes a lock or blocks signals: a busy testbench polls a socket at every cycle. */
#define _GNU_SOURCE
#include "record/tape.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/often.h"
#include "base/own_thread.h"
#include "base/text.h"
#include "record/descriptor_class.h"
#include "record/tape_ring.h"
#include "record/tape_streams.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/limits/memory_watch.h"
#include "snapshot/shared_memory.h"
#include "snapshot/threads/threads_signal.h"

#define PAGE 4096u
/* Untouched pages cost nothing. This is 4 million answers of clocks, or as many of a UART as it sends in a
 * day, between the oldest snapshot and now; and it is far below what the smallest simulator needs itself. */
#define RING_SIZE      (UINT64_C(64) << 20)
#define RING_LEAST     (UINT64_C(1) << 20)
#define RING_SHARE     64 /* of the address space, where that is limited */
#define LONG_PART      2  /* of the ring: what is left must do until the next snapshot */
#define SPARE_PART     4
#define PATIENCE_STEPS 10000
#define PATIENCE_LEAST 2
#define STEP_NS        100000

/* The one page in front of the ring. */
struct control {
    _Atomic uint64_t head; /* where the records end; those of threads that are still at it may lie behind */
};

static OFTEN_WRITTEN struct control *control;
static OFTEN_WRITTEN struct tape_ring recorded;
static struct tape_streams streams;
static OFTEN_WRITTEN _Atomic uint64_t
    repeat_from; /* records before this position belong to a snapshot: not to be counted on */
static OFTEN_WRITTEN uint64_t
    marks[SHARED_PAGE_SLOTS];                  /* head before the snapshot with this place was taken */
static OFTEN_WRITTEN atomic_bool losing;       /* there was no room, and nothing is recorded until there is */
static OFTEN_WRITTEN _Atomic uint64_t lost_at; /* what has a mark before this position lacks something */
static OFTEN_WRITTEN pthread_t evaluating_thread;

/* A replay's own copy of the tape. */
static uint8_t *fed;
static size_t fed_size;
static bool was_lost;
static bool is_kept; /* `fed` holds what came since the snapshot */
static uint64_t lost_eval;
static const char *_Atomic awaited;

/* --- memory --- */

static void *map(void *place, size_t size, int protection, int flags)
{
    long r = kernel_mmap(place, size, protection, flags, -1, 0);

    return r < 0 && r > -4096 ? MAP_FAILED : (void *)r;
}

/* What a limit leaves (ulimit -v, vm.overcommit_memory=2) is the simulator's. */
static uint64_t choose_size(void)
{
    struct rlimit limit;
    uint64_t size = RING_SIZE, left = memory_watch_promised_bytes();

    if (kernel_getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < left)
        left = limit.rlim_cur;
    while (size > RING_LEAST && size > left / RING_SHARE)
        size /= 2;
    return size;
}

/* Shared memory without a file: no descriptor, and no limit on the size of files (SIGXFSZ). A shared mapping
 * that is moved from a length of 0 stays where it is, and is there twice. */
static int map_tape(void)
{
    const int protection = PROT_READ | PROT_WRITE;
    void *const place = control; /* in a forked child: of its parent, whose tape is not to be written to */
    const bool anew = place != NULL;
    const uint64_t ring_size = anew ? recorded.size : choose_size();
    const size_t size = PAGE + 2 * ring_size;
    uint8_t *start =
        map(place, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (anew ? MAP_FIXED : 0));

    control = NULL;
    if (start == MAP_FAILED)
        return -ENOMEM;
    long second = (long)start + PAGE + (long)ring_size;
    if (map(start, PAGE + ring_size, protection, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED) ==
            MAP_FAILED ||
        raw_syscall5(SYS_mremap, (long)start + PAGE, 0, ring_size, MREMAP_MAYMOVE | MREMAP_FIXED, second) !=
            second) {
        kernel_munmap(start, size);
        return -ENOMEM;
    }
    if (!anew) {
        shared_memory_add_own(start);
        shared_memory_add_own(start + PAGE + ring_size);
    }
    kernel_madvise(start, size, MADV_DONTDUMP); /* a core is the simulator's own */
    control = (struct control *)(void *)start;
    recorded.ring = start + PAGE;
    recorded.size = ring_size;
    return 0;
}

int tape_start(void)
{
    const bool anew = control != NULL; /* else they are zero, and no page of theirs is touched */
    int r = role_may_have_tape() ? map_tape() : -ENOSYS;

    if (r < 0)
        return r;
    if (anew)
        memset(&streams, 0, sizeof streams);
    atomic_store(&losing, false);
    atomic_store(&repeat_from, 0);
    atomic_store(&lost_at, 0);
    atomic_store(&recorded.floor, 0);
    atomic_store(&recorded.head, TAPE_RING_START);
    atomic_store(&control->head, TAPE_RING_START);
    evaluating_thread = pthread_self();
    role_note_tape();
    return 0;
}

/* --- recording --- */

static int append(const struct tape_ring_record *record, const struct iovec *parts, int count,
                  uint64_t *position)
{
    int r = tape_ring_append(&recorded, record, parts, count, position);

    if (r == 0)
        atomic_store_explicit(&control->head, atomic_load(&recorded.head), memory_order_release);
    return r;
}

/* Says so on the tape itself, in room that is kept for this: a snapshot that is taken later is not concerned.
 */
static void note_loss(void)
{
    const struct tape_ring_record record = {.type = TAPE_RING_LOST, .eval = run.hooks->evals()};
    uint64_t position;

    bool is_noted = append(&record, NULL, 0, &position) == 0;
    atomic_store(&lost_at, atomic_load(&recorded.head) + (is_noted ? 0 : 1));
}

static int number_of(enum tape_kind kind, uint64_t key)
{
    struct tape_ring_record record = {.type = TAPE_RING_STREAM, .kind = kind, .key = key};
    uint64_t position;
    bool added;
    int number = tape_streams_add(&streams, kind, key, &added);

    record.stream = (uint32_t)number;
    if (added && append(&record, NULL, 0, &position) < 0)
        return -1;
    return number;
}

/* What comes to another thread than the one that evals, comes at some eval: the replay waits for it. */
static void stamp(struct tape_ring_record *record)
{
    record->repeatable = record->size == 0;
    if ((record->size == 0 && record->result <= 0) || pthread_equal(pthread_self(), evaluating_thread))
        return;
    record->stamped = true;
    record->repeatable = false;
    record->eval = run.hooks->evals();
}

/* Returns 0 or -errno, see tape_ring_append(). */
static int record_answer(enum tape_kind kind, uint64_t key, struct tape_ring_record *record,
                         const struct iovec *parts, int count)
{
    int number = number_of(kind, key);
    uint64_t position;

    if (number < 0)
        return atomic_load(&recorded.head) == TAPE_RING_CLOSED ? -ECANCELED : -ENOSPC;
    record->stream = (uint32_t)number;
    stamp(record);
    _Atomic uint64_t *last = &streams.stream[number].next;
    position = atomic_load(last);
    if (record->repeatable && position >= atomic_load(&repeat_from) &&
        tape_ring_repeat(&recorded, position, record))
        return 0;
    atomic_store(last, 0);
    int r = append(record, parts, count, &position);
    if (r == 0 && record->repeatable)
        atomic_store(last, position);
    return r;
}

void tape_record_part(enum tape_kind kind, uint64_t key, int64_t result, const struct iovec *parts, int count,
                      size_t limit)
{
    struct tape_ring_record record = {.type = TAPE_RING_ANSWER, .result = result};
    int error = errno, r = -ENOSPC;
    struct tape_answer same;
    size_t size = 0;

    if (role_records() && !atomic_load_explicit(&losing, memory_order_relaxed)) {
        for (int i = 0; i < count; i++)
            size += parts[i].iov_len;
        size = size < limit ? size : limit;
        record.size = (uint32_t)size;
        record.error = result < 0 ? error : 0;
        if (size < recorded.size)
            r = record_answer(kind, key, &record, parts, count);
        if (r == -ENOSPC && !atomic_exchange(&losing, true))
            note_loss();
    }
    if (r == -ECANCELED || role_is_fed())
        tape_feed(kind, key, &same);
    errno = error;
}

void tape_record(enum tape_kind kind, uint64_t key, int64_t result, const struct iovec *parts, int count)
{
    tape_record_part(kind, key, result, parts, count, SIZE_MAX);
}

/* --- snapshots --- */

/* While threads are stopped and go on again, no record may be counted on: those before the snapshot are in no
 * replay of it. */
void tape_snapshot_begins(unsigned place)
{
    evaluating_thread = pthread_self();
    marks[place] = atomic_load(&recorded.head);
    atomic_store(&repeat_from, UINT64_MAX);
}

/* Zero again, and no memory any more. */
static void make_free(uint64_t from, uint64_t to)
{
    while (from < to) {
        uint64_t offset = from & (recorded.size - 1), size = to - from;

        size = size < recorded.size - offset ? size : recorded.size - offset;
        if (kernel_madvise(recorded.ring + offset, size, MADV_REMOVE) < 0)
            memset(recorded.ring + offset, 0, size);
        from += size;
    }
}

bool tape_is_lost(unsigned place)
{
    return marks[place] < atomic_load(&lost_at);
}

bool tape_has_spare(uint64_t size)
{
    return control != NULL && !atomic_load(&losing) &&
           atomic_load(&recorded.head) - atomic_load(&recorded.floor) + size < recorded.size / SPARE_PART;
}

bool tape_is_long(unsigned place)
{
    return control != NULL && atomic_load(&recorded.head) - marks[place] > recorded.size / LONG_PART;
}

void tape_snapshot_done(int oldest)
{
    if (control == NULL)
        return;
    uint64_t head = atomic_load(&recorded.head), floor = atomic_load(&recorded.floor);
    uint64_t needed = (oldest >= 0 ? marks[oldest] : head) & ~(uint64_t)(PAGE - 1);

    atomic_store(&repeat_from, head);
    if (needed > floor) {
        make_free(floor, needed);
        atomic_store(&recorded.floor, needed);
    }
    if (!atomic_load(&losing))
        return;
    if (head + recorded.size / 8 < needed + recorded.size)
        atomic_store(&losing, false);
    else
        note_loss(); /* for the snapshot that was just taken */
}

void tape_in_copy(void)
{
    if (control != NULL)
        descriptor_class_learn_all();
}

/* --- feeding --- */

/* The head in this copy's own memory is where its snapshot was taken. A thread that was about to append, and
 * is revived, finds the tape closed; one that was in the middle of it finishes in memory that nobody reads.
 */
int tape_keep(void)
{
    if (control == NULL || is_kept)
        return 0;
    uint64_t from = atomic_load(&recorded.head), to = atomic_load(&control->head);
    was_lost = to < from || to - from > recorded.size;
    if (!was_lost && to > from) {
        fed_size = to - from;
        fed = map(NULL, fed_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
        if (fed == MAP_FAILED)
            return -ENOMEM;
        memcpy(fed, recorded.ring + (from & (recorded.size - 1)), fed_size);
        was_lost = !tape_streams_link(&streams, fed, fed_size, &lost_eval);
    } else {
        tape_streams_link(&streams, NULL, 0, &lost_eval);
    }
    atomic_store(&recorded.head, TAPE_RING_CLOSED);
    if (map(control, PAGE + 2 * recorded.size, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED) == MAP_FAILED)
        return -ENOMEM;
    is_kept = true;
    return 0;
}

int tape_begin_replay(void)
{
    int r = tape_keep();

    if (r == 0 && control != NULL)
        role_note_tape();
    return r;
}

/* It came when the simulation was there, and not before: the original's eval may have had to go on without
 * it. Where the simulation stands still it may be waiting for this very thread. A thread that has once gone
 * another way than it went (a collector of garbage, with one collection more) would make it wait at every
 * call from there on: so what is waited in vain makes a thread less patient. */
static void wait_for_eval(uint64_t eval)
{
    struct own_thread *own = own_thread();
    unsigned patience = own->patience != 0 ? own->patience : PATIENCE_STEPS;
    uint64_t seen = run.hooks->evals();
    unsigned steps = 0;

    if (seen >= eval)
        return;
    for (; seen < eval && steps < patience; steps++) {
        uint64_t now = run.hooks->evals();

        if (now != seen)
            steps = 0;
        seen = now;
        if (seen < eval)
            kernel_sleep(STEP_NS);
    }
    if (seen >= eval)
        own->patience = patience < PATIENCE_STEPS / 2 ? 2 * patience : PATIENCE_STEPS;
    else
        own->patience = patience / 4 > PATIENCE_LEAST ? patience / 4 : PATIENCE_LEAST;
}

bool tape_has_answer(enum tape_kind kind, uint64_t key)
{
    int number = tape_streams_find(&streams, kind, key);

    return number >= 0 && atomic_load(&streams.stream[number].next) != 0;
}

bool tape_feed(enum tape_kind kind, uint64_t key, struct tape_answer *answer)
{
    struct tape_ring_record record;
    int number = tape_streams_find(&streams, kind, key);

    if (number < 0 || fed == NULL || !tape_streams_next(&streams, number, fed, fed_size, &record))
        return false;
    if (record.stamped && !pthread_equal(pthread_self(), evaluating_thread))
        wait_for_eval(record.eval);
    *answer = (struct tape_answer){
        .result = record.result, .error = record.error, .size = record.size, .payload = record.payload};
    return true;
}

/* A cancellation point, as the call would have been. */
static _Noreturn void wait_for_ever(const char *call)
{
    if (pthread_equal(pthread_self(), evaluating_thread))
        atomic_store(&awaited, call);
    for (;;)
        pause();
}

const char *tape_awaited(void)
{
    return atomic_load(&awaited);
}

/* Where the original was ended from outside, or hangs, in this very waiting of the thread that evals, the
 * replay is there too, and does not come back. The signal is that by which the original would ask after some
 * time: its handler sees where this thread is. */
static void end_as_original(bool is_evaluating)
{
    uint32_t nothing = REPLAY_ASKED_NOTHING;
    const siginfo_t info = {.si_signo = THREADS_SIGNAL, .si_code = SI_USER};

    if (!is_evaluating || !run.page->end.outside || atomic_load(&run.page->replay.last_due_ns) == 0 ||
        !atomic_compare_exchange_strong(&run.page->replay.asked, &nothing, REPLAY_ASKED_LAST))
        return;
    kernel_queue(THREADS_SIGNAL, &info);
}

void tape_exhausted(const char *call)
{
    bool ends = !run.page->end.outside && run.page->end_thread == (uint64_t)pthread_self();
    char why[SHARED_PAGE_WHY];

    if (was_lost && (ends || run.hooks->evals() >= lost_eval)) {
        text_print(why, sizeof why, "there was no room for the input from eval %" PRIu64 " on (%s)",
                   lost_eval, call);
        role()->stop(VERDICT_INCOMPLETE, why);
    }
    end_as_original(pthread_equal(pthread_self(), evaluating_thread));
    if (ends) {
        text_print(why, sizeof why, "%s asked for more input than the original was given", call);
        role()->stop(VERDICT_DIVERGED, why);
    }
    wait_for_ever(call);
}
