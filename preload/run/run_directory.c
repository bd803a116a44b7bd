/* SPDX-License-Identifier: MIT */
/* Makes and names the run directory: see run_directory.h. */
#define _GNU_SOURCE
#include "run/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd_name.h"
#include "base/high_number.h"
#include "base/kernel.h"
#include "base/other_process.h"
#include "run/run.h"

#define SUFFIX_MAX 1000u
#define NOBODY     65534
#define NEW_NAME   ".new"

#define SEGMENTS_NAME_SIZE 32u

static size_t made_length; /* of what had to be made of the path of DIR, up to the first; 0: nothing */
static int pinned_fd = -1; /* of the directory, from the failure on */
static bool is_below;      /* it is in that of the run (LIGHTSSS_PARK) */
static char held_path[RUN_DIRECTORY_PATH_SIZE];

void run_directory_name(struct text *name)
{
    if (is_below) {
        if (run.page->segment.number != 0)
            text_format(name, "segment-%u", run.page->segment.number);
        else
            text_format(name, "replay-%u", run.page->run_suffix + 1);
        return;
    }
    text_format(name, "%s.%d", run.program, run.page->original_pid);
    if (run.page->run_suffix != 0)
        text_format(name, "-%u", run.page->run_suffix + 1);
}

/* Of a file in the run directory; name "" for the directory. */
static void format_path(struct text *path, const char *name)
{
    text_format(path, "%s/", run.base_directory);
    run_directory_name(path);
    text_format(path, "%s%s", *name == '\0' ? "" : "/", name);
}

/* Opens it by its name below another, following no link there. Returns a descriptor that only finds its
 * files, or -errno. */
static int open_to_find(int above, const char *name, int flags, struct stat *status)
{
    int fd = kernel_openat(above, name, flags | O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0)
        return fd;
    int r = kernel_fstatat(fd, "", status, AT_EMPTY_PATH);
    if (r < 0) {
        kernel_close(fd);
        return r;
    }
    return fd;
}

/* The simulator's umask may have taken everything from everybody. */
static void give_to_owner(int fd, const struct stat *status)
{
    if ((status->st_mode & S_IRWXU) != S_IRWXU)
        raw_syscall3(SYS_fchmodat, AT_FDCWD, fd_name(fd).path, (status->st_mode & 07777) | S_IRWXU);
}

/* Whose link may be followed in a place where everybody may make some: the user's own, and that of who the
 * place belongs to. The kernel's protected_symlinks means the same, but only at the end of a path. */
static bool is_trusted(const struct stat *link)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct stat place;

    text_print(buffer, sizeof buffer, "%s", run.base_directory);
    char *slash = strrchr(buffer, '/');
    if (slash == NULL)
        return false;
    slash[slash == buffer] = '\0';
    if (link->st_uid == kernel_geteuid() || kernel_stat(buffer, &place) < 0)
        return true;
    bool is_common = (place.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH);
    return !is_common || link->st_uid == place.st_uid;
}

/* Opens DIR, which may have just been made. Returns a descriptor that only finds what is in it, or -errno. */
static int open_base(bool made)
{
    struct stat status;
    int fd = open_to_find(AT_FDCWD, run.base_directory, 0, &status);

    if (fd >= 0 && made)
        give_to_owner(fd, &status);
    if (fd < 0 || !S_ISLNK(status.st_mode))
        return fd;
    kernel_close(fd);
    return is_trusted(&status) ? kernel_open(run.base_directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EACCES;
}

/* Who may write to DIR may put another directory in the place of ours: what was just made is taken down, so
 * that nothing else is written to later. Some shared file systems show root as the owner of everything, and
 * NFS shows nobody as that of what root makes. */
static int note_made(int base, const char *name)
{
    uid_t self = kernel_geteuid();
    struct stat status;
    int fd = open_to_find(base, name, O_DIRECTORY, &status);

    if (fd < 0)
        return fd;
    give_to_owner(fd, &status);
    kernel_close(fd);
    if (status.st_uid != self && status.st_uid != 0 && !(self == 0 && status.st_uid == NOBODY))
        return -EPERM;
    run.page->run_device = status.st_dev;
    run.page->run_inode = status.st_ino;
    return 0;
}

static bool is_made(const struct stat *status)
{
    return status->st_dev == run.page->run_device && status->st_ino == run.page->run_inode;
}

/* Opens the one that was made. */
static int open_made(void)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];
    struct stat status;
    struct text path = text_in(buffer, sizeof buffer);

    format_path(&path, "");
    int fd = open_to_find(AT_FDCWD, buffer, O_DIRECTORY, &status);
    if (fd < 0 || is_made(&status))
        return fd;
    kernel_close(fd);
    return -ESTALE;
}

