/* SPDX-License-Identifier: MIT */
/* Follows names part by part: see place.h. What was made after the snapshot is not there for the replay,
 * which makes it in its turn. Times of files have the grain of the kernel's tick: what was made within one
 * tick of the snapshot counts as made before. */
#define _GNU_SOURCE
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/raw_syscall.h"
#include "base/stack.h"
#include "base/user_memory.h"
#include "restore/private_files.h"
#include "run/notes.h"
#include "run/run.h"
#include "run/run_directory.h"

#define LINKS_MAX 40
#define LOOKS_MAX 20

struct names place_names;

static uint64_t snapshot_ns; /* wall clock */
static char run_directory[PATH_MAX];
static _Atomic uint32_t lock;

/* What is still to be followed of a name. */
static char rest[PATH_MAX], link_text[PATH_MAX];

void place_lock(void)
{
    while (atomic_exchange(&lock, 1) != 0)
        raw_syscall4(SYS_futex, (long)&lock, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, 0);
}

void place_unlock(void)
{
    atomic_store(&lock, 0);
    raw_syscall3(SYS_futex, (long)&lock, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

/* Returns its length or -errno. */
static long read_link(const char *path, char *text, size_t size)
{
    long length = raw_syscall4(SYS_readlinkat, AT_FDCWD, (long)path, (long)text, (long)size);

    if (length >= (long)size)
        return -ENAMETOOLONG;
    if (length >= 0)
        text[length] = '\0';
    return length;
}

static long read_descriptor_link(int fd, char *text, size_t size)
{
    char path[32];
    struct text own;

    text_init(&own, path, sizeof path);
    text_format(&own, "/proc/self/fd/%d", fd);
    return read_link(path, text, size);
}

void place_prepare(uint64_t wall_ns)
{
    struct text path;

    snapshot_ns = wall_ns;
    text_init(&path, run_directory, sizeof run_directory);
    run_directory_held_path(&path, "");
}

/* What is behind the run directory in a path; NULL: it is not below it. */
static const char *behind_run_directory(const char *path)
{
    size_t length = strlen(run_directory);

    return names_is_in(path, run_directory) && path[length] == '/' ? path + length + 1 : NULL;
}

int place_ours(const struct place *place, const char **name)
{
    const char *behind = behind_run_directory(place->path);

    *name = behind == NULL || *behind == '\0' ? "." : behind;
    return run_directory_take();
}

const char *place_path(const struct place *place)
{
    return *place->path == '\0' ? "/" : place->path;
}

static bool is_after(const struct statx_timestamp *time)
{
    return (uint64_t)time->tv_sec * 1000000000u + time->tv_nsec > snapshot_ns;
}

bool place_is_changed(const struct place *place)
{
    return is_after(&place->real.stx_mtime) || is_after(&place->real.stx_ctime);
}

/* --- the way --- */

static int start_at(struct place *place, int directory)
{
    long r;

    if (*rest == '/') {
        place->path[0] = '\0';
        return 0;
    }
    if (directory == AT_FDCWD) {
        r = raw_syscall2(SYS_getcwd, (long)place->path, sizeof place->path);
    } else {
        struct stat file;
        r = raw_syscall2(SYS_fstat, directory, (long)&file);
        if (r == 0 && !S_ISDIR(file.st_mode))
            return -ENOTDIR;
        if (r == 0)
            r = read_descriptor_link(directory, place->path, sizeof place->path);
    }
    if (r >= 0 && strcmp(place->path, "/") == 0)
        place->path[0] = '\0';
    return r < 0 ? (int)r : 0;
}

/* Takes the next part off the rest. Returns its length; 0: there is none. */
static size_t next_part(const char **part)
{
    const char *at = rest + strspn(rest, "/");
    size_t length = strcspn(at, "/");

    *part = at;
    return length;
}

static void drop_part(const char *part, size_t length)
{
    memmove(rest, part + length, strlen(part + length) + 1);
}

static void step_back(struct place *place)
{
    char *slash = strrchr(place->path, '/');

    if (slash != NULL)
        *slash = '\0';
}

static int append(struct place *place, const char *part, size_t length)
{
    size_t at = strlen(place->path);

    if (length > NAME_MAX || at + length + 2 > sizeof place->path)
        return -ENAMETOOLONG;
    place->path[at] = '/';
    memcpy(place->path + at + 1, part, length);
    place->path[at + 1 + length] = '\0';
    return 0;
}

static bool leads_to_run_directory(const char *path)
{
    return names_is_in(path, run_directory) || names_is_in(run_directory, path);
}

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
    return ++looks > LOOKS_MAX;
}

/* Was it made after the snapshot, by the original, which the replay does in its turn? */
static bool is_future(const struct place *place)
{
    return (place->real.stx_mask & STATX_BTIME) != 0 && is_after(&place->real.stx_btime) &&
           !leads_to_run_directory(place->path) && !is_awaited(place);
}

static void look_at_real(struct place *place)
{
    int r = (int)raw_syscall5(SYS_statx, AT_FDCWD, (long)place_path(place), AT_SYMLINK_NOFOLLOW,
                              STATX_BASIC_STATS | STATX_BTIME, (long)&place->real);

    place->kind = PLACE_NOWHERE;
    place->fd = r; /* why it is nowhere */
    if (names_is_in(place->path, run_directory) && (r == 0 || r == -ENOENT)) {
        place->kind = PLACE_OURS;
        if (r < 0)
            place->real.stx_mode = 0;
    }
    if (r < 0 || place->kind == PLACE_OURS)
        return;
    place->fd = private_file_find(makedev(place->real.stx_dev_major, place->real.stx_dev_minor),
                                  (ino_t)place->real.stx_ino);
    if (place->fd >= 0 && S_ISREG(place->real.stx_mode)) {
        place->kind = PLACE_PRIVATE;
        return;
    }
    place->fd = -ENOENT;
    place->is_new = is_future(place);
    if (!place->is_new)
        place->kind = PLACE_REAL;
}

/* What is at place->path, itself not followed? `inside`: in a directory that the replay has made. */
static void look(struct place *place, bool inside)
{
    static const enum place_kind kinds[] = {
        [NAME_GONE] = PLACE_NOWHERE,
        [NAME_FILE] = PLACE_PRIVATE,
        [NAME_DIRECTORY] = PLACE_DIRECTORY,
        [NAME_LINK] = PLACE_LINK,
    };

    place->name = names_find(&place_names, place->path);
    place->is_new = false;
    place->fd = -ENOENT;
    if (place->name != NULL) {
        place->kind = kinds[place->name->kind];
        if (place->kind == PLACE_PRIVATE)
            place->fd = place->name->fd;
    } else if (inside) {
        place->kind = PLACE_NOWHERE;
    } else {
        look_at_real(place);
    }
}

static bool is_directory(const struct place *place)
{
    return place->kind == PLACE_DIRECTORY ||
           ((place->kind == PLACE_REAL || place->kind == PLACE_OURS) && S_ISDIR(place->real.stx_mode));
}

static bool is_link(const struct place *place)
{
    return place->kind == PLACE_LINK ||
           ((place->kind == PLACE_REAL || place->kind == PLACE_OURS) && S_ISLNK(place->real.stx_mode));
}

/* Puts what the link holds in front of the rest. */
static int follow_link(struct place *place)
{
    if (place->kind == PLACE_LINK) {
        memcpy(link_text, place->name->link, strlen(place->name->link) + 1);
    } else {
        long length = read_link(place->path, link_text, sizeof link_text);
        if (length < 0)
            return (int)length;
    }
    size_t length = strlen(link_text), behind = strlen(rest);
    if (length + 1 + behind >= sizeof rest)
        return -ENAMETOOLONG;
    memmove(rest + length + 1, rest, behind + 1);
    rest[length] = '/';
    memcpy(rest, link_text, length);
    if (behind == 0)
        rest[length] = '\0';
    if (*link_text == '/')
        place->path[0] = '\0';
    else
        step_back(place);
    return 0;
}

/* Links in /proc lead to where no path does. Numbers there are those of the replay. */
static int enter_proc(struct place *place)
{
    struct text path;
    const char *part;
    static char behind[PATH_MAX];
    size_t length = next_part(&part);

    memcpy(behind, part, strlen(part) + 1);
    text_init(&path, place->path, sizeof place->path);
    text_format(&path, "/proc");
    if (length > 0) {
        struct text number;
        char original[16];

        text_init(&number, original, sizeof original);
        text_format(&number, "%d", run.page->original_pid);
        bool is_original = number.length == length && memcmp(behind, original, length) == 0;
        text_format(&path, "/%s", is_original ? "self" : "");
        text_append(&path, behind + (is_original ? length : 0), strlen(behind + (is_original ? length : 0)));
    }
    place->kind = PLACE_PROC;
    return path.cut ? -ENAMETOOLONG : 0;
}

/* From the root, so that /proc is met on the way. */
static int begin_again(struct place *place)
{
    size_t length = strlen(place->path), behind = strlen(rest);

    if (length + 1 + behind >= sizeof rest)
        return -ENAMETOOLONG;
    memmove(rest + length + 1, rest, behind + 1);
    memcpy(rest, place->path, length);
    rest[length] = '/';
    place->path[0] = '\0';
    return 0;
}

/* The waveform's name leads to the directory that was made, wherever somebody has moved it since. */
static bool begin_in_run_directory(struct place *place)
{
    const char *name = behind_run_directory(rest);

    if (name == NULL || *name == '\0' || strchr(name, '/') != NULL || strcmp(name, "..") == 0)
        return false;
    int directory = run_directory_take();
    place->real.stx_mode = 0;
    place->fd = (int)raw_syscall5(SYS_statx, directory, (long)name, AT_SYMLINK_NOFOLLOW,
                                  STATX_BASIC_STATS | STATX_BTIME, (long)&place->real);
    run_directory_leave(directory);
    memcpy(place->path, rest, strlen(rest) + 1);
    *rest = '\0';
    place->kind = PLACE_OURS;
    place->is_new = false;
    return true;
}

static int begin(struct place *place, int directory, long user_path)
{
    long length = user_string(rest, user_path, sizeof rest);

    if (length < 0)
        return (int)length;
    if (length == 0)
        return -ENOENT;
    place->is_directory_name = rest[length - 1] == '/';
    place->kind = PLACE_REAL;
    place->name = NULL;
    if (begin_in_run_directory(place))
        return 0;
    int r = start_at(place, directory);
    if (r == 0 && names_is_in(place->path, "/proc"))
        r = begin_again(place);
    if (r == 0)
        look(place, false);
    return r;
}

int place_find(struct place *place, int directory, long user_path, bool follow)
{
    const char *part;
    unsigned links = 0;
    size_t length;
    int r = begin(place, directory, user_path);

    while (r == 0 && (length = next_part(&part)) > 0) {
        bool inside = place->kind == PLACE_DIRECTORY;

        if (length == 1 && *part == '.') {
            drop_part(part, length);
            continue;
        }
        if (length == 2 && memcmp(part, "..", 2) == 0) {
            drop_part(part, length);
            step_back(place);
            look(place, false);
            continue;
        }
        r = append(place, part, length);
        drop_part(part, length);
        if (r < 0)
            return r;
        if (strcmp(place->path, "/proc") == 0)
            return enter_proc(place);
        look(place, inside);
        bool is_last = next_part(&part) == 0;
        if (is_link(place) && (!is_last || follow || place->is_directory_name)) {
            r = ++links > LINKS_MAX ? -ELOOP : follow_link(place);
            if (r == 0)
                look(place, false);
        } else if (!is_last && !is_directory(place)) {
            return place->kind == PLACE_NOWHERE ? place->fd : -ENOTDIR;
        }
    }
    if (r == 0 && place->kind == PLACE_NOWHERE && place->fd != -ENOENT)
        r = place->fd; /* not to be looked at */
    if (r == 0 && place->is_directory_name && place->kind != PLACE_NOWHERE && !is_directory(place))
        r = -ENOTDIR;
    return r;
}

/* --- changes --- */

/* Asks for the directory that the name is in. */
int place_may_change(const struct place *place)
{
    static char parent[PATH_MAX];
    char *slash;

    memcpy(parent, place->path, strlen(place->path) + 1);
    slash = strrchr(parent, '/');
    if (slash == NULL)
        return -EBUSY;
    *slash = '\0';
    const struct name *name = names_find(&place_names, parent);
    if (name != NULL)
        return name->kind == NAME_DIRECTORY ? 0 : -ENOTDIR;
    return (int)raw_syscall3(SYS_faccessat, AT_FDCWD, (long)(*parent == '\0' ? "/" : parent), W_OK);
}

static int fill(const struct place *place, int private_fd, uint64_t size)
{
    long fd = raw_syscall4(SYS_openat, AT_FDCWD, (long)place->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);

    if (fd < 0)
        return (int)fd;
    int r = private_file_fill(private_fd, (int)fd, size);
    raw_syscall1(SYS_close, fd);
    return r;
}

/* What a private file is made of. */
struct making {
    const struct place *place; /* NULL: a file without a name */
    uint64_t size;
    int fd; /* or -errno */
};

static void make_private(void *argument)
{
    struct making *making = argument;
    const struct place *place = making->place;

    making->fd = private_file_create();
    if (making->fd < 0 || place == NULL || place->kind != PLACE_REAL)
        return;
    raw_syscall2(SYS_fchmod, making->fd, place->real.stx_mode & 07777);
    int r = making->size > 0 ? fill(place, making->fd, making->size) : 0;
    if (r < 0) {
        raw_syscall1(SYS_close, making->fd);
        making->fd = r;
    }
}

/* That takes more stack than a small thread may have left. The lock is held: one thread at a time. */
static int make(const struct place *place, uint64_t size)
{
    static _Alignas(16) char stack[64 * 1024];
    struct making making = {place, size, -EIO};

    stack_switch(make_private, &making, stack + sizeof stack);
    return making.fd;
}

int place_unnamed(void)
{
    return make(NULL, 0);
}

int place_private(struct place *place, uint64_t size)
{
    bool is_real = place->kind == PLACE_REAL;

    if (place->kind == PLACE_PRIVATE)
        return place->fd;
    int fd = make(place, size);
    if (fd < 0)
        return fd;
    if (is_real && size > 0 && place_is_changed(place))
        notes_add_cause("%s was changed after the snapshot", place->path);
    const struct name file = {.kind = NAME_FILE, .fd = fd};
    int r = 0;
    if (!is_real || private_file_add(makedev(place->real.stx_dev_major, place->real.stx_dev_minor),
                                     (ino_t)place->real.stx_ino, fd) < 0)
        r = names_set(&place_names, place->path, &file);
    if (r < 0) {
        raw_syscall1(SYS_close, fd);
        return r;
    }
    place->kind = PLACE_PRIVATE;
    place->fd = fd;
    return fd;
}
