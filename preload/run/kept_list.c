/* SPDX-License-Identifier: MIT */
/* See kept_list.h. A copy is made beside what is there, and then takes its place: a kill leaves one of the
 * two. */
#define _GNU_SOURCE
#include "run/kept_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd_name.h"
#include "base/file_copy.h"
#include "base/kernel.h"
#include "base/text.h"
#include "run/file_shares.h"
#include "run/run.h"
#include "run/run_directory.h"

#define FOLDER    "files"
#define NEW_NAME  FOLDER "/.lightsss.new"
#define NAME_ROOM 16     /* for a number */
#define LINE_SIZE 65536u /* a line that is longer is cut */

/* --- the list --- */

static struct shared_files *list(void)
{
    return &run.page->files;
}

unsigned kept_list_count(void)
{
    return list()->count < SHARED_FILES_MAX ? list()->count : SHARED_FILES_MAX;
}

static struct shared_file *at(unsigned place)
{
    return &list()->list[place];
}

/* A replay that went wild may have written anything there. */
const char *kept_list_path(unsigned place)
{
    uint32_t begin = at(place)->path;

    if (begin >= SHARED_FILES_POOL || memchr(list()->pool + begin, '\0', SHARED_FILES_POOL - begin) == NULL)
        return NULL;
    const char *path = list()->pool + begin;
    return *path == '/' && *(strrchr(path, '/') + 1) != '\0' ? path : NULL;
}

enum file_kept kept_list_kept(unsigned place)
{
    uint32_t kept = at(place)->kept;

    return kept_list_path(place) == NULL || kept > KEPT_END ? KEPT_NOTHING : (enum file_kept)kept;
}

static void format_name(char name[KEPT_LIST_NAME_SIZE], const char *path, unsigned number)
{
    const char *base = strrchr(path, '/') + 1;

    if (number <= 1)
        text_print(name, KEPT_LIST_NAME_SIZE, FOLDER "/%s", base);
    else
        text_print(name, KEPT_LIST_NAME_SIZE, FOLDER "/%.*s-%u", NAME_MAX - NAME_ROOM, base, number);
}

void kept_list_name(char name[KEPT_LIST_NAME_SIZE], unsigned place)
{
    const char *path = kept_list_path(place);

    format_name(name, path != NULL ? path : "/?", at(place)->number);
}

static bool is_taken(const char *name)
{
    char other[KEPT_LIST_NAME_SIZE];

    for (unsigned i = 0; i < kept_list_count(); i++) {
        kept_list_name(other, i);
        if (strcmp(name, other) == 0)
            return true;
    }
    return strcmp(name, NEW_NAME) == 0;
}

static uint32_t free_number(const char *path)
{
    char name[KEPT_LIST_NAME_SIZE];
    uint32_t number = 0;

    do
        format_name(name, path, ++number);
    while (is_taken(name));
    return number;
}

/* One that was there before, under the same name, as its temporary file comes and goes. */
static int find_unused(const char *path)
{
    for (unsigned i = 0; i < kept_list_count(); i++)
        if (at(i)->kept == KEPT_NOTHING && kept_list_path(i) != NULL && strcmp(kept_list_path(i), path) == 0)
            return (int)i;
    return -ENOENT;
}

int kept_list_add(const char *path)
{
    struct shared_files *files = list();
    size_t size = strlen(path) + 1;
    int known = find_unused(path);

    if (known >= 0)
        return known;
    if (files->count >= SHARED_FILES_MAX || size > SHARED_FILES_POOL - files->used)
        return -ENOSPC;
    struct shared_file *file = &files->list[files->count];
    file->number = free_number(path);
    file->kept = KEPT_NOTHING;
    file->path = files->used;
    memcpy(files->pool + files->used, path, size);
    files->used += (uint32_t)size;
    return (int)files->count++;
}

/* --- its files --- */

/* Whatever the umask. */
static void make_folder(int directory)
{
    if (raw_syscall3(SYS_mkdirat, directory, FOLDER, 0700) == 0)
        raw_syscall3(SYS_fchmodat, directory, FOLDER, 0700);
}

static int change_name(int directory, const char *from, unsigned place)
{
    char name[KEPT_LIST_NAME_SIZE];

    kept_list_name(name, place);
    return (int)raw_syscall4(SYS_renameat, directory, from, directory, name);
}

int kept_list_link(unsigned place, int fd)
{
    char name[KEPT_LIST_NAME_SIZE];
    int directory = run_directory_take();

    if (directory < 0)
        return directory;
    make_folder(directory);
    kept_list_name(name, place);
    at(place)->kept = KEPT_WHOLE;
    int r = (int)raw_syscall5(SYS_linkat, AT_FDCWD, fd_name(fd).path, directory, name, AT_SYMLINK_FOLLOW);
    run_directory_leave(directory);
    if (r < 0)
        at(place)->kept = KEPT_NOTHING;
    return r;
}

static int write_copy(int to, int fd, uint64_t begin, uint64_t size)
{
    int r = begin == 0 ? file_copy_whole(to, fd, size) : file_copy_end(to, fd, begin, size);

    return r < 0 ? r : kernel_ftruncate(to, (off_t)(size - begin));
}

/* It is noted before it is there: what is there and not noted nobody would find. */
static int put_in_place(int directory, unsigned place, enum file_kept kept)
{
    const uint32_t before = at(place)->kept;

    at(place)->kept = kept;
    int r = change_name(directory, NEW_NAME, place);
    if (r < 0)
        at(place)->kept = before;
    return r;
}

