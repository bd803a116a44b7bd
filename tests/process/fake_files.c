/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: files, in the ways that testbenches use them. Streams and descriptors have a
 * digit; what is read is said. */
#define _GNU_SOURCE
#include "fake_files.h"
#include "fake_steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int fake_fds[FAKE_SLOTS];
static FILE *streams[FAKE_SLOTS];
static DIR *directory;

const char *fake_field(const char **argument)
{
    static char fields[4][200];
    static unsigned next;
    char *to = fields[next++ % 4];
    size_t length = strcspn(*argument, ":");

    snprintf(to, sizeof fields[0], "%.*s", (int)length, *argument);
    *argument += length + ((*argument)[length] == ':');
    return to;
}

unsigned fake_slot(const char **argument)
{
    return (unsigned)fake_number(fake_field(argument)) % FAKE_SLOTS;
}

void fake_expect(int good, const char *what)
{
    if (!good)
        fake_give_up("fake: %s: %s", what, strerrorname_np(errno));
}

/* --- streams --- */

static void do_fopen(const char *argument)
{
    unsigned at = fake_slot(&argument);
    char mode[8];

    snprintf(mode, sizeof mode, "%s", fake_field(&argument));
    if (strchr(mode, 'u') != NULL)
        *strchr(mode, 'u') = '+'; /* which stands between steps */
    streams[at] = fopen(argument, mode);
    fake_expect(streams[at] != NULL, argument);
}

static void do_fgets(const char *argument)
{
    char line[256];
    unsigned at = fake_slot(&argument);

    if (fgets(line, sizeof line, streams[at]) == NULL)
        fake_say("%u: end", at);
    else
        fake_say("%u: %.*s", at, (int)strcspn(line, "\n"), line);
}

static void do_fputs(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fprintf(streams[at], "%s\n", argument);
}

static void do_fseek(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_expect(fseek(streams[at], fake_number(argument), SEEK_SET) == 0, "fseek");
}

static void do_ftell(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_say("%u: at %ld", at, ftell(streams[at]));
}

static void do_fflush(const char *argument)
{
    fake_expect(fflush(streams[fake_slot(&argument)]) == 0, "fflush");
}

static void do_fclose(const char *argument)
{
    fake_expect(fclose(streams[fake_slot(&argument)]) == 0, "fclose");
}

/* --- descriptors --- */

static int flags_of(const char *letters)
{
    int flags = strchr(letters, '+') != NULL || strchr(letters, 'm') != NULL ? O_RDWR
                : strchr(letters, 'w') != NULL                               ? O_WRONLY
                                                                             : O_RDONLY;

    flags |= strchr(letters, 'a') != NULL ? O_APPEND : 0;
    flags |= strchr(letters, 'c') != NULL ? O_CREAT : 0;
    flags |= strchr(letters, 't') != NULL ? O_TRUNC : 0;
    flags |= strchr(letters, 'e') != NULL ? O_CLOEXEC : 0;
    flags |= strchr(letters, 'n') != NULL ? O_NONBLOCK : 0;
    flags |= strchr(letters, 'p') != NULL ? O_PATH : 0;
    return flags;
}

/* r, w or m (both), with a, c, t, e, n, p: open's flags. */
static void do_open(const char *argument)
{
    unsigned at = fake_slot(&argument);
    int flags = flags_of(fake_field(&argument));

    fake_fds[at] = open(argument, flags, 0600); /* NOLINT(android-cloexec-open): as told */
    fake_expect(fake_fds[at] >= 0, argument);
}

/* All of it, for this process. */
static void do_lock_slot(const char *argument)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    fake_expect(fcntl(fake_fds[fake_slot(&argument)], F_SETLK, &lock) == 0, "lock");
}

/* Whether another process has locked it. */
static void do_say_lock(const char *argument)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(argument, O_RDWR | O_CLOEXEC);

    fake_expect(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0, argument);
    fake_say("%s: %s", argument, lock.l_type == F_UNLCK ? "free" : "locked");
    close(fd);
}

static void do_read(const char *argument)
{
    char bytes[200] = "";
    unsigned at = fake_slot(&argument);
    ssize_t size = read(fake_fds[at], bytes, (size_t)fake_number(argument));

    if (size < 0)
        fake_say("%u: %s", at, strerrorname_np(errno));
    else
        fake_say("%u: %zd bytes: %s", at, size, bytes);
}

