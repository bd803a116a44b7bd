/* SPDX-License-Identifier: MIT */
/* Steps of the fake simulator: files and other descriptors in the ways that testbenches use them. Streams and
 * descriptors have a digit; what is read is said. */
#define _GNU_SOURCE
#include "fake_steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#define SLOTS    10
#define MAP_SIZE 8192

static FILE *streams[SLOTS];
static int fds[SLOTS];
static char *maps[SLOTS];
static DIR *directory;

/* The next field of an argument, up to a colon. */
static const char *field(const char **argument)
{
    static char fields[4][200];
    static unsigned next;
    char *to = fields[next++ % 4];
    size_t length = strcspn(*argument, ":");

    snprintf(to, sizeof fields[0], "%.*s", (int)length, *argument);
    *argument += length + ((*argument)[length] == ':');
    return to;
}

static unsigned slot(const char **argument)
{
    return (unsigned)fake_number(field(argument)) % SLOTS;
}

static void expect(int good, const char *what)
{
    if (!good)
        fake_give_up("fake: %s: %s", what, strerrorname_np(errno));
}

/* --- streams --- */

static void do_fopen(const char *argument)
{
    unsigned at = slot(&argument);
    char mode[8];

    snprintf(mode, sizeof mode, "%s", field(&argument));
    if (strchr(mode, 'u') != NULL)
        *strchr(mode, 'u') = '+'; /* which stands between steps */
    streams[at] = fopen(argument, mode);
    expect(streams[at] != NULL, argument);
}

static void do_fgets(const char *argument)
{
    char line[256];
    unsigned at = slot(&argument);

    if (fgets(line, sizeof line, streams[at]) == NULL)
        fake_say("%u: end", at);
    else
        fake_say("%u: %.*s", at, (int)strcspn(line, "\n"), line);
}

static void do_fputs(const char *argument)
{
    unsigned at = slot(&argument);

    fprintf(streams[at], "%s\n", argument);
}

static void do_fseek(const char *argument)
{
    unsigned at = slot(&argument);

    expect(fseek(streams[at], fake_number(argument), SEEK_SET) == 0, "fseek");
}

static void do_ftell(const char *argument)
{
    unsigned at = slot(&argument);

    fake_say("%u: at %ld", at, ftell(streams[at]));
}

static void do_fflush(const char *argument)
{
    expect(fflush(streams[slot(&argument)]) == 0, "fflush");
}

static void do_fclose(const char *argument)
{
    expect(fclose(streams[slot(&argument)]) == 0, "fclose");
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
    unsigned at = slot(&argument);
    int flags = flags_of(field(&argument));

    fds[at] = open(argument, flags, 0600); /* NOLINT(android-cloexec-open): as told */
    expect(fds[at] >= 0, argument);
}

static void do_read(const char *argument)
{
    char bytes[200] = "";
    unsigned at = slot(&argument);
    ssize_t size = read(fds[at], bytes, (size_t)fake_number(argument));

    if (size < 0)
        fake_say("%u: %s", at, strerrorname_np(errno));
    else
        fake_say("%u: %zd bytes: %s", at, size, bytes);
}

static void do_write(const char *argument)
{
    unsigned at = slot(&argument);

    fake_say("%u: wrote %zd", at, write(fds[at], argument, strlen(argument)));
}

static void do_pwrite(const char *argument)
{
    unsigned at = slot(&argument);
    long offset = fake_number(field(&argument));

    fake_say("%u: wrote %zd", at, pwrite(fds[at], argument, strlen(argument), offset));
}

static void do_pread(const char *argument)
{
    char bytes[200] = "";
    unsigned at = slot(&argument);
    long offset = fake_number(field(&argument));
    ssize_t size = pread(fds[at], bytes, (size_t)fake_number(argument), offset);

    fake_say("%u: %zd bytes: %s", at, size, bytes);
}

static void do_lseek(const char *argument)
{
    unsigned at = slot(&argument);

    lseek(fds[at], fake_number(argument), SEEK_SET);
}

static void do_ftruncate(const char *argument)
{
    unsigned at = slot(&argument);

    expect(ftruncate(fds[at], fake_number(argument)) == 0, "ftruncate");
}

static void do_dup(const char *argument)
{
    unsigned from = slot(&argument);

    fds[slot(&argument)] = dup(fds[from]); /* NOLINT(android-cloexec-dup) */
}