int run_directory_take(void)
{
    struct stat status;

    /* The simulator may have closed it with all that it does not know. */
    if (pinned_fd >= 0 && kernel_fstat(pinned_fd, &status) == 0 && is_made(&status))
        return pinned_fd;
    return open_made();
}

void run_directory_leave(int fd)
{
    if (fd != pinned_fd)
        kernel_close(fd);
}

/* Where the held directory is now. */
static int read_held_path(char *path, size_t size)
{
    return fd_name_read(pinned_fd, path, size) <= 0 || path[0] != '/' ? -ENOENT : 0;
}

int run_directory_pin(void)
{
    int fd = open_made();

    if (fd < 0)
        return fd;
    pinned_fd = high_number_move(fd);
    if (read_held_path(held_path, sizeof held_path) < 0)
        *held_path = '\0';
    return 0;
}

void run_directory_held_path(struct text *path, const char *name)
{
    if (*held_path == '\0')
        format_path(path, name);
    else
        text_format(path, "%s%s%s", held_path, *name == '\0' ? "" : "/", name);
}

void run_directory_present_path(struct text *path, const char *name)
{
    int fd = open_made();

    if (fd < 0 && read_held_path(held_path, sizeof held_path) == 0)
        run_directory_held_path(path, name);
    else
        format_path(path, name);
    kernel_close(fd);
}

void run_directory_link_path(struct text *path, const char *name)
{
    if (pinned_fd < 0 || kernel_access("/proc/self/fd", X_OK) < 0)
        format_path(path, name);
    else
        text_format(path, "/proc/self/fd/%d/%s", pinned_fd, name);
}

/* An original that was killed when it had just made it has left it empty: its copy takes it. */
static bool is_left_by_original(int base, const char *name)
{
    return run.page->run_inode == 0 && other_process_is_over(run.page->original_pid) &&
           kernel_unlinkat(base, name, AT_REMOVEDIR) == 0;
}

static int make_below(int base, uint32_t first)
{
    char buffer[RUN_DIRECTORY_PATH_SIZE];

    for (run.page->run_suffix = first; run.page->run_suffix < SUFFIX_MAX; run.page->run_suffix++) {
        struct text text = text_in(buffer, sizeof buffer);
        format_path(&text, "");
        if (text.cut)
            return -ENAMETOOLONG;
        const char *name = strrchr(buffer, '/') + 1;
        long r = raw_syscall3(SYS_mkdirat, base, name, 0700);
        if (r == -EEXIST && is_left_by_original(base, name))
            r = raw_syscall3(SYS_mkdirat, base, name, 0700);
        if (r == -EEXIST)
            continue;
        int error = r < 0 ? (int)r : note_made(base, name);
        if (r == 0 && (error == -EMFILE || error == -ENFILE)) /* it is ours, and stays empty */
            kernel_unlinkat(base, name, AT_REMOVEDIR);
        return error;
    }
    return -EEXIST;
}

static long make_directory(const char *path)
{
    struct stat status;
    long made = raw_syscall3(SYS_mkdirat, AT_FDCWD, path, 0777);
    int fd = made == 0 ? open_to_find(AT_FDCWD, path, O_DIRECTORY, &status) : -1;

    if (fd >= 0) {
        give_to_owner(fd, &status);
        kernel_close(fd);
    }
    return made;
}

/* Makes the directories that lead to DIR, and DIR. Returns 0 where DIR was made, or -errno. */
static long make_path(void)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    long made = make_directory(run.base_directory);

    made_length = made == 0 ? strlen(run.base_directory) : 0;
    if (made != -ENOENT)
        return made;
    strcpy(path, run.base_directory); /* NOLINT: of the same size */
    for (size_t i = 1; made == 0 || made == -EEXIST || made == -ENOENT; i++) {
        char byte = path[i];
        if (byte != '/' && byte != '\0')
            continue;
        path[i] = '\0';
        made = make_directory(path);
        if (made == 0 && made_length == 0)
            made_length = i;
        if (byte == '\0')
            break;
        path[i] = byte;
    }
    return made;
}

static void remove_made(void)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    size_t length = strlen(run.base_directory);

    strcpy(path, run.base_directory); /* NOLINT: of the same size */
    for (; made_length != 0 && length >= made_length; length--)
        if (path[length] == '/' || path[length] == '\0') {
            path[length] = '\0';
            kernel_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
        }
    made_length = 0;
}

