/* SPDX-License-Identifier: MIT */
/* What the simulator prints: see output.h. The text is noted after it was written, and nothing of it is
 * changed or delayed. The original notes without a lock and without a system call; in a replay, signals are
 * blocked meanwhile as long as there are some to come. */
#define _GNU_SOURCE
#include "record/output.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/log.h"
#include "base/own_thread.h"
#include "base/signal_mask.h"
#include "base/user_memory.h"
#include "record/match.h"
#include "record/printed.h"
#include "record/retell.h"
#include "run/notes.h"
#include "run/role.h"
#include "run/run.h"
#include "snapshot/keeper.h"
#include "snapshot/shared_memory.h"

#define STREAMS 2 /* stdout, stderr */
#define SIZE    (STREAMS * sizeof(struct printed))

#define PATIENCE 1000 /* looks at whether other threads are done */

static struct printed *printed; /* shared, one per stream; NULL: there is none */
static struct printed_own own[STREAMS];
static struct printed_comparison comparisons[STREAMS];
static bool is_replay; /* it was told so: what is printed is compared, or nothing is done with it */
static bool is_compared;
static volatile int write_error;
static bool has_ended;               /* the replay */
static atomic_uint writing[STREAMS]; /* threads inside a write() of that stream */
static atomic_bool ending;           /* what is written from now on is not noted */
static atomic_flag ended = ATOMIC_FLAG_INIT;
static bool was_cut[STREAMS];
static _Atomic uintptr_t comparing; /* the thread that does, by what it has; 0: none */

void output_start(void)
{
    void *memory =
        mmap(printed, SIZE, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | (printed != NULL ? MAP_FIXED : 0), -1, 0);
    if (printed == NULL && memory != MAP_FAILED)
        shared_memory_add_own(memory);
    printed = memory == MAP_FAILED ? NULL : memory;
    memset(own, 0, sizeof own);
    for (unsigned i = 0; i < STREAMS; i++) {
        atomic_store(&writing[i], 0);
        was_cut[i] = false;
    }
    atomic_store(&ending, false);
    atomic_flag_clear(&ended);
}

/* A thread that the snapshot found in the middle goes on in memory that nobody reads. A shared mapping that
 * is moved from a length of 0 stays where it is, and is there twice. */
static const struct printed *set_apart(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    long place = raw_syscall5(SYS_mremap, printed, 0, SIZE, MREMAP_MAYMOVE, 0);

    if (place < 0 && place > -4096)
        return NULL;
    if (kernel_mmap(printed, SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) != (long)printed)
        return NULL;
    kernel_mprotect((void *)place, SIZE, PROT_READ); /* what can only be read, nobody can spoil */
    shared_memory_add_own((const void *)place);
    return (const struct printed *)place;
}

/* All of it that is still there: what was never written to takes no memory. */
static void copy_printed(struct printed *to, const struct printed *from)
{
    const uint64_t count = atomic_load(&from->count);

    atomic_store(&to->sum, atomic_load(&from->sum));
    atomic_store(&to->whole, atomic_load(&from->whole));
    atomic_store(&to->end, atomic_load(&from->end));
    atomic_store(&to->count, count);
    memcpy(to->bytes, from->bytes, count < PRINTED_KEPT ? count : PRINTED_KEPT);
}

int output_keep(void)
{
    const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE; /* shared: see set_apart() */

    if (printed == NULL)
        return 0;
    long place = kernel_mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (place < 0 && place > -4096)
        return (int)place;
    for (unsigned i = 0; i < STREAMS; i++)
        copy_printed(&((struct printed *)place)[i], &printed[i]);
    long r = raw_syscall5(SYS_mremap, place, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, printed);
    return r < 0 && r > -4096 ? (int)r : 0;
}

void output_compare(void)
{
    const struct printed *original = printed != NULL ? set_apart() : NULL;

    is_replay = true;
    if (original == NULL) {
        notes_add("what it printed was not compared with what the original printed");
        return;
    }
    for (unsigned i = 0; i < STREAMS; i++)
        printed_compare_begin(&comparisons[i], &original[i], &own[i]);
    is_compared = true;
}

void output_do_not_compare(void)
{
    is_compared = false;
}

/* False: this thread compares, and was interrupted there by what ends the replay; or another one was ended
 * there by a jump. */
static bool take_turn(void)
{
    const uintptr_t self = (uintptr_t)own_thread();
    uintptr_t other = 0;

    for (unsigned i = 0; !atomic_compare_exchange_strong(&comparing, &other, self); i++, other = 0) {
        if (other == self || i == PATIENCE)
            return false;
        kernel_sched_yield();
    }
    return true;
}

static void compare_parts(unsigned stream, const struct iovec *parts, size_t written)
{
    if (!take_turn()) {
        is_compared = false;
        notes_add("what it printed was not compared to its end");
        return;
    }
    for (size_t size, left = written; left > 0 && !has_ended; parts++, left -= size) {
        size = parts->iov_len < left ? parts->iov_len : left;
        printed_compare(&comparisons[stream], parts->iov_base, size);
    }
    atomic_store(&comparing, 0);
}

/* In a replay. To block signals takes two system calls, as long as a short write(): only where one may come
 * to a handler that prints. */
static void compare(unsigned stream, const struct iovec *parts, size_t written)
{
    if (retell_is_over()) {
        compare_parts(stream, parts, written);
        return;
    }
    uint64_t mask = signal_mask_block_all();
    compare_parts(stream, parts, written);
    signal_mask_restore(mask);
}

