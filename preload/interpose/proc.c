/* SPDX-License-Identifier: MIT */
/* What the simulator sees of its snapshots in /proc: nothing. They must be its children, because the kernel
 * tells only children of their parent's death, and lets only the parent reap them. So they are left out where
 * children are listed: in /proc/PID/task/TID/children and in /proc itself. A replay does not see them either,
 * nor itself among them. */
#define _GNU_SOURCE
#include "interpose/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/text.h"
#include "base/user_memory.h"
#include "interpose/libc_hook.h"
#include "record/identity.h"
#include "run/role.h"
#include "sandbox/listing.h"
#include "sandbox/sandbox.h"
#include "snapshot/keeper.h"

#define PROC_ROOT_INODE 1 /* PROC_ROOT_INO of the kernel */
#define NUMBER_SIZE     12

static ssize_t (*libc_getdents)(int fd, void *entries, size_t size);

static bool is_in_proc(int fd)
{
    struct statfs found;

    return raw_syscall2(SYS_fstatfs, fd, &found) == 0 && found.f_type == PROC_SUPER_MAGIC;
}

/* --- the list of children --- */

/* Numbers, each with a space behind it. Returns whether one was left out, and false after any error. */
static bool copy_without_snapshots(int from, int to)
{
    char buffer[1024], number[NUMBER_SIZE];
    size_t length = 0;
    bool left_out = false;
    int pid = 0;
    long size;

    while ((size = kernel_read(from, buffer, sizeof buffer)) > 0)
        for (long i = 0; i < size; i++) {
            bool is_digit = buffer[i] >= '0' && buffer[i] <= '9';

            if (length == sizeof number)
                return false;
            number[length++] = buffer[i];
            if (is_digit) {
                pid = pid * 10 + (buffer[i] - '0');
                continue;
            }
            if (keeper_is_snapshot(pid))
                left_out = true;
            else if (kernel_write(to, number, length) != (long)length)
                return false;
            length = 0;
            pid = 0;
        }
    return left_out && size == 0 && length == 0;
}

/* Puts a file with the true children under the descriptor's number. */
static void leave_out_snapshots(int fd)
{
    int flags = kernel_fcntl(fd, F_GETFD, 0);
    int list = kernel_memfd_create("children", MFD_CLOEXEC);

    if (list < 0)
        return;
    if (copy_without_snapshots(fd, list)) {
        kernel_lseek(list, 0, SEEK_SET);
        kernel_dup3(list, fd, (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    } else {
        kernel_lseek(fd, 0, SEEK_SET);
    }
    kernel_close(list);
}

void proc_opened(int fd, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (strcmp(slash != NULL ? slash + 1 : path, "children") == 0 && is_in_proc(fd))
        leave_out_snapshots(fd);
}

const char *proc_true_path(const char *path, char buffer[PROC_PATH_SIZE])
{
    static const char tasks[] = "/proc/self/task/";
    char *rest;

    if (!identity_is_told() || user_memory_read(buffer, (long)path, 1) < 0 ||
        strncmp(path, tasks, strlen(tasks)) != 0)
        return path;
    long told = strtol(path + strlen(tasks), &rest, 10);
    pid_t tid = told > 0 && told <= INT_MAX ? identity_true_tid((pid_t)told) : 0;
    if (tid == 0 || tid == told || strlen(rest) > PROC_PATH_SIZE / 2)
        return path;
    text_print(buffer, PROC_PATH_SIZE, "%s%d%s", tasks, tid, rest);
    return buffer;
}

/* --- the list of processes --- */

static bool is_snapshot_entry(const struct dirent64 *entry)
{
    int pid = 0;

    for (const char *c = entry->d_name; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || c - entry->d_name >= NUMBER_SIZE - 2)
            return false;
        pid = pid * 10 + (*c - '0');
    }
    return pid != 0 && keeper_is_snapshot(pid);
}

static bool is_list_of_processes(int fd)
{
    struct stat found;

    return is_in_proc(fd) && kernel_fstat(fd, &found) == 0 && found.st_ino == PROC_ROOT_INODE;
}

/* Returns the bytes that are left. */
static ssize_t remove_snapshots(char *entries, ssize_t size)
{
    ssize_t kept = 0;

    for (ssize_t at = 0; at < size;) {
        const struct dirent64 *entry = (const struct dirent64 *)(void *)(entries + at);
        unsigned short length = entry->d_reclen;

        if (!is_snapshot_entry(entry)) {
            memmove(entries + kept, entries + at, length);
            kept += length;
        }
        at += length;
    }
    return kept;
}

static ssize_t on_getdents(int fd, void *entries, size_t size)
{
    ssize_t kept, length;

    do {
        length = kept = libc_getdents(fd, entries, size);
        if (length > 0 && is_list_of_processes(fd))
            kept = remove_snapshots(entries, length);
        else if (role_kind() == ROLE_REPLAY && sandbox_sees_names())
            kept = listing_change(fd, entries, size, length);
    } while (length > 0 && kept == 0); /* which would mean the end of the list */
    return kept;
}

static const struct libc_hook rows[] = {
    LIBC_HOOK("getdents64", on_getdents, libc_getdents),
};
const struct libc_hooks proc_hooks = LIBC_HOOKS(rows);