/* A number that was there from the start, or a slot's under it: 2:1 is dup2(slot 2, 1). */
static void do_dup_to(const char *argument)
{
    unsigned from = slot(&argument);

    expect(dup2(fds[from], (int)fake_number(argument)) >= 0, "dup2");
}

static void do_take(const char *argument)
{
    unsigned at = slot(&argument);

    fds[at] = (int)fake_number(argument);
}

static void do_close_slot(const char *argument)
{
    close(fds[slot(&argument)]);
}

/* All that can be asked of a descriptor; not inodes and times, which differ from run to run. */
static void do_state(const char *argument)
{
    unsigned at = slot(&argument);
    struct stat file = {.st_size = 0};
    int flags = fcntl(fds[at], F_GETFL), closes = fcntl(fds[at], F_GETFD);

    fstat(fds[at], &file);
    fake_say("%u: flags %#x %d, at %lld, size %lld, mode %#o, block %ld, tty %d, seals %d", at,
             (unsigned)flags & ~0x8000u, closes, (long long)lseek(fds[at], 0, SEEK_CUR),
             (long long)file.st_size, file.st_mode, (long)file.st_blksize, isatty(fds[at]),
             fcntl(fds[at], F_GET_SEALS));
}

static void do_memfd(const char *argument)
{
    unsigned at = slot(&argument);

    fds[at] = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    expect(fds[at] >= 0, "memfd_create");
}

static void do_seal(const char *argument)
{
    unsigned at = slot(&argument);

    expect(fcntl(fds[at], F_ADD_SEALS, fake_number(argument)) == 0, "F_ADD_SEALS");
}

/* --- the tree --- */

static void do_unlink(const char *argument)
{
    expect(unlink(argument) == 0, argument);
}

static void do_rename(const char *argument)
{
    const char *from = field(&argument);

    expect(rename(from, argument) == 0, from);
}

static void do_truncate(const char *argument)
{
    const char *name = field(&argument);

    expect(truncate(name, fake_number(argument)) == 0, name);
}

static void do_mkdir(const char *argument)
{
    expect(mkdir(argument, 0700) == 0, argument);
}

/* NAME:WORDS, a line for each word. An existing file is written over. */
static void do_put(const char *argument)
{
    FILE *file = fopen(field(&argument), "w");

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
    FILE *file = fopen(field(&argument), "w");
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
    expect(directory != NULL, argument);
}

static void do_readdir(const char *argument)
{
    for (long i = fake_number(argument); i > 0; i--) {
        const struct dirent *entry = readdir(directory);
        fake_say("entry %s", entry == NULL ? "none" : entry->d_name);
    }
}

/* --- mapped memory --- */

static void map(unsigned at, int flags, int fd)
{
    maps[at] = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);
    expect(maps[at] != MAP_FAILED, "mmap");
}

static void do_map(const char *argument)
{
    unsigned at = slot(&argument);

    expect(ftruncate(fds[at], MAP_SIZE) == 0, "ftruncate");
    map(at, 0, fds[at]);
}

static void do_map_again(const char *argument)
{
    unsigned at = slot(&argument);

    map(slot(&argument), 0, fds[at]);
}

static void do_map_nothing(const char *argument)
{
    map(slot(&argument), MAP_ANONYMOUS, -1);
}

static void do_poke(const char *argument)
{
    unsigned at = slot(&argument);

    strcpy(maps[at] + 4096, argument); /* NOLINT: steps are short */
}

static void do_peek(const char *argument)
{
    unsigned at = slot(&argument);

    fake_say("map %u: %s", at, maps[at] + 4096);
}

/* --- kernel objects --- */

static void do_eventfd(const char *argument)
{
    unsigned at = slot(&argument);

    fds[at] = eventfd((unsigned)fake_number(argument), EFD_NONBLOCK | EFD_CLOEXEC);
    expect(fds[at] >= 0, "eventfd");
}

static void do_post(const char *argument)
{
    unsigned at = slot(&argument);
    uint64_t value = (uint64_t)fake_number(argument);

    fake_say("%u: posted %zd", at, write(fds[at], &value, sizeof value));
}

static void do_collect(const char *argument)
{
    unsigned at = slot(&argument);
    uint64_t value = 0;
    ssize_t size = read(fds[at], &value, sizeof value);

    fake_say("%u: collected %zd %llu", at, size, (unsigned long long)value);
}

