/* SPDX-License-Identifier: MIT */
/* Follows names part by part: see place.h. What was made after the snapshot is not there for the replay,
 * which makes it in its turn. Times of files have the grain of the kernel's tick: what was made within one
 * tick of the snapshot counts as made before. */
#define _GNU_SOURCE
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd_name.h"
#include "base/kernel.h"
#include "base/stack.h"
#include "base/user_memory.h"
#include "record/renames.h"
#include "record/undo.h"
#include "restore/private_files.h"
#include "restore/written_files.h"
#include "run/notes.h"
#include "run/run.h"
#include "run/run_directory.h"
#include "sandbox/kept.h"
#include "sandbox/place_walk.h"
#include "sandbox/removed_directory.h"

struct names place_names;

static uint64_t snapshot_ns; /* wall clock */
static bool shows_future;    /* what was made after it */
static char run_directory[PATH_MAX];
static _Atomic uint32_t lock;

static char rest[PATH_MAX]; /* of a name that is followed */

void place_lock(void)
{
    while (atomic_exchange(&lock, 1) != 0)
        kernel_futex_wait(&lock, 1, 0);
}

void place_unlock(void)
{
    atomic_store(&lock, 0);
    kernel_futex_wake(&lock, 1);
}

/* No more than is needed at a time: the simulator's memory may be limited. */
static void *more_memory(size_t size)
{
    long memory = kernel_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory < 0 && memory > -4096 ? NULL : (void *)memory;
}

void place_prepare(uint64_t wall_ns)
{
    snapshot_ns = wall_ns;
    names_start(&place_names, more_memory);
    struct text path = text_in(run_directory, sizeof run_directory);
    run_directory_held_path(&path, "");
}

const char *place_ours_name(const struct place *place)
{
    const char *behind = place_walk_behind(place->path, run_directory);

    return behind == NULL || *behind == '\0' ? "." : behind;
}

long place_ours(const struct place *place, long number, long a, long b)
{
    int directory = run_directory_take();
    long r = directory < 0 ? directory : raw_syscall4(number, directory, place_ours_name(place), a, b);

    run_directory_leave(directory);
    return r;
}

const char *place_path(const struct place *place)
{
    const char *path = place->is_elsewhere ? place->elsewhere : place->path;

    return *path == '\0' ? "/" : path;
}

bool place_is_directory(const struct place *place)
{
    return place->kind == PLACE_DIRECTORY ||
           ((place->kind == PLACE_REAL || place->kind == PLACE_OURS) && S_ISDIR(place->real.stx_mode));
}

bool place_is_future(uint64_t born_ns)
{
    return born_ns > snapshot_ns;
}

static bool is_after(const struct statx_timestamp *time)
{
    return place_is_future((uint64_t)time->tv_sec * 1000000000u + time->tv_nsec);
}

void place_undo_begins(void)
{
    shows_future = true;
}

void place_undo_ends(void)
{
    shows_future = false;
    for (size_t i = 0; i < place_names.count; i++) {
        const struct name *name = names_at(&place_names, i);
        if (name->kind == NAME_DIRECTORY && name->is_new)
            names_set(&place_names, name->path, &(struct name){.kind = NAME_GONE});
    }
}

bool place_is_changed(const struct place *place)
{
    return is_after(&place->real.stx_mtime) ||
           (is_after(&place->real.stx_ctime) &&
            !renames_concerned(makedev(place->real.stx_dev_major, place->real.stx_dev_minor),
                               (ino_t)place->real.stx_ino));
}

/* --- what is there --- */

/* Somebody who looks for a file again and again while no eval passes waits for another process to make it:
 * then it is there. */
static bool is_awaited(const struct place *place)
{
    static char last[PATH_MAX];
    static uint64_t last_eval;
    static unsigned looks;
    uint64_t eval = run.hooks->evals();

    if (eval != last_eval || strcmp(last, place->path) != 0)
        looks = 0;
    memcpy(last, place->path, strlen(place->path) + 1);
    last_eval = eval;
    return ++looks > PLACE_LOOKS_MAX;
}

