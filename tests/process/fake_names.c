/* SPDX-License-Identifier: MIT */
/* Steps that do something to files by name. Each says how it went, so that what a replay saw can be compared
 * with what its original saw. Two names are separated by a comma. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

void fake_tell(const char *step, const char *argument, long result)
{
    fake_say("%s %s: %s", step, argument, result < 0 ? strerrorname_np(errno) : "done");
}

struct two {
    char first[128], second[128];
};

static struct two split(const char *argument)
{
    struct two two;
    const char *comma = strchr(argument, ',');

    if (comma != NULL) {
        snprintf(two.first, sizeof two.first, "%.*s", (int)(comma - argument), argument);
        snprintf(two.second, sizeof two.second, "%s", comma + 1);
        return two;
    }
    fake_give_up("fake: two names are needed in %s", argument);
}

/* --- opening --- */

static void write_to(const char *step, const char *argument, int flags)
{
    int fd = open(argument, flags | O_CLOEXEC, 0640);

    fake_tell(step, argument, fd < 0 ? -1 : write(fd, step, strlen(step)));
    close(fd);
}

static void do_write(const char *argument)
{
    write_to("write", argument, O_WRONLY | O_CREAT | O_TRUNC);
}

static void do_append(const char *argument)
{
    write_to("append", argument, O_WRONLY | O_CREAT | O_APPEND);
}

/* So many files, each with a byte in it. */
static void do_write_many(const char *argument)
{
    const long count = strtol(argument, NULL, 10);
    long made = 0;

    for (long i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "many.%ld", i);
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        made += fd >= 0 && write(fd, "x", 1) == 1;
        close(fd);
    }
    fake_say("%ld files made", made);
}

static void do_exclusive(const char *argument)
{
    write_to("exclusive", argument, O_RDWR | O_CREAT | O_EXCL);
}

static void do_existing(const char *argument)
{
    write_to("existing", argument, O_RDWR);
}

