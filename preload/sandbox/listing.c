/* SPDX-License-Identifier: MIT */
/* See listing.h. Names that the user does not have there come at the end. */
#define _GNU_SOURCE
#include "sandbox/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd_name.h"
#include "base/kernel.h"
#include "base/signal_mask.h"
#include "base/text.h"
#include "restore/private_files.h"
#include "run/run.h"
#include "sandbox/place.h"
#include "sandbox/removed_directory.h"

#define NUMBERS_MAX 1024u

static struct place place;
static size_t next[NUMBERS_MAX]; /* by descriptor: of the names that are added; a list begins with others */
static char directory[PATH_MAX], path[2 * PATH_MAX];

static const char *join(const char *name)
{
    text_print(path, sizeof path, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, name);
    return path;
}

/* Somebody who lists it again and again while no eval passes waits for another process to make something. */
static bool is_awaited(bool begins)
{
    static uint64_t last_eval;
    static unsigned looks;
    uint64_t eval = run.hooks->evals();

    looks = eval != last_eval ? 0 : looks + begins;
    last_eval = eval;
    return looks > PLACE_LOOKS_MAX;
}

static bool is_made_later(int fd, const char *name)
{
    struct statx status;

    return (int)raw_syscall5(SYS_statx, fd, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &status) == 0 &&
           place_is_made_later(join(name), &status);
}

static bool is_users(int fd, const char *name, bool shows_all)
{
    return names_find(&place_names, join(name)) == NULL && (shows_all || !is_made_later(fd, name));
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_begin(const char *entries)
{
    return is_dot(((const struct dirent64 *)(const void *)entries)->d_name);
}

/* What is in the table comes at the end. fd: -1: nothing of the disk is in it. */
static ssize_t take_others_out(int fd, char *entries, ssize_t length, bool shows_all)
{
    ssize_t kept = 0;

    for (ssize_t at = 0; at < length;) {
        const struct dirent64 *entry = (const struct dirent64 *)(void *)(entries + at);
        const unsigned short size = entry->d_reclen;

        if (is_dot(entry->d_name) || (fd >= 0 && is_users(fd, entry->d_name, shows_all))) {
            memmove(entries + kept, entries + at, size);
            kept += size;
        }
        at += size;
    }
    return kept;
}

/* NULL: it is not in this directory. */
static const char *name_in(const char *whole)
{
    const char *slash = strrchr(whole, '/');
    size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

    return slash != NULL && (size_t)(slash - whole) == length && strncmp(whole, directory, length) == 0
               ? slash + 1
               : NULL;
}

/* What it is for getdents(); 0: nothing that is to be added. */
static unsigned char type_of(const struct name *name, const char *last)
{
    if (last == NULL || name->kind == NAME_GONE || name->kind == NAME_NOTHING ||
        place_find(&place, AT_FDCWD, (long)name->path, false) < 0)
        return 0;
    switch (place.kind) {
    case PLACE_PRIVATE:
        return DT_REG;
    case PLACE_DIRECTORY:
        return DT_DIR;
    case PLACE_LINK:
        return DT_LNK;
    case PLACE_REAL:
        return (unsigned char)IFTODT(place.real.stx_mode);
    default:
        return 0;
    }
}

/* As describe_private() of overlay_look.c and the like tell it, but for what was made. */
static uint64_t number_of(const struct name *name)
{
    struct stat file;

    if (place.kind == PLACE_PRIVATE && kernel_fstat(place.fd, &file) == 0) {
        private_file_original(&file.st_dev, &file.st_ino);
        return file.st_ino;
    }
    return place.kind == PLACE_REAL ? place.real.stx_ino : (uint64_t)(uintptr_t)name;
}

/* Returns how many bytes it takes; 0: there is no room. */
static size_t put(char *to, size_t room, int fd, const struct name *name, const char *last,
                  unsigned char type)
{
    struct dirent64 entry = {
        .d_ino = number_of(name), .d_off = kernel_lseek(fd, 0, SEEK_CUR), .d_type = type};
    const size_t head = offsetof(struct dirent64, d_name), length = strlen(last) + 1;
    const size_t size = (head + length + 7) / 8 * 8;

    if (size > room)
        return 0;
    entry.d_reclen = (unsigned short)size;
    memset(to, 0, size);
    memcpy(to, &entry, head);
    memcpy(to + head, last, length);
    return size;
}

static ssize_t add_others(int fd, char *entries, size_t room)
{
    size_t used = 0;

    for (; next[fd] < place_names.count; next[fd]++) {
        const struct name *name = names_at(&place_names, next[fd]);
        const char *last = name_in(name->path);
        const unsigned char type = type_of(name, last);
        const size_t size = type == 0 ? 0 : put(entries + used, room - used, fd, name, last, type);

        if (type != 0 && size == 0)
            break;
        used += size;
    }
    return (ssize_t)used;
}

static ssize_t change(int fd, char *entries, size_t size, ssize_t length)
{
    static char real[PATH_MAX];

    const char *stood_for = removed_directory_of(fd);

    if (stood_for == NULL && fd_name_read(fd, real, sizeof real) <= 0)
        return length;
    names_seen_as(&place_names, stood_for != NULL ? stood_for : real, directory);
    if (length == 0)
        return add_others(fd, entries, size);
    next[fd] = 0;
    const bool shows_all = is_awaited(is_begin(entries));
    return take_others_out(stood_for != NULL ? -1 : fd, entries, length, shows_all);
}

ssize_t listing_change(int fd, char *entries, size_t size, ssize_t length)
{
    if (length < 0 || fd < 0 || (unsigned)fd >= NUMBERS_MAX)
        return length;
    uint64_t mask = signal_mask_block_all();
    place_lock();
    length = change(fd, entries, size, length);
    place_unlock();
    signal_mask_restore(mask);
    return length;
}
