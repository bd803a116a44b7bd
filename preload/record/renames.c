/* SPDX-License-Identifier: MIT */
/* see renames.h. A note comes before its call, so that one that is killed in it leaves it behind, and a
 * second one says how it ended. No snapshot is taken in between. */
#define _GNU_SOURCE
#include "record/renames.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/clock.h"
#include "base/fd_name.h"
#include "base/kernel.h"
#include "base/often.h"
#include "record/tape.h"
#include "record/undo.h"
#include "run/role.h"
#include "snapshot/threads/beside.h"

#define PIECE_SIZE   8192u
#define KEPT_MAX     ((uint64_t)4 << 20)   /* bytes, from one snapshot to the next, as of undo.c */
#define KEPT_LEAST   ((uint64_t)16 << 10)  /* what a file counts for: many small ones take time */
#define GRAIN_NS     (20 * MILLISECOND_NS) /* times of files have the grain of the kernel's tick */
#define SEARCH_MAX   4096u                 /* records between a note and how it ended: of other threads */
#define UNDO_RENAMES UNDO_NAMES            /* a note */
#define UNDO_PIECE   (UNDO_NAMES + 1) /* of what went: `inode` is the number of the note, which follows */
#define UNDO_TEXT    (UNDO_NAMES + 2) /* the same; `offset`: enum renames_text */
#define UNDO_ENDED   (UNDO_NAMES + 3) /* the same, behind it; `offset`: 0 or errno */
#define UNDO_DEVICE  UINT64_MAX       /* no file's */

static OFTEN_WRITTEN _Atomic uint64_t kept; /* bytes since the last snapshot */
static OFTEN_WRITTEN uint64_t taken_ns;
static OFTEN_WRITTEN uint64_t taken_wall_ns;     /* of that */
static OFTEN_WRITTEN _Atomic uint64_t number_of; /* notes so far */

/* --- in the original --- */

void renames_take(void)
{
    atomic_store(&kept, 0);
    taken_wall_ns = clock_read_ns(CLOCK_REALTIME);
    taken_ns = clock_ns();
}

uint64_t renames_taken_ns(void)
{
    return taken_ns;
}

static uint64_t to_ns(const struct statx_timestamp *time)
{
    return (uint64_t)time->tv_sec * SECOND_NS + time->tv_nsec;
}

/* The name itself, not where a link leads. Returns 0 or -errno. */
static int look(const struct renames_name *name, struct renames_file *file)
{
    struct statx found;
    int r = (int)raw_syscall5(SYS_statx, name->directory, name->path, AT_SYMLINK_NOFOLLOW,
                              STATX_BASIC_STATS | STATX_BTIME, &found);

    *file = (struct renames_file){.mode = 0};
    if (r < 0)
        return r;
    *file = (struct renames_file){
        .device = makedev(found.stx_dev_major, found.stx_dev_minor),
        .inode = found.stx_ino,
        .size = found.stx_size,
        .born_ns = (found.stx_mask & STATX_BTIME) != 0 ? to_ns(&found.stx_btime) : 0,
        .changed_ns = to_ns(&found.stx_mtime),
        .mode = found.stx_mode,
    };
    return 0;
}

/* Is it certainly younger than every snapshot? Of a directory that is not enough: older files may have been
 * in it for a while. */
static bool is_passed_over(const struct renames_file *file)
{
    return file->mode == 0 || (!S_ISDIR(file->mode) && file->born_ns > taken_wall_ns + GRAIN_NS);
}

/* Returns false where the call will fail or change nothing that a replay could see. */
static bool is_worth_it(enum renames_kind kind, const struct renames_file *file,
                        const struct renames_file *other)
{
    if (kind == RENAMES_LINKED)
        return other->mode == 0 && !is_passed_over(file);
    if (kind != RENAMES_REMOVED && other->inode == file->inode && other->device == file->device)
        return false; /* two names of one file: both stay */
    return !is_passed_over(file) || !is_passed_over(other);
}

struct reading {
    const struct renames_name *name;
    const struct renames_file *file;
    uint64_t number;
    bool is_whole;
};

static void note_piece(uint64_t number, uint64_t offset, const void *bytes, size_t size)
{
    const struct undo_record piece = {UNDO_DEVICE, number, offset, UNDO_PIECE, (uint32_t)size};
    const struct iovec part = {(void *)(uintptr_t)bytes, size};

    undo_put(&piece, &part, 1);
}

/* What other threads close meanwhile is closed. An old kernel lets it wait until this one is gone. */
static void let_go_of_others(int directory)
{
    const unsigned left = directory < 0 ? UINT_MAX : (unsigned)directory;

    if (left > 0)
        kernel_close_range(0, left - 1);
    if (left < UINT_MAX)
        kernel_close_range(left + 1, UINT_MAX);
}