bool place_is_made_later(const char *path, const struct statx *real)
{
    return !shows_future && (real->stx_mask & STATX_BTIME) != 0 && is_after(&real->stx_btime) &&
           !names_is_in(path, run_directory) && !names_is_in(run_directory, path);
}

/* Was it made after the snapshot, by the original, which the replay does in its turn? */
static bool is_future(const struct place *place)
{
    return place_is_made_later(place->path, &place->real) && !is_awaited(place);
}

static int look_at(int directory, const char *name, struct statx *status)
{
    return (int)raw_syscall5(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME,
                             status);
}

/* Returns 0, or why it is nowhere. */
static int look_at_real(struct place *place)
{
    int r = look_at(AT_FDCWD, place_path(place), &place->real);

    if (names_is_in(place->path, run_directory) && (r == 0 || r == -ENOENT)) {
        place->kind = PLACE_OURS;
        if (r < 0)
            place->real.stx_mode = 0;
        return 0;
    }
    if (r < 0)
        return r;
    place->fd = private_file_find(makedev(place->real.stx_dev_major, place->real.stx_dev_minor),
                                  (ino_t)place->real.stx_ino);
    place->is_new = (place->fd < 0 || !S_ISREG(place->real.stx_mode)) && is_future(place);
    if (place->is_new)
        return -ENOENT;
    place->kind = place->fd >= 0 && S_ISREG(place->real.stx_mode) ? PLACE_PRIVATE : PLACE_REAL;
    return 0;
}

/* By its record, at the first look. */
static enum place_kind look_at_kept(struct place *place)
{
    struct name name = *place->name;

    if (name.fd == 0) {
        name.fd = kept_file(name.record, place->path, snapshot_ns);
        if (name.fd < 0)
            return PLACE_NOWHERE;
        place_set_name(place->path, &name);
    }
    place->fd = name.fd;
    return PLACE_PRIVATE;
}

/* Something was done to it. Returns why, if it is nowhere. */
static int look_at_name(struct place *place)
{
    static const enum place_kind kinds[] = {
        [NAME_GONE] = PLACE_NOWHERE,
        [NAME_FILE] = PLACE_PRIVATE,
        [NAME_DIRECTORY] = PLACE_DIRECTORY,
        [NAME_LINK] = PLACE_LINK,
    };

    if (place->name->kind == NAME_ELSEWHERE)
        return look_at_real(place);
    if (place->name->kind == NAME_KEPT) {
        place->kind = look_at_kept(place);
        return -ENOENT;
    }
    place->kind = kinds[place->name->kind];
    place->fd = place->name->fd;
    return -ENOENT;
}

/* For place_walk(). In a directory that the replay has made there is nothing of the user's. */
static int look(void *context, bool down)
{
    struct place *place = context;
    bool is_inside = down && place->kind == PLACE_DIRECTORY;
    int error = -ENOENT;

    place->name = names_find(&place_names, place->path);
    place->is_new = false;
    place->kind = PLACE_NOWHERE;
    place->is_elsewhere = names_elsewhere(&place_names, place->path, place->elsewhere);
    if (place->name != NULL)
        error = look_at_name(place);
    else if (!is_inside && (place->fd = written_files_find(place->path)) >= 0)
        place->kind = PLACE_PRIVATE; /* the original may have given its own another name since */
    else if (!is_inside)
        error = look_at_real(place);
    if (place->kind == PLACE_NOWHERE)
        return error;
    bool is_link = place->kind == PLACE_LINK || ((place->kind == PLACE_REAL || place->kind == PLACE_OURS) &&
                                                 S_ISLNK(place->real.stx_mode));
    return is_link ? PLACE_WALK_LINK : place_is_directory(place) ? PLACE_WALK_DIRECTORY : PLACE_WALK_OTHER;
}