static void do_epoll(const char *argument)
{
    fds[slot(&argument)] = epoll_create1(EPOLL_CLOEXEC);
}

static void do_watch(const char *argument)
{
    unsigned at = slot(&argument), watched = slot(&argument);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x123456789abcdefu + watched};

    expect(epoll_ctl(fds[at], EPOLL_CTL_ADD, fds[watched], &event) == 0, "epoll_ctl");
}

static void do_events(const char *argument)
{
    unsigned at = slot(&argument);
    struct epoll_event event = {.events = 0};
    int count = epoll_wait(fds[at], &event, 1, 0);

    fake_say("%u: %d events, %#x %#llx", at, count, count > 0 ? event.events : 0,
             count > 0 ? (unsigned long long)event.data.u64 : 0);
}

/* Seconds from now. */
static void do_timerfd(const char *argument)
{
    unsigned at = slot(&argument);
    const struct itimerspec time = {{7, 0}, {fake_number(argument), 0}};

    fds[at] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    expect(fds[at] >= 0 && timerfd_settime(fds[at], 0, &time, NULL) == 0, "timerfd");
}

static void do_timer(const char *argument)
{
    unsigned at = slot(&argument);
    struct itimerspec time;

    expect(timerfd_gettime(fds[at], &time) == 0, "timerfd_gettime");
    fake_say("%u: %ld to go, then every %ld", at, (long)time.it_value.tv_sec + 1,
             (long)time.it_interval.tv_sec);
}

/* --- terminals --- */

static int master;

/* A new terminal of 77 columns is put under this number. */
static void do_pty(const char *argument)
{
    int terminal;
    const struct winsize size = {25, 77, 0, 0};

    expect(openpty(&master, &terminal, NULL, NULL, &size) == 0, "openpty");
    expect(dup2(terminal, (int)fake_number(argument)) >= 0, "dup2");
    close(terminal);
}

static void do_terminal(const char *argument)
{
    int fd = (int)fake_number(argument);
    struct termios termios = {.c_iflag = 0};
    struct winsize size = {0, 0, 0, 0};
    struct stat file = {.st_mode = 0};
    int r = tcgetattr(fd, &termios);
    int mode = fstat(fd, &file) == 0 ? (int)(file.st_mode & S_IFMT) : 0;
    off_t offset = lseek(fd, 0, SEEK_CUR);
    const char *error = offset < 0 ? strerrorname_np(errno) : "-";

    fprintf(stderr, "terminal %d %d, %#x %#x %d, %d columns, mode %#o, %s\n", isatty(fd), r, termios.c_lflag,
            termios.c_cflag, termios.c_cc[VINTR], ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : -1, mode,
            error);
}

static void do_echo_off(const char *argument)
{
    int fd = (int)fake_number(argument);
    struct termios termios;

    expect(tcgetattr(fd, &termios) == 0, "tcgetattr");
    termios.c_lflag &= ~(tcflag_t)ECHO;
    expect(tcsetattr(fd, TCSANOW, &termios) == 0, "tcsetattr");
}

static void do_puts(const char *argument)
{
    puts(argument);
}

const struct fake_step fake_files[] = {
    {"fopen", do_fopen},
    {"fgets", do_fgets},
    {"fputs", do_fputs},
    {"fseek", do_fseek},
    {"ftell", do_ftell},
    {"fflush", do_fflush},
    {"fclose", do_fclose},
    {"open", do_open},
    {"read", do_read},
    {"write", do_write},
    {"pwrite", do_pwrite},
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
    {"mkdir", do_mkdir},
    {"put", do_put},
    {"put_many", do_put_many},
    {"opendir", do_opendir},
    {"readdir", do_readdir},
    {"map", do_map},
    {"map_again", do_map_again},
    {"map_nothing", do_map_nothing},
    {"poke", do_poke},
    {"peek", do_peek},
    {"eventfd", do_eventfd},
    {"post", do_post},
    {"collect", do_collect},
    {"epoll", do_epoll},
    {"watch", do_watch},
    {"events", do_events},
    {"timerfd", do_timerfd},
    {"timer", do_timer},
    {"pty", do_pty},
    {"terminal", do_terminal},
    {"echo_off", do_echo_off},
    {"puts", do_puts},
    {NULL, NULL},
};