/* Beside the simulator: its locks, its descriptors. */
static void read_file(void *argument)
{
    static const int ways[] = {O_NOATIME, 0}; /* the first is for the owner alone */
    struct reading *reading = argument;
    char piece[PIECE_SIZE];
    struct stat file;
    uint64_t at = 0;
    int fd = -EPERM;
    long r = -EIO;

    let_go_of_others(reading->name->directory);
    for (unsigned i = 0; fd == -EPERM && i < 2; i++)
        fd = kernel_openat(reading->name->directory, reading->name->path,
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | ways[i], 0);
    if (fd < 0)
        return;
    if (kernel_fstat(fd, &file) == 0 && file.st_ino == reading->file->inode)
        while (at < reading->file->size && (r = kernel_pread(fd, piece, sizeof piece, (off_t)at)) > 0) {
            note_piece(reading->number, at, piece, (size_t)r);
            at += (uint64_t)r;
        }
    kernel_close(fd);
    reading->is_whole = at >= reading->file->size;
}

/* Returns whether what it holds is on the tape. */
static bool keep(const struct renames_name *name, const struct renames_file *file, uint64_t number)
{
    struct reading reading = {name, file, number, false};
    const uint64_t cost = file->size > KEPT_LEAST ? file->size : KEPT_LEAST;

    if (!S_ISREG(file->mode) || file->size == 0)
        return true;
    if (file->size > KEPT_MAX || !tape_has_spare(file->size))
        return false;
    if (atomic_fetch_add(&kept, cost) + cost > KEPT_MAX) {
        atomic_fetch_sub(&kept, cost);
        return false;
    }
    return beside_run(read_file, &reading) == 0 && reading.is_whole;
}

/* Where a name that is not absolute begins. Returns its length; below 0: nobody knows. */
static long read_directory(const struct renames_name *name, char *text)
{
    if (name->path == NULL || *name->path == '/')
        return 0;
    if (name->directory != AT_FDCWD)
        return fd_name_read(name->directory, text, PATH_MAX);
    return raw_syscall2(SYS_getcwd, text, PATH_MAX) - 1;
}

static void note_text(uint64_t number, enum renames_text which, const char *text, size_t length)
{
    const struct undo_record record = {UNDO_DEVICE, number, which, UNDO_TEXT, (uint32_t)length};
    const struct iovec part = {(void *)(uintptr_t)text, length};

    undo_put(&record, &part, 1);
}

/* Returns whether it is known where the name is. */
static bool note_name(uint64_t number, enum renames_text which, const struct renames_name *name, char *text)
{
    long length = read_directory(name, text);

    if (length < 0 || (length > 0 && *text != '/'))
        return false;
    if (length > 0)
        note_text(number, which, text, (size_t)length);
    note_text(number, which + 1, name->path, strlen(name->path));
    return true;
}

/* Returns whether it is known. */
static bool note_link(uint64_t number, const struct renames_name *name, char *text)
{
    long length = raw_syscall4(SYS_readlinkat, name->directory, name->path, text, PATH_MAX);

    if (length > 0)
        note_text(number, RENAMES_LINK, text, (size_t)length);
    return length > 0;
}

/* What goes by the call, and by which name it is known. */
static bool note_gone(struct renames_note *note, const struct renames_name *name, char *text)
{
    if (S_ISLNK(note->gone.mode))
        return note_link(note->number, name, text);
    note->is_lost = !is_passed_over(&note->gone) && !keep(name, &note->gone, note->number);
    return true;
}

/* Times of birth are those of the kernel's last tick: what is made now may look as if it was made before the
 * snapshot. */
static bool looks_older(void)
{
    return clock_read_ns(CLOCK_REALTIME_COARSE) <= taken_wall_ns + GRAIN_NS;
}

/* Is it to be noted? There: what has the other name. */
static bool is_noteworthy(struct renames_note *note, const struct renames_name *name,
                          const struct renames_name *other, struct renames_file *there)
{
    if (note->kind == RENAMES_MADE)
        return looks_older() && look(name, there) == -ENOENT;
    int r = look(name, &note->file);
    if (r == 0 && note->kind != RENAMES_REMOVED)
        r = look(other, there);
    return (r == 0 || r == -ENOENT) && note->file.mode != 0 && is_worth_it(note->kind, &note->file, there);
}

static bool note_around(struct renames_note *note, const struct renames_name *name,
                        const struct renames_name *other, const struct renames_file *there, char *text)
{
    const bool is_one = note->kind == RENAMES_REMOVED || note->kind == RENAMES_MADE;

    if (!note_name(note->number, RENAMES_DIRECTORY, name, text) ||
        (!is_one && !note_name(note->number, RENAMES_OTHER_DIRECTORY, other, text)))
        return false;
    if (note->kind == RENAMES_MADE)
        return true;
    note->gone = note->kind == RENAMES_REMOVED ? note->file : *there;
    return note->kind == RENAMES_EXCHANGED || note_gone(note, is_one ? name : other, text);
}