static long read_link(void *context, char *text)
{
    const struct place *place = context;

    if (place->kind != PLACE_LINK)
        return kernel_readlink(place_path(place), text, PATH_MAX);
    memcpy(text, place->name->link, strlen(place->name->link) + 1);
    return 0;
}

/* --- the way there --- */

static int read_start(struct place *place, int directory)
{
    struct stat file;

    if (directory == AT_FDCWD)
        return (int)raw_syscall2(SYS_getcwd, place->elsewhere, sizeof place->elsewhere);
    int r = kernel_fstat(directory, &file);
    if (r == 0 && !S_ISDIR(file.st_mode))
        return -ENOTDIR;
    return r < 0 ? r : (int)fd_name_read(directory, place->elsewhere, sizeof place->elsewhere);
}

static int start_at(struct place *place, int directory)
{
    const char *path = removed_directory_of(directory);
    int r = path == NULL ? read_start(place, directory) : 0;

    if (path != NULL)
        memcpy(place->path, path, strlen(path) + 1);
    else if (r >= 0)
        names_seen_as(&place_names, place->elsewhere, place->path);
    return r;
}

/* The waveform's name leads to the directory that was made, wherever somebody has moved it since. */
static bool is_in_run_directory(struct place *place)
{
    const char *name = place_walk_behind(rest, run_directory);

    if (name == NULL || *name == '\0' || strchr(name, '/') != NULL || strcmp(name, "..") == 0)
        return false;
    int directory = run_directory_take();
    place->real.stx_mode = 0;
    look_at(directory, name, &place->real);
    run_directory_leave(directory);
    memcpy(place->path, rest, strlen(rest) + 1);
    place->kind = PLACE_OURS;
    place->is_new = false;
    return true;
}

bool place_is_empty_name(long user_path)
{
    char first;

    return user_memory_read(&first, user_path, 1) == 0 && first == '\0';
}

int place_find(struct place *place, int directory, long user_path, bool follow)
{
    long length = user_memory_string(rest, user_path, sizeof rest);

    if (length <= 0)
        return length < 0 ? (int)length : -ENOENT;
    place->is_directory_name = rest[length - 1] == '/';
    place->kind = PLACE_REAL;
    place->name = NULL;
    place->is_elsewhere = false;
    if (is_in_run_directory(place))
        return 0;
    int r = *rest == '/' ? 0 : start_at(place, directory);
    if (r < 0)
        return r;
    struct place_walk walk = {place->path, rest, follow, place->is_directory_name, look, read_link, place, 0};
    r = place_walk(&walk);
    if (r != PLACE_WALK_PROC)
        return r;
    place->kind = PLACE_PROC;
    return place_walk_proc(place->path, rest, run.page->original_pid);
}

/* --- changes --- */

/* Asks for the directory that the name is in. */
int place_may_change(const struct place *place)
{
    static char parent[PATH_MAX], real[PATH_MAX];
    char *slash;

    memcpy(parent, place->path, strlen(place->path) + 1);
    slash = strrchr(parent, '/');
    if (slash == NULL)
        return -EBUSY;
    *slash = '\0';
    const struct name *name = names_find(&place_names, parent);
    if (name != NULL && name->kind != NAME_ELSEWHERE)
        return name->kind == NAME_DIRECTORY ? 0 : -ENOTDIR;
    names_elsewhere(&place_names, parent, real);
    return kernel_access(*real == '\0' ? "/" : real, W_OK);
}

/* Has the original itself done it? Then it is undone, and the replay does it in its turn. */
static bool is_known_change(const struct place *place)
{
    return undo_has(makedev(place->real.stx_dev_major, place->real.stx_dev_minor),
                    (ino_t)place->real.stx_ino);
}

static int undo(const struct place *place, int private_fd)
{
    return undo_apply(makedev(place->real.stx_dev_major, place->real.stx_dev_minor),
                      (ino_t)place->real.stx_ino, private_fd);
}