/* By an inlined call, past libc's functions. */
static void do_raw_write(const char *argument)
{
    long fd = syscall(SYS_openat, AT_FDCWD, argument, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    fake_tell("raw_write", argument, fd < 0 ? -1 : syscall(SYS_write, fd, "raw", 3));
    syscall(SYS_close, fd);
}

/* Says nothing: of a replay alone. */
static void do_sneak(const char *argument)
{
    long fd = syscall(SYS_openat, AT_FDCWD, argument, O_RDONLY | O_CREAT, 0600);

    syscall(SYS_close, fd);
    fd = syscall(SYS_openat, AT_FDCWD, argument, O_WRONLY | O_CREAT, 0600);
    syscall(SYS_write, fd, "mine", 4);
    syscall(SYS_close, fd);
}

static void do_stream(const char *argument)
{
    FILE *file = fopen(argument, "a+");

    fake_tell("stream", argument, file == NULL ? -1 : fprintf(file, "a line\n"));
    if (file != NULL)
        fclose(file);
}

static void do_read(const char *argument)
{
    char text[256] = "";
    int fd = open(argument, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    fake_say("read %s: %s \"%s\"", argument, length < 0 ? strerrorname_np(errno) : "done", text);
    close(fd);
}

static void do_tmpfile(const char *argument)
{
    FILE *file = tmpfile();
    char text[16] = "";

    (void)argument;
    if (file == NULL || fprintf(file, "kept") < 0 || fseek(file, 0, SEEK_SET) != 0 ||
        fgets(text, sizeof text, file) == NULL)
        fake_tell("tmpfile", "", -1);
    fake_say("tmpfile \"%s\"", text);
    if (file != NULL)
        fclose(file);
}

static void do_mkstemp(const char *argument)
{
    char name[64];

    snprintf(name, sizeof name, "%s.XXXXXX", argument);
    int fd = mkstemp(name);
    fake_tell("mkstemp", argument, fd < 0 ? -1 : write(fd, "x", 1));
    close(fd);
    fake_tell("rename", argument, rename(name, argument));
}

/* --- looking --- */

static void do_stat(const char *argument)
{
    struct stat file;

    if (lstat(argument, &file) != 0)
        fake_tell("stat", argument, -1);
    else
        fake_say("stat %s: mode %o links %lu size %ld", argument, file.st_mode,
                 S_ISDIR(file.st_mode) ? 0 : (unsigned long)file.st_nlink,
                 S_ISDIR(file.st_mode) ? 0 : (long)file.st_size);
}

static void do_access(const char *argument)
{
    fake_tell("access", argument, access(argument, R_OK | W_OK));
}

static void do_readlink(const char *argument)
{
    char text[128];
    ssize_t length = readlink(argument, text, sizeof text);

    fake_say("readlink %s: %.*s", argument, length < 0 ? 0 : (int)length, text);
}

/* --- names --- */

static void do_unlink(const char *argument)
{
    fake_tell("unlink", argument, unlink(argument));
}

static void do_rename(const char *argument)
{
    struct two names = split(argument);

    fake_tell("rename", argument, rename(names.first, names.second));
}

static void do_link(const char *argument)
{
    struct two names = split(argument);

    fake_tell("link", argument, link(names.first, names.second));
}

static void do_symlink(const char *argument)
{
    struct two names = split(argument);

    fake_tell("symlink", argument, symlink(names.first, names.second));
}

static void do_mkdir(const char *argument)
{
    fake_tell("mkdir", argument, mkdir(argument, 0750));
}

static void do_rmdir(const char *argument)
{
    fake_tell("rmdir", argument, rmdir(argument));
}

static void do_chdir(const char *argument)
{
    fake_tell("chdir", argument, chdir(argument));
}

/* By calls that take a name and no directory, which libc makes no more. */
static void do_old_calls(const char *argument)
{
#ifdef SYS_open
    const struct two names = split(argument);
    struct stat file = {.st_size = -1}, link = {.st_size = -1};
    long fd = syscall(SYS_creat, names.first, 0640);

    fake_tell("creat", names.first, fd);
    syscall(SYS_close, fd);
    fd = syscall(SYS_open, names.first, O_WRONLY | O_APPEND, 0);
    fake_tell("open", names.first, fd < 0 ? -1 : syscall(SYS_write, fd, "old", 3));
    syscall(SYS_close, fd);
    fake_tell("exclusive", names.first, syscall(SYS_open, names.first, O_WRONLY | O_CREAT | O_EXCL, 0600));
    fake_tell("symlink", names.second, syscall(SYS_symlink, names.first, names.second));
    fake_tell("stat", names.second, syscall(SYS_stat, names.second, &file));
    fake_tell("lstat", names.second, syscall(SYS_lstat, names.second, &link));
    fake_say("of them: %o %ld, %o %ld", file.st_mode, (long)file.st_size, link.st_mode, (long)link.st_size);
    fake_tell("utime", names.first, syscall(SYS_utime, names.first, NULL));
    fake_tell("utimes", names.first, syscall(SYS_utimes, names.first, NULL));
    fake_tell("utimes", "", syscall(SYS_utimes, "", NULL));
    fake_tell("utimes", "nothing", syscall(SYS_utimes, NULL, NULL));
    fake_tell("futimesat", names.first, syscall(SYS_futimesat, AT_FDCWD, names.first, NULL));
    fake_tell("unlink", names.first, syscall(SYS_unlink, names.first));
    fake_tell("chown", names.second, syscall(SYS_chown, names.second, getuid(), getgid()));
    fake_tell("lchown", names.second, syscall(SYS_lchown, names.second, getuid(), getgid()));
    fake_tell("mknod", names.first, syscall(SYS_mknod, names.first, S_IFREG | 0600, 0));
    fake_tell("access", names.second, syscall(SYS_access, names.second, R_OK | W_OK));
#else
    (void)argument;
#endif
}

/* --- changes --- */

static void do_truncate(const char *argument)
{
    fake_tell("truncate", argument, truncate(argument, 2));
}

static void do_chmod(const char *argument)
{
    fake_tell("chmod", argument, chmod(argument, 0600));
}

static void do_chown(const char *argument)
{
    fake_tell("chown", argument, chown(argument, getuid(), getgid()));
}

static void do_times(const char *argument)
{
    fake_tell("times", argument, utimes(argument, NULL));
}

/* The same by a descriptor that was opened to read only. */
static void do_change_read_only(const char *argument)
{
    int fd = open(argument, O_RDONLY | O_CLOEXEC);

    fake_tell("fchmod", argument, fchmod(fd, 0644));
    fake_tell("futimens", argument, futimens(fd, NULL));
    fake_tell("fchown", argument, fchown(fd, getuid(), getgid()));
    close(fd);
}

static void do_lock(const char *argument)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd = open(argument, O_RDONLY | O_CLOEXEC);

    fake_tell("lock", argument, fcntl(fd, F_SETLK, &lock));
    close(fd);
}

const struct fake_step fake_names[] = {
    {"write_name", do_write},
    {"append", do_append},
    {"exclusive", do_exclusive},
    {"existing", do_existing},
    {"raw_write", do_raw_write},
    {"sneak", do_sneak},
    {"stream", do_stream},
    {"read_name", do_read},
    {"tmpfile", do_tmpfile},
    {"mkstemp", do_mkstemp},
    {"stat", do_stat},
    {"access", do_access},
    {"readlink", do_readlink},
    {"remove", do_unlink},
    {"move", do_rename},
    {"link", do_link},
    {"symlink", do_symlink},
    {"make_directory", do_mkdir},
    {"rmdir", do_rmdir},
    {"chdir", do_chdir},
    {"old_calls", do_old_calls},
    {"shorten", do_truncate},
    {"chmod", do_chmod},
    {"chown", do_chown},
    {"set_times", do_times},
    {"change_read_only", do_change_read_only},
    {"lock", do_lock},
    {"write_many", do_write_many},
    {NULL, NULL},
};