static void do_write(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_say("%u: wrote %zd", at, write(fake_fds[at], argument, strlen(argument)));
}

static void do_pwrite(const char *argument)
{
    unsigned at = fake_slot(&argument);
    long offset = fake_number(fake_field(&argument));

    fake_say("%u: wrote %zd", at, pwrite(fake_fds[at], argument, strlen(argument), offset));
}

/* Says nothing: what only the original does must not show in its output. */
static void do_poison(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_expect(pwrite(fake_fds[at], "POISON", 6, fake_number(argument)) == 6, "pwrite");
}

static void do_pread(const char *argument)
{
    char bytes[200] = "";
    unsigned at = fake_slot(&argument);
    long offset = fake_number(fake_field(&argument));
    ssize_t size = pread(fake_fds[at], bytes, (size_t)fake_number(argument), offset);

    fake_say("%u: %zd bytes: %s", at, size, bytes);
}

static void do_lseek(const char *argument)
{
    unsigned at = fake_slot(&argument);

    lseek(fake_fds[at], fake_number(argument), SEEK_SET);
}

static void do_ftruncate(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_expect(ftruncate(fake_fds[at], fake_number(argument)) == 0, "ftruncate");
}

static void do_dup(const char *argument)
{
    unsigned from = fake_slot(&argument);

    fake_fds[fake_slot(&argument)] = dup(fake_fds[from]); /* NOLINT(android-cloexec-dup) */
}

/* A number that was there from the start, or a slot's under it: 2:1 is dup2(slot 2, 1). */
static void do_dup_to(const char *argument)
{
    unsigned from = fake_slot(&argument);

    fake_expect(dup2(fake_fds[from], (int)fake_number(argument)) >= 0, "dup2");
}

static void do_take(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_fds[at] = (int)fake_number(argument);
}

static void do_close_slot(const char *argument)
{
    close(fake_fds[fake_slot(&argument)]);
}

/* SLOT:COUNT numbered lines. */
static void do_lines(const char *argument)
{
    char line[32];
    unsigned at = fake_slot(&argument);
    long count = fake_number(argument);

    for (long i = 0; i < count; i++) {
        int length = snprintf(line, sizeof line, "number %ld\n", i);
        fake_expect(write(fake_fds[at], line, (size_t)length) == length, "write");
    }
}

/* SLOT:SIZE bytes that are no text. */
static void do_fill(const char *argument)
{
    static const char bytes[4096] = {[7] = 'x'};
    unsigned at = fake_slot(&argument);

    for (long left = fake_number(argument); left > 0; left -= (long)sizeof bytes)
        fake_expect(write(fake_fds[at], bytes, sizeof bytes) == sizeof bytes, "write");
}

/* All that can be asked of a descriptor; not inodes and times, which differ from run to run. */
static void do_state(const char *argument)
{
    unsigned at = fake_slot(&argument);
    struct stat file = {.st_size = 0};
    int flags = fcntl(fake_fds[at], F_GETFL), closes = fcntl(fake_fds[at], F_GETFD);

    fstat(fake_fds[at], &file);
    fake_say("%u: flags %#x %d, at %lld, size %lld, mode %#o, block %ld, tty %d, seals %d", at,
             (unsigned)flags & ~0x8000u, closes, (long long)lseek(fake_fds[at], 0, SEEK_CUR),
             (long long)file.st_size, file.st_mode, (long)file.st_blksize, isatty(fake_fds[at]),
             fcntl(fake_fds[at], F_GET_SEALS));
}

static void do_memfd(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_fds[at] = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    fake_expect(fake_fds[at] >= 0, "memfd_create");
}

static void do_seal(const char *argument)
{
    unsigned at = fake_slot(&argument);

    fake_expect(fcntl(fake_fds[at], F_ADD_SEALS, fake_number(argument)) == 0, "F_ADD_SEALS");
}

/* --- the tree --- */

static void do_unlink(const char *argument)
{
    fake_expect(unlink(argument) == 0, argument);
}