/* A handler may be at it, on an alternate stack of 8 KiB: a path takes too much of that. */
static bool put_note(enum renames_kind kind, const struct renames_name *name,
                     const struct renames_name *other, uint64_t number)
{
    struct renames_note note = {.number = number, .kind = kind};
    const struct undo_record record = {UNDO_DEVICE, number, 0, UNDO_RENAMES, sizeof note};
    const struct iovec part = {&note, sizeof note};
    struct renames_file there = {.mode = 0};

    if (!is_noteworthy(&note, name, other, &there))
        return false;
    const long text = kernel_mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (text < 0 && text > -4096)
        return false;
    const bool is_noted = note_around(&note, name, other, &there, (char *)text);
    kernel_munmap((void *)text, PATH_MAX);
    if (is_noted)
        undo_put(&record, &part, 1);
    return is_noted;
}

/* A snapshot waits until both notes are there. And a handler of the simulator's that ran in between would see
 * in its mask the signal by which a snapshot stops threads; so all wait, but for what the code itself causes.
 */
void renames_begins(struct renames *moved, enum renames_kind kind, struct renames_name name,
                    struct renames_name other)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    uint64_t stop = ~UINT64_C(0);

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        stop &= ~(UINT64_C(1) << (faults[i] - 1));
    moved->is_noted = false;
    if (!role_records() || !role_is_likely_self() || kernel_sigprocmask(SIG_BLOCK, &stop, &moved->mask) < 0)
        return;
    moved->number = atomic_fetch_add(&number_of, 1);
    moved->is_noted = put_note(kind, &name, &other, moved->number);
    if (!moved->is_noted)
        kernel_sigprocmask(SIG_SETMASK, &moved->mask, NULL);
}

int renames_ends(struct renames *moved, int result)
{
    if (!moved->is_noted)
        return result;
    const struct undo_record record = {UNDO_DEVICE, moved->number, result < 0 ? (uint64_t)errno : 0,
                                       UNDO_ENDED, 0};
    undo_put(&record, NULL, 0);
    kernel_sigprocmask(SIG_SETMASK, &moved->mask, NULL);
    return result;
}

/* --- in a woken copy --- */

static bool is_of(const struct undo_record *record, uint32_t kind, uint64_t number)
{
    return record->kind == kind && record->device == UNDO_DEVICE && record->inode == number;
}

bool renames_at(size_t place, struct renames_note *note, struct renames_texts *texts)
{
    struct undo_record record;
    const char *bytes = undo_at(place, &record);

    *texts = (struct renames_texts){{NULL}, {0}};
    if (record.kind != UNDO_RENAMES || record.size != sizeof *note)
        return false;
    memcpy(note, bytes, sizeof *note);
    for (size_t i = place; i-- > 0 && place - i < SEARCH_MAX;) {
        bytes = undo_at(i, &record);
        if (!is_of(&record, UNDO_TEXT, note->number) || record.offset >= RENAMES_TEXTS)
            continue;
        texts->text[record.offset] = bytes;
        texts->length[record.offset] = record.size;
        if (record.offset == RENAMES_DIRECTORY || (record.offset == RENAMES_NAME && *bytes == '/'))
            break;
    }
    return texts->text[RENAMES_NAME] != NULL;
}

bool renames_is_done_at(size_t end, size_t *place)
{
    struct undo_record ended, record;

    undo_at(end, &ended);
    if (ended.kind != UNDO_ENDED || ended.device != UNDO_DEVICE || ended.offset != 0)
        return false;
    for (size_t i = end; i-- > 0 && end - i < SEARCH_MAX;) {
        undo_at(i, &record);
        if (is_of(&record, UNDO_RENAMES, ended.inode)) {
            *place = i;
            return true;
        }
    }
    return false;
}

static bool has_ended(size_t place, uint64_t number)
{
    struct undo_record record;

    for (size_t i = place + 1; i < undo_count(); i++) {
        undo_at(i, &record);
        if (is_of(&record, UNDO_ENDED, number))
            return true;
    }
    return false;
}

size_t renames_find_unfinished(size_t before)
{
    const size_t count = undo_count(), first = count > SEARCH_MAX ? count - SEARCH_MAX : 0;
    struct undo_record record;

    while (before-- > first) {
        undo_at(before, &record);
        if (record.kind == UNDO_RENAMES && !has_ended(before, record.inode))
            return before;
    }
    return RENAMES_NONE;
}

bool renames_concerned(dev_t device, ino_t inode)
{
    struct undo_record record;
    struct renames_note note;

    for (size_t i = undo_count(); i-- > 0;) {
        const char *bytes = undo_at(i, &record);
        if (record.kind != UNDO_RENAMES || record.size != sizeof note)
            continue;
        memcpy(&note, bytes, sizeof note);
        if ((note.file.device == device && note.file.inode == inode) ||
            (note.gone.device == device && note.gone.inode == inode))
            return true;
    }
    return false;
}

int renames_put_back(size_t place, int private_fd)
{
    struct undo_record note, record;
    int r = 0;

    undo_at(place, &note);
    for (size_t i = place; r >= 0 && i-- > 0 && place - i < SEARCH_MAX;) {
        const char *bytes = undo_at(i, &record);
        if (is_of(&record, UNDO_PIECE, note.inode) &&
            kernel_pwrite(private_fd, bytes, record.size, (off_t)record.offset) != (long)record.size)
            r = -ENOSPC;
    }
    return r;
}
