/* SPDX-License-Identifier: MIT */
/* What the simulator prints: see output.h. stdio and C++ streams end in these two functions of libc; the text
 * is noted after it was written, and nothing of it is changed or delayed. Signals are blocked while it is
 * noted, so that no snapshot and no other note of the same thread comes between. */
#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../match.h"
#include "../raw_syscall.h"
#include "../replay/notes.h"
#include "../replay/printed.h"
#include "../replay/run_directory.h"
#include "../run.h"
#include "../signal_mask.h"
#include "../snapshot/keeper.h"
#include "../snapshot/shared_memory.h"
#include "input_write.h"
#include "libc.h"

#define STREAMS 2 /* stdout, stderr */

static ssize_t (*libc_write)(int fd, const void *bytes, size_t size);
static ssize_t (*libc_writev)(int fd, const struct iovec *parts, int count);

static struct printed *printed;             /* shared, one per stream; NULL: there is none */
static struct printed_hash hashes[STREAMS]; /* of what the original has printed so far */
static struct printed_comparison comparisons[STREAMS];
static bool is_compared;
static volatile int write_error;
static bool has_ended;
static atomic_flag busy = ATOMIC_FLAG_INIT;

static uint64_t lock(void)
{
    uint64_t mask = signal_mask_block_all();

    while (atomic_flag_test_and_set(&busy))
        raw_syscall0(SYS_sched_yield);
    return mask;
}

static void unlock(uint64_t mask)
{
    atomic_flag_clear(&busy);
    signal_mask_restore(mask);
}

void output_keep(void)
{
    if (libc_write == NULL || libc_writev == NULL)
        return;
    void *memory = mmap(NULL, STREAMS * sizeof *printed, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return;
    shared_memory_keep(memory);
    printed = memory;
}

/* What can only be read stays shared, and nobody can spoil it. */
void output_compare(void)
{
    if (printed == NULL) {
        notes_add("what it printed was not compared with what the original printed");
        return;
    }
    raw_syscall3(SYS_mprotect, (long)printed, (long)(STREAMS * sizeof *printed), PROT_READ);
    for (unsigned i = 0; i < STREAMS; i++)
        printed_compare_begin(&comparisons[i], &printed[i], &hashes[i]);
    is_compared = true;
}

void output_do_not_compare(void)
{
    is_compared = false;
}

/* The caller holds the lock. The original may be killed at any time: what it leaves is always complete. */
static void add(unsigned stream, const void *bytes, size_t size)
{
    if (run.role == RUN_ORIGINAL) {
        printed_keep(&printed[stream], &hashes[stream], bytes, size);
        printed[stream].end = hashes[stream];
    } else
        printed_compare(&comparisons[stream], bytes, size);
}

/* A broken heap may have broken the stream as well: so the kernel looks, where it is allowed to. */
static long look_at(const char *from, char *bytes, size_t size)
{
    const struct iovec local = {bytes, size}, remote = {(char *)from, size};
    long r = raw_syscall6(SYS_process_vm_readv, run.pid, (long)&local, 1, (long)&remote, 1, 0);

    if (r >= 0 || r == -EFAULT)
        return r;
    memcpy(bytes, from, size);
    return (long)size;
}

/* The caller holds the lock. A stream of wide characters keeps its text elsewhere; it is left out, here and
 * in the replay. */
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
        add((unsigned)stream->_fileno - 1, bytes, (size_t)r);
        from += r;
    }
}

void output_end(void)
{
    if (printed == NULL)
        return;
    uint64_t mask = lock();
    if (!has_ended) {
        add_pending(stdout);
        add_pending(stderr);
        has_ended = true;
    }
    unlock(mask);
}

bool output_is_same(bool early, struct text *how)
{
    return !is_compared || (printed_is_same(&comparisons[0], "replay.stdout", early, how) &&
                            printed_is_same(&comparisons[1], "replay.stderr", early, how));
}

static bool is_printed(int fd)
{
    return (fd == STDOUT_FILENO || fd == STDERR_FILENO) && run.role != RUN_INERT && run_is_self();
}

/* Where much is waiting, the next eval is not too early to search it. */
static void note_for_match(int fd, const struct iovec *part, size_t size)
{
    if (!match_note(fd, part->iov_base, size) && keeper_is_evaluating_thread())
        run.hooks->due_in(1);
}

static void note(int fd, const struct iovec *parts, size_t written)
{
    size_t size;

    if (run.role == RUN_ORIGINAL && run.options.match != NULL)
        for (size_t i = 0, left = written; left > 0; i++, left -= size) {
            size = parts[i].iov_len < left ? parts[i].iov_len : left;
            note_for_match(fd, &parts[i], size);
        }
    if (printed == NULL)
        return;
    uint64_t mask = lock();
    for (size_t i = 0, left = written; left > 0 && !has_ended; i++, left -= size) {
        size = parts[i].iov_len < left ? parts[i].iov_len : left;
        add((unsigned)fd - 1, parts[i].iov_base, size);
    }
    unlock(mask);
}

/* Waveforms are written through stdio by tracers that do not always look whether they were. */
__attribute__((noinline)) static void note_failure(int fd)
{
    int error = errno;
    char path[RUN_DIRECTORY_PATH_SIZE];
    struct stat file, directory;
    struct text text;

    if (run.role != RUN_REPLAY || (error != ENOSPC && error != EDQUOT && error != EIO))
        return;
    text_init(&text, path, sizeof path);
    run_directory_path(&text, "");
    if (raw_syscall2(SYS_fstat, fd, (long)&file) == 0 &&
        raw_syscall4(SYS_newfstatat, AT_FDCWD, (long)path, (long)&directory, 0) == 0 &&
        file.st_dev == directory.st_dev)
        write_error = error;
}

int output_write_error(void)
{
    return write_error;
}

static ssize_t on_write(int fd, const void *bytes, size_t size)
{
    const struct iovec part = {(void *)bytes, size};
    ssize_t written = input_write(fd, bytes, size, libc_write);

    if (written < 0)
        note_failure(fd);
    else if (written > 0 && is_printed(fd))
        note(fd, &part, (size_t)written);
    return written;
}

static ssize_t on_writev(int fd, const struct iovec *parts, int count)
{
    ssize_t written = input_writev(fd, parts, count, libc_writev);

    if (written < 0)
        note_failure(fd);
    else if (written > 0 && is_printed(fd))
        note(fd, parts, (size_t)written);
    return written;
}

const struct libc_hook output_hooks[] = {
    {"write", (void *)on_write, (void **)&libc_write},
    {"writev", (void *)on_writev, (void **)&libc_writev},
};
const size_t output_hooks_count = sizeof output_hooks / sizeof *output_hooks;