/* A copy of what is behind `begin`, in the place of what is there. */
static int copy(unsigned place, int fd, uint64_t begin, uint64_t size)
{
    int directory = run_directory_take();

    if (directory < 0)
        return directory;
    make_folder(directory);
    int to = run_directory_create(NEW_NAME);
    int r = to < 0 ? to : write_copy(to, fd, begin, size);
    kernel_close(to);
    if (r == 0)
        r = put_in_place(directory, place, begin == 0 ? KEPT_WHOLE : KEPT_END);
    if (r < 0 && to >= 0)
        kernel_unlinkat(directory, NEW_NAME, 0);
    run_directory_leave(directory);
    return r;
}

int kept_list_copy(unsigned place, int fd, uint64_t size)
{
    return copy(place, fd, 0, size);
}

/* Where the line begins that is the first to be whole from there on. */
static uint64_t find_line(int fd, uint64_t place, uint64_t size)
{
    char bytes[KEPT_LIST_LOOK_SIZE];
    const uint64_t from = place - 1;

    for (uint64_t done = 0; done < LINE_SIZE && from + done < size;) {
        long r = kernel_pread(fd, bytes, sizeof bytes, (off_t)(from + done));
        if (r <= 0)
            break;
        const char *end = memchr(bytes, '\n', (size_t)r);
        if (end != NULL) {
            uint64_t line = from + done + (uint64_t)(end - bytes) + 1;
            return line < size ? line : place;
        }
        done += (uint64_t)r;
    }
    return place;
}

int kept_list_copy_end(unsigned place, int fd, uint64_t size, uint64_t bytes)
{
    if (bytes >= size)
        return kept_list_copy(place, fd, size);
    return copy(place, fd, find_line(fd, size - bytes, size), size);
}

int kept_list_move(unsigned from, unsigned to)
{
    char name[KEPT_LIST_NAME_SIZE];
    int directory = run_directory_take();

    if (directory < 0)
        return directory;
    kept_list_name(name, from);
    int r = change_name(directory, name, to);
    run_directory_leave(directory);
    if (r == 0) {
        at(to)->kept = at(from)->kept;
        at(from)->kept = KEPT_NOTHING;
    }
    return r;
}

void kept_list_drop(unsigned place)
{
    char name[KEPT_LIST_NAME_SIZE];

    if (kept_list_kept(place) == KEPT_NOTHING)
        return;
    kept_list_name(name, place);
    run_directory_remove(name);
    at(place)->kept = KEPT_NOTHING;
}

static bool has_zero(int fd, uint64_t place)
{
    char bytes[KEPT_LIST_LOOK_SIZE];
    long r = kernel_pread(fd, bytes, sizeof bytes, (off_t)place);

    return r > 0 && memchr(bytes, '\0', (size_t)r) != NULL;
}

bool kept_list_is_text(int fd, uint64_t size)
{
    return !has_zero(fd, 0) && !has_zero(fd, size > KEPT_LIST_LOOK_SIZE ? size - KEPT_LIST_LOOK_SIZE : 0);
}

/* --- before and behind a replay --- */

static void remove_folder(void)
{
    int directory = run_directory_take();

    if (directory < 0)
        return;
    kernel_unlinkat(directory, NEW_NAME, 0);
    kernel_unlinkat(directory, FOLDER, AT_REMOVEDIR);
    run_directory_leave(directory);
}

void kept_list_clear(void)
{
    if (list()->count == 0)
        return;
    for (unsigned i = 0; i < kept_list_count(); i++)
        kept_list_drop(i);
    remove_folder();
    list()->count = list()->used = 0;
}

static int open_kept(unsigned place, struct stat *file)
{
    char name[KEPT_LIST_NAME_SIZE];

    if (kept_list_kept(place) == KEPT_NOTHING)
        return -ENOENT;
    kept_list_name(name, place);
    int fd = run_directory_open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || kernel_fstat(fd, file) < 0 || !S_ISREG(file->st_mode)) {
        kernel_close(fd);
        return -ENOENT;
    }
    return fd;
}

uint64_t kept_list_taken_bytes(const struct stat *file)
{
    uint64_t blocks = (uint64_t)file->st_blocks * 512u, size = (uint64_t)file->st_size;

    return blocks < size ? blocks : size;
}

/* Returns whether it may stay. */
static bool settle_one(unsigned place, int fd, const struct stat *file, uint64_t granted)
{
    if (granted == FILE_SHARES_WHOLE) {
        kernel_fchmod(fd, 0600); /* where the filesystem has modes */
        return true;
    }
    return granted > 0 && kept_list_copy_end(place, fd, (uint64_t)file->st_size, granted) == 0;
}

static void settle(const struct file_share *shares, unsigned count)
{
    struct stat file;

    for (unsigned i = 0; i < count; i++) {
        int fd = open_kept(i, &file);
        if (fd < 0 || !settle_one(i, fd, &file, shares[i].granted))
            kept_list_drop(i);
        kernel_close(fd);
    }
}

void kept_list_settle(void)
{
    static struct file_share shares[SHARED_FILES_MAX];
    unsigned count = kept_list_count();
    struct stat file;

    if (list()->count == 0)
        return;
    for (unsigned i = 0; i < count; i++) {
        int fd = open_kept(i, &file);
        shares[i] = (struct file_share){0};
        if (fd >= 0)
            shares[i] = (struct file_share){
                .bytes = kept_list_taken_bytes(&file),
                .may_be_cut = kept_list_is_text(fd, (uint64_t)file.st_size),
            };
        kernel_close(fd);
    }
    file_shares_divide(shares, count, run.options.files_bytes);
    settle(shares, count);
    remove_folder();
}
