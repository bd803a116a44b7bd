/* SPDX-License-Identifier: MIT */
/* Steps that give files other names or take them away in less usual ways, and that look what is there. Two
 * names are separated by a comma. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char first[128], second[128];

static void split(const char *argument)
{
    const char *comma = strchr(argument, ',');

    if (comma != NULL) {
        snprintf(first, sizeof first, "%.*s", (int)(comma - argument), argument);
        snprintf(second, sizeof second, "%s", comma + 1);
        return;
    }
    fake_give_up("fake: two names are needed in %s", argument);
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* All names in a directory, sorted; but for the library's own. */
static void do_list(const char *argument)
{
    char *names[256], line[PATH_MAX] = "";
    const struct dirent *entry;
    size_t count = 0, length = 0;
    DIR *directory = opendir(argument);

    while (directory != NULL && (entry = readdir(directory)) != NULL && count < 256)
        if (*entry->d_name != '.' && strcmp(entry->d_name, "lightsss") != 0)
            names[count++] = strdup(entry->d_name);
    if (directory != NULL)
        closedir(directory);
    qsort(names, count, sizeof *names, compare);
    for (size_t i = 0; i < count; i++) {
        length += (size_t)snprintf(line + length, sizeof line - length, " %s", names[i]);
        free(names[i]);
    }
    fake_say("in %s:%s", argument, directory == NULL ? " no directory" : line);
}

static int remove_entry(const char *path, const struct stat *file, int type, struct FTW *walk)
{
    (void)file;
    (void)type;
    (void)walk;
    return remove(path);
}

/* With all that is in it. */
static void do_remove_all(const char *argument)
{
    fake_tell("remove_all", argument, nftw(argument, remove_entry, 8, FTW_DEPTH | FTW_PHYS));
}

/* By a directory that is open. */
static void do_move_at(const char *argument)
{
    int directory = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    split(argument);
    fake_tell("move_at", argument, renameat(directory, first, AT_FDCWD, second));
    close(directory);
}

static void do_move_flags(const char *argument)
{
    split(argument);
    fake_tell("no_replace", argument, renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_NOREPLACE));
}

/* Says nothing: a replay cannot do it. */
static void do_exchange(const char *argument)
{
    split(argument);
    if (renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) != 0)
        fake_give_up("fake: %s: %s", argument, strerrorname_np(errno));
}

static void do_plain_move(const char *argument)
{
    split(argument);
    fake_tell("plain_move", argument, renameat2(AT_FDCWD, first, AT_FDCWD, second, 0));
}

/* By libc's syscall(). */
static void do_call_move(const char *argument)
{
    split(argument);
    fake_tell("call_move", argument, syscall(SYS_renameat, AT_FDCWD, first, AT_FDCWD, second));
}

static void do_call_remove(const char *argument)
{
    fake_tell("call_remove", argument, syscall(SYS_unlinkat, AT_FDCWD, argument, 0));
}

static void do_any_remove(const char *argument)
{
    fake_tell("any_remove", argument, remove(argument));
}

/* Where the kernel has no memory to read. */
static void do_bad_names(const char *argument)
{
    const char *nothing = (const char *)(uintptr_t)8;

    fake_tell("rename", "nothing", rename(nothing, argument));
    fake_tell("rename", "to nothing", rename(argument, nothing));
    fake_tell("unlink", "nothing", unlink(nothing));
    fake_tell("unlinkat", "a bad flag", unlinkat(AT_FDCWD, argument, 1));
    fake_tell("unlinkat", "no directory", unlinkat(9999, argument, 0));
    fake_tell("linkat", "nothing", linkat(AT_FDCWD, nothing, AT_FDCWD, argument, 0));
}

/* As long as that, of text. */
static void do_lengthen(const char *argument)
{
    static char block[65536];

    split(argument);
    memset(block, 'x', sizeof block);
    int fd = open(first, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (long left = strtol(second, NULL, 10); left > 0; left -= (long)sizeof block)
        if (write(fd, block, sizeof block) < 0)
            fake_give_up("fake: %s: %s", first, strerrorname_np(errno));
    close(fd);
}

/* Of its bytes. */
static void do_sum(const char *argument)
{
    static unsigned char block[65536];
    unsigned long sum = 0, size = 0;
    int fd = open(argument, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    while ((length = read(fd, block, sizeof block)) > 0) {
        for (ssize_t i = 0; i < length; i++)
            sum = sum * 31 + block[i];
        size += (unsigned long)length;
    }
    fake_say("sum of %s: %s %lu of %lu bytes", argument, fd < 0 ? "not there" : "done", sum, size);
    close(fd);
}

/* Who holds a lock on a file and removes one of its names still holds it, and a number that is free stays
 * free: asked by a child, which says so with its status. */
static void do_remove_locked(const char *argument)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int status = 0;

    split(argument);
    int fd = open(first, O_RDWR | O_CLOEXEC);
    fake_tell("lock", first, fcntl(fd, F_SETLK, &lock));
    fake_tell("remove", first, unlink(first));
    int next = dup(fd);
    fake_say("next number: %d above", next - fd);
    pid_t child = fork();
    if (child == 0) {
        fd = open(second, O_RDWR | O_CLOEXEC);
        lock.l_type = F_WRLCK;
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 3 : 4);
    }
    waitpid(child, &status, 0);
    fake_say("%s is %s", second, WEXITSTATUS(status) == 3 ? "locked" : "free");
    close(next);
    close(fd);
}

