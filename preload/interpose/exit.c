/* SPDX-License-Identifier: MIT */
/* Stands in front of the functions that end the process: see exit.h. libc calls its own _exit at the end of
 * exit() without asking the symbol table, so exit() itself is met by a handler, not by a wrapper. */
#define _GNU_SOURCE
#include "interpose/exit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/next.h"
#include "ends/ends.h"
#include "interpose/libc_hook.h"
#include "record/watch.h"
#include "run/role.h"
#include "snapshot/keeper_lock.h"

/* libc's, exported since 2.2.5: the list of streams, and its lock. */
extern FILE *_IO_list_all;
void _IO_list_lock(void);
void _IO_list_unlock(void);

static int quick_status;
static void (*libc_exit)(int status);

/* A stream that another thread holds is left alone: libc's own last flush does not wait for it either. */
static void flush(FILE *stream)
{
    if (ftrylockfile(stream) == 0) {
        fflush_unlocked(stream);
        funlockfile(stream);
    }
}

/* Where libc is going to write all the same. */
static void flush_watched(void)
{
    _IO_list_lock();
    for (FILE *stream = _IO_list_all; stream != NULL; stream = stream->_chain)
        if (stream->_IO_write_ptr > stream->_IO_write_base && watch_may_be(stream->_fileno) &&
            watch_place(stream->_fileno) >= 0)
            flush(stream);
    _IO_list_unlock();
}

void exit_flush(void)
{
    flush(stderr); /* before stdout, as libc does: both may be buffered and go to the same place */
    flush(stdout);
    if (watch_is_on)
        flush_watched();
}

/* A pipe would want an answer of the original's, which wrote there when nobody listened any more. */
static bool is_file(FILE *stream)
{
    struct stat file;
    int fd = fileno_unlocked(stream);

    return fd >= 0 && kernel_fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
}

void exit_flush_files(void)
{
    _IO_list_lock();
    for (FILE *stream = _IO_list_all; stream != NULL; stream = stream->_chain)
        if (is_file(stream))
            flush(stream);
    _IO_list_unlock();
}

/* Handlers and destructors take apart what other threads may still use: a race of the simulator's, which it
 * mostly wins. A snapshot would stop this thread in the middle of it, and let others go on first. */
__attribute__((noreturn)) static void on_exit_begins(int status)
{
    if (role_is_original())
        keeper_lock_exit_begins();
    libc_exit(status);
    __builtin_unreachable();
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("exit", on_exit_begins, libc_exit),
};
const struct libc_hooks exit_hooks = LIBC_HOOKS(rows);

static bool leave(bool is_abrupt)
{
    return role_is_self() && role()->exits(is_abrupt);
}

void exit_abruptly(int status)
{
    leave(true);
    ends_exit(status);
}

/* Another thread that exits as well finds no handler left and goes on to libc's last flush, and past it ends
 * the process. That flush takes the lock of the streams: so it mostly waits for us there; where it is past
 * that already, the snapshots find the original dead. Handlers of libraries that were there before us may
 * wait for threads that need the lock: so they get it back. */
static void at_exit_last(int status, void *unused)
{
    (void)unused;
    bool is_locked = leave(false);
    if (is_locked)
        _IO_list_lock();
    ends_exit(status);
    if (is_locked)
        _IO_list_unlock();
}

static void at_quick_exit_last(void)
{
    exit_abruptly(quick_status);
}

int exit_register(void)
{
    if (on_exit(at_exit_last, NULL) != 0 || at_quick_exit(at_quick_exit_last) != 0)
        return -ENOMEM;
    return 0;
}

void quick_exit(int status)
{
    quick_status = status;
    NEXT(quick_exit)(status);
    __builtin_unreachable();
}

void _exit(int status)
{
    exit_abruptly(status);
    NEXT(_exit)(status);
    __builtin_unreachable();
}

void _Exit(int status)
{
    exit_abruptly(status);
    NEXT(_Exit)(status);
    __builtin_unreachable();
}