static int fill(const struct place *place, int private_fd, uint64_t size)
{
    int fd = kernel_open(place_path(place), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return fd;
    int r = private_file_fill(private_fd, fd, size);
    kernel_close(fd);
    return r;
}

int place_set_name(const char *path, const struct name *what)
{
    int r = names_set(&place_names, path, what);

    if (r == -ENOSPC)
        notes_add_cause("the replay makes more names than there is memory for: %s", path);
    return r;
}

/* What a private file is made of. */
struct making {
    const struct place *place; /* NULL: a file without a name */
    uint64_t size;
    bool is_known_change; /* of the user's file */
    int fd;               /* or -errno */
};

static void make_private(void *argument)
{
    struct making *making = argument;
    const struct place *place = making->place;

    making->fd = private_file_create();
    if (making->fd < 0 || place == NULL || place->kind != PLACE_REAL)
        return;
    kernel_fchmod(making->fd, place->real.stx_mode & 07777);
    int r = making->size > 0 ? fill(place, making->fd, making->size) : 0;
    making->is_known_change = making->size > 0 && is_known_change(place);
    if (r == 0 && making->is_known_change && undo(place, making->fd) < 0)
        notes_add_cause("was changed too much since the snapshot to be had again: %s", place->path);
    if (r < 0) {
        kernel_close(making->fd);
        making->fd = r;
    }
}

/* That takes more stack than a small thread may have left. The lock is held: one thread at a time. */
static struct making make(const struct place *place, uint64_t size)
{
    static _Alignas(16) char stack[64 * 1024];
    struct making making = {.place = place, .size = size, .fd = -EIO};

    stack_switch(make_private, &making, stack + sizeof stack);
    return making;
}

int place_unnamed(void)
{
    return make(NULL, 0).fd;
}

/* What a tracer makes where the testbench's waveform would be is no file of the replay's own. */
static void take_up(const struct place *place, uint64_t size, int fd)
{
    const struct statx_timestamp *time = &place->real.stx_mtime;
    const bool is_real = place->kind == PLACE_REAL;
    const struct timespec then = {is_real ? time->tv_sec : 0, is_real ? time->tv_nsec : 0};

    if (!run.hooks->wave_makes_file())
        written_files_add(fd, place->path, &then, !is_real || size < place->real.stx_size);
}

int place_private(struct place *place, uint64_t size)
{
    bool is_real = place->kind == PLACE_REAL;

    if (place->kind == PLACE_PRIVATE)
        return place->fd;
    const struct making made = make(place, size);
    const int fd = made.fd;
    if (fd < 0) {
        notes_add_cause("%s could not be made for the replay: %s", place->path, strerrordesc_np(-fd));
        return fd;
    }
    if (is_real && size > 0 && place_is_changed(place) && !made.is_known_change)
        notes_add_cause("%s was changed after the snapshot", place->path);
    take_up(place, size, fd);
    const struct name file = {.kind = NAME_FILE, .fd = fd};
    int r = 0;
    if (!is_real || private_file_add(makedev(place->real.stx_dev_major, place->real.stx_dev_minor),
                                     (ino_t)place->real.stx_ino, fd) < 0)
        r = place_set_name(place->path, &file);
    if (r < 0) {
        kernel_close(fd);
        return r;
    }
    place->kind = PLACE_PRIVATE;
    place->fd = fd;
    return fd;
}

/* The last name that it was given counts. Another file may be where it was. */
const char *place_of_private(int fd, const char *path)
{
    for (size_t i = place_names.count; i-- > 0;) {
        const struct name *name = names_at(&place_names, i);
        if (name->kind == NAME_FILE && name->fd == fd)
            return name->path;
    }
    const struct name *name = names_find(&place_names, path);
    return name == NULL || name->kind == NAME_ELSEWHERE || name->kind == NAME_KEPT ? path : NULL;
}

/* There is no other way to ask for it that needs no text to be read. */
unsigned place_umask(void)
{
    long mask = raw_syscall1(SYS_umask, 077);

    raw_syscall1(SYS_umask, mask);
    return (unsigned)mask;
}