/* Where a thread comes from its original into a replay, it finds the original's closed. */
static void add(unsigned stream, const struct iovec *parts, size_t written)
{
    if (!is_replay && printed_add(&printed[stream], &own[stream], parts, written))
        return;
    if (is_replay && is_compared)
        compare(stream, parts, written);
}

/* A broken heap may have broken the stream as well: so the kernel looks, where it is allowed to. */
static long look_at(const char *from, char *bytes, size_t size)
{
    long r = user_memory_peek(bytes, from, size);

    if (r >= 0 || r == -EFAULT)
        return r;
    memcpy(bytes, from, size);
    return (long)size;
}

/* A stream of wide characters keeps its text elsewhere; it is left out, here and in the replay. */
static void add_pending(const FILE *stream)
{
    char bytes[1024];

    if (stream == NULL || stream->_mode > 0 || (stream->_fileno != 1 && stream->_fileno != 2))
        return;
    for (const char *from = stream->_IO_write_base; from < stream->_IO_write_ptr;) {
        size_t left = (size_t)(stream->_IO_write_ptr - from);
        long r = look_at(from, bytes, left < sizeof bytes ? left : sizeof bytes);
        if (r <= 0)
            return;
        const struct iovec part = {bytes, (size_t)r};
        add((unsigned)stream->_fileno - 1, &part, (size_t)r);
        from += r;
    }
}

/* Other threads may be in the middle of noting; or this one, where a signal handler ends the process. */
static void close_original(void)
{
    for (unsigned stream = 0; stream < STREAMS; stream++) {
        for (unsigned i = 0; !printed_close(&printed[stream], &own[stream]) && i < PATIENCE; i++)
            kernel_sched_yield();
        if (was_cut[stream])
            printed_cut(&printed[stream]);
    }
}

/* Where a thread is inside a write(), what it writes may be noted and in the buffer of stdio as well, and
 * nobody can tell how much of it was written: then the stream ends before it. Who begins to write after we
 * have looked finds that we are ending. A thread that was cancelled inside a write() counts for ever. */
static void end_stream(unsigned stream, const FILE *file)
{
    was_cut[stream] = atomic_load(&writing[stream]) > 0;
    if (!was_cut[stream])
        add_pending(file);
}

void output_end(void)
{
    if (printed == NULL || atomic_flag_test_and_set(&ended))
        return;
    atomic_store(&ending, true);
    end_stream(0, stdout);
    end_stream(1, stderr);
    if (!is_replay) {
        close_original();
        return;
    }
    uint64_t mask = signal_mask_block_all();
    bool is_turn = take_turn();
    has_ended = true;
    if (is_turn)
        atomic_store(&comparing, 0);
    signal_mask_restore(mask);
}

static bool is_same(unsigned stream, const char *name, enum printed_stop stop, struct text *how)
{
    if (was_cut[stream] || printed_is_cut(comparisons[stream].original)) {
        notes_add("a thread was writing to it at the end: %s is compared as far as is known", name);
        stop = PRINTED_EARLY;
    }
    return printed_is_same(&comparisons[stream], name, stop, how);
}

bool output_is_same(enum printed_stop stop, struct text *how)
{
    return !is_compared || (is_same(0, "replay.stdout", stop, how) && is_same(1, "replay.stderr", stop, how));
}

/* Where much is waiting, the next eval is not too early to search it. */
static void note_lines(unsigned place, const struct iovec *parts, size_t written)
{
    const uint64_t eval = match_wants_evals ? run.hooks->evals() : 0;
    bool has_room = true;

    for (size_t size; written > 0; parts++, written -= size) {
        size = parts->iov_len < written ? parts->iov_len : written;
        has_room = match_note(place, eval, parts->iov_base, size) && has_room;
    }
    if (!has_room && keeper_is_evaluating_thread())
        run.hooks->due_in(1);
}

static void note_end(const struct iovec *parts, size_t written)
{
    for (; written > parts->iov_len; parts++)
        written -= parts->iov_len;
    log_set_unfinished(((const char *)parts->iov_base)[written - 1] != '\n');
}

static void note(int fd, const struct iovec *parts, size_t written)
{
    if (fd == STDERR_FILENO)
        note_end(parts, written);
    if (!is_replay && match_is_on)
        note_lines(fd == STDERR_FILENO ? MATCH_STDERR : MATCH_STDOUT, parts, written);
    if (printed != NULL && !atomic_load(&ending))
        add((unsigned)fd - 1, parts, written);
}

/* Waveforms are written through stdio by tracers that do not always look whether they were. */
__attribute__((noinline)) static void note_failure(int fd)
{
    int error = errno;
    struct stat file;

    if (!is_replay || (error != ENOSPC && error != EDQUOT && error != EIO))
        return;
    if (kernel_fstat(fd, &file) == 0 && file.st_dev == run.page->run_device)
        write_error = error;
}

int output_write_error(void)
{
    return write_error;
}

bool output_begins_to_print(int fd)
{
    if (!role_is_likely_self())
        return false;
    atomic_fetch_add(&writing[fd - 1], 1);
    return true;
}

void output_take_down(int fd, bool prints, const struct iovec *parts, ssize_t written)
{
    if (written < 0)
        note_failure(fd);
    else if (written > 0 && prints)
        note(fd, parts, (size_t)written);
    if (prints)
        atomic_fetch_sub(&writing[fd - 1], 1);
}

void output_note_watched(int fd, const struct iovec *parts, size_t written)
{
    if (is_replay || fd == STDOUT_FILENO || fd == STDERR_FILENO || !role_is_likely_self())
        return;
    int place = watch_place(fd);
    if (place >= 0)
        note_lines((unsigned)place, parts, written);
}