int run_directory_make(void)
{
    long made = make_path();

    if (made < 0 && made != -EEXIST) {
        remove_made();
        return (int)made;
    }
    int base = open_base(made == 0);
    int r = base < 0 ? base : make_below(base, 0);
    kernel_close(base);
    if (r < 0)
        remove_made();
    return r;
}

/* Where the segments of several have theirs: there is one, made by who asks for them. */
static int open_segments(int directory, struct text *path)
{
    char name[SEGMENTS_NAME_SIZE];

    text_print(name, sizeof name, "replay-%u", run.page->segment.replay);
    text_format(path, "/%s", name);
    return kernel_openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

int run_directory_make_below(void)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    struct text text = text_in(path, sizeof path);
    const int directory = run_directory_take();

    if (directory < 0)
        return directory;
    run_directory_present_path(&text, "");
    const int base = run.page->segment.number != 0 ? open_segments(directory, &text) : directory;
    memcpy(run.base_directory, path, sizeof run.base_directory);
    is_below = true;
    int r = base < 0 ? base : make_below(base, 1);
    if (base != directory)
        kernel_close(base);
    if (directory != pinned_fd)
        kernel_close(pinned_fd);
    kernel_close(directory);
    pinned_fd = -1;
    return r;
}

void run_directory_unmake(void)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    struct text text = text_in(path, sizeof path);

    format_path(&text, "");
    kernel_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
    remove_made();
    run.page->run_suffix = 0;
}

/* By the first directory on the way to DIR that is there already, from its end. */
int run_directory_check(void)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    struct statfs system;
    long r = -ENOENT;

    strcpy(path, run.base_directory); /* NOLINT: of the same size */
    for (size_t length = strlen(path); r == -ENOENT && length > 0; length--)
        if (path[length] == '/' || path[length] == '\0') {
            path[length] = '\0';
            r = kernel_access(path, W_OK | X_OK);
        }
    if (r == -ENOENT)
        r = kernel_access(strcpy(path, "/"), W_OK | X_OK);
    if (r == 0 && raw_syscall2(SYS_statfs, path, &system) == 0 && system.f_blocks > 0 && system.f_bavail == 0)
        r = -ENOSPC;
    return (int)r;
}

int64_t run_directory_size(const char *name)
{
    int directory = run_directory_take();
    struct stat file;

    if (directory < 0)
        return directory;
    int r = kernel_fstatat(directory, name, &file, AT_SYMLINK_NOFOLLOW);
    run_directory_leave(directory);
    return r < 0 ? r : file.st_size;
}

void run_directory_remove(const char *name)
{
    int directory = run_directory_take();

    if (directory >= 0)
        kernel_unlinkat(directory, name, 0);
    run_directory_leave(directory);
}

int run_directory_rename(const char *name, const char *to)
{
    int directory = run_directory_take();
    int r = directory < 0 ? directory : (int)raw_syscall4(SYS_renameat, directory, name, directory, to);

    run_directory_leave(directory);
    return r;
}

int run_directory_open(const char *name, int flags)
{
    int directory = run_directory_take();
    int fd = directory < 0 ? directory : kernel_openat(directory, name, flags | O_CLOEXEC, 0600);

    run_directory_leave(directory);
    return fd;
}

int run_directory_reserve(size_t size)
{
    int fd = run_directory_open(".", O_WRONLY | O_TMPFILE);

    if (fd >= 0)
        raw_syscall4(SYS_fallocate, fd, 0, 0, size);
    return fd;
}

int run_directory_create(const char *name)
{
    int fd = run_directory_open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);

    if (fd >= 0)
        kernel_fchmod(fd, 0600); /* whatever the umask */
    return fd;
}

static int write_whole(int fd, const struct text *contents)
{
    long r = kernel_write(fd, contents->bytes, contents->length);

    return r < 0 ? (int)r : (size_t)r < contents->length ? -ENOSPC : 0;
}

int run_directory_write(const char *name, const struct text *contents)
{
    int directory = run_directory_take();

    if (directory < 0)
        return directory;
    int fd = run_directory_create(NEW_NAME);
    int r = fd < 0 ? fd : write_whole(fd, contents);
    kernel_close(fd);
    if (r == 0)
        r = run_directory_rename(NEW_NAME, name);
    if (r < 0 && fd >= 0)
        kernel_unlinkat(directory, NEW_NAME, 0);
    run_directory_leave(directory);
    return r;
}