static void do_rename(const char *argument)
{
    const char *from = fake_field(&argument);

    fake_expect(rename(from, argument) == 0, from);
}

static void do_truncate(const char *argument)
{
    const char *name = fake_field(&argument);

    fake_expect(truncate(name, fake_number(argument)) == 0, name);
}

/* Past libc, as another process would. */
static void do_cut(const char *argument)
{
    const char *name = fake_field(&argument);

    fake_expect(syscall(SYS_truncate, name, fake_number(argument)) == 0, name);
}

static void do_mkdir(const char *argument)
{
    fake_expect(mkdir(argument, 0700) == 0, argument);
}

/* NAME:WORDS, a line for each word. An existing file is written over. */
static void do_put(const char *argument)
{
    FILE *file = fopen(fake_field(&argument), "w");

    if (file == NULL) {
        fake_give_up("fake: put");
        return;
    }
    for (; *argument != '\0'; argument += strcspn(argument, " "), argument += *argument == ' ')
        fprintf(file, "%.*s\n", (int)strcspn(argument, " "), argument);
    fclose(file);
}

/* A file with so many numbered lines. */
static void do_put_many(const char *argument)
{
    FILE *file = fopen(fake_field(&argument), "w");
    long count = fake_number(argument);

    if (file == NULL) {
        fake_give_up("fake: put_many");
        return;
    }
    for (long i = 0; i < count; i++)
        fprintf(file, "line %ld\n", i);
    fclose(file);
}

static void do_opendir(const char *argument)
{
    directory = opendir(argument);
    fake_expect(directory != NULL, argument);
}

/* Files without content. */
static void do_put_files(const char *argument)
{
    char name[300];
    const char *where = fake_field(&argument);

    for (long i = fake_number(argument); i > 0; i--) {
        snprintf(name, sizeof name, "%s/file %ld with a long name", where, i);
        close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
}

/* All that are left; their order is the kernel's. */
static void do_count_entries(const char *argument)
{
    const struct dirent *entry;
    unsigned long count = 0, sum = 0;

    (void)argument;
    while ((entry = readdir(directory)) != NULL) {
        count++;
        for (const char *c = entry->d_name; *c != '\0'; c++)
            sum += (unsigned char)*c * count % 7;
    }
    fake_say("%lu entries, %lu", count, sum % 10);
}

static void do_readdir(const char *argument)
{
    for (long i = fake_number(argument); i > 0; i--) {
        const struct dirent *entry = readdir(directory);
        fake_say("entry %s", entry == NULL ? "none" : entry->d_name);
    }
}

/* How long the kernel's table of descriptors has become: who forks gets one as long. */
static void do_fd_table(const char *argument)
{
    char line[128];
    FILE *status = fopen("/proc/self/status", "re");

    (void)argument;
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "FDSize:", 7) == 0)
            fputs(line, stdout);
    if (status != NULL)
        fclose(status);
}

const struct fake_step fake_files[] = {
    {"fopen", do_fopen},
    {"next_line", do_fgets},
    {"fputs", do_fputs},
    {"fseek", do_fseek},
    {"ftell", do_ftell},
    {"fflush", do_fflush},
    {"fclose", do_fclose},
    {"open", do_open},
    {"lock_slot", do_lock_slot},
    {"say_lock", do_say_lock},
    {"fd_read", do_read},
    {"fd_write", do_write},
    {"pwrite", do_pwrite},
    {"lines", do_lines},
    {"fill", do_fill},
    {"poison", do_poison},
    {"pread", do_pread},
    {"lseek", do_lseek},
    {"ftruncate", do_ftruncate},
    {"dup", do_dup},
    {"dup_to", do_dup_to},
    {"take", do_take},
    {"close_slot", do_close_slot},
    {"state", do_state},
    {"memfd", do_memfd},
    {"seal", do_seal},
    {"unlink", do_unlink},
    {"rename", do_rename},
    {"truncate", do_truncate},
    {"cut", do_cut},
    {"mkdir", do_mkdir},
    {"put", do_put},
    {"put_many", do_put_many},
    {"opendir", do_opendir},
    {"put_files", do_put_files},
    {"count_entries", do_count_entries},
    {"readdir", do_readdir},
    {"fd_table", do_fd_table},
    {NULL, NULL},
};