/* Who closes a file gives up its lock and its lease, whatever name was removed just before. */
static void do_remove_and_lock(const char *argument)
{
    split(argument);
    int fd = open(first, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    fake_tell("lock", first, flock(fd, LOCK_EX | LOCK_NB));
    fake_tell("remove", second, unlink(second));
    close(fd);
    fd = open(first, O_RDONLY | O_CLOEXEC);
    fake_tell("lease", first, fcntl(fd, F_SETLEASE, F_RDLCK));
    fake_tell("lock again", first, flock(fd, LOCK_EX | LOCK_NB));
    close(fd);
}

static const char *to_remove;
static volatile int removed;

static void on_small_stack(int signal)
{
    (void)signal;
    removed = unlink(to_remove);
}

/* A handler that has 4 KiB of stack, and what the kernel puts there. */
static void do_remove_in_handler(const char *argument)
{
    const size_t guard = 65536, size = ((size_t)sysconf(_SC_MINSIGSTKSZ) + 4096 + 15) / 16 * 16;
    char *memory =
        mmap(NULL, guard + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    const stack_t stack = {.ss_sp = memory + guard, .ss_size = size}, none = {.ss_flags = SS_DISABLE};
    struct sigaction action = {.sa_handler = on_small_stack, .sa_flags = SA_ONSTACK}, before;

    if (memory == MAP_FAILED || mprotect(memory, guard, PROT_NONE) != 0 || sigaltstack(&stack, NULL) != 0)
        fake_give_up("fake: no stack: %s", strerrorname_np(errno));
    to_remove = argument;
    sigaction(SIGURG, &action, &before);
    raise(SIGURG);
    sigaction(SIGURG, &before, NULL);
    sigaltstack(&none, NULL);
    fake_tell("remove in a handler", argument, removed);
}

static long failures, first_failure;

static void must(bool is_right, long i, int what)
{
    if (!is_right && failures++ == 0)
        first_failure = i * 10 + what;
}

static void make_new(long i)
{
    int fd = open("often.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    must(fd >= 0 && write(fd, "often", 5) == 5, i, 5);
    close(fd);
    must(rename("often.new", "often") == 0, i, 6);
    unlink("often.1");
}

/* To and fro, so often, and now and then replaced by a new one, or removed and made anew. */
static void do_move_often(const char *argument)
{
    const long often = strtol(argument, NULL, 10);
    char byte;

    for (long i = 0; i < often; i++) {
        must(rename("often", "often.1") == 0, i, 1);
        int fd = open("often.1", O_RDONLY | O_CLOEXEC);
        must(read(fd, &byte, 1) == 1 && byte == 'o', i, 2);
        close(fd);
        must(access("often", F_OK) != 0, i, 3);
        if (i % 4 == 1)
            must(unlink("often.1") == 0, i, 4);
        if (i % 4 != 0)
            make_new(i);
        else
            must(rename("often.1", "often") == 0, i, 7);
    }
    fake_say("often: %ld failed, first %ld", failures, first_failure);
}

const struct fake_step fake_moves[] = {
    {"list", do_list},
    {"remove_all", do_remove_all},
    {"move_at", do_move_at},
    {"no_replace", do_move_flags},
    {"exchange", do_exchange},
    {"plain_move", do_plain_move},
    {"call_move", do_call_move},
    {"call_remove", do_call_remove},
    {"any_remove", do_any_remove},
    {"bad_names", do_bad_names},
    {"lengthen", do_lengthen},
    {"sum", do_sum},
    {"remove_and_lock", do_remove_and_lock},
    {"remove_in_handler", do_remove_in_handler},
    {"remove_locked", do_remove_locked},
    {"move_often", do_move_often},
    {NULL, NULL},
};
