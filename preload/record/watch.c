/* SPDX-License-Identifier: MIT */
/* See watch.h. A file has one place, however many descriptors it has and however often it is opened: a log
 * that is opened and closed for each line is one. Of a pty the master and the slave are two, and both answer
 * to the slave's name. */
#define _GNU_SOURCE
#include "record/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/fd_name.h"
#include "base/kernel.h"
#include "base/log.h"
#include "base/own_thread.h"
#include "base/spin_lock.h"
#include "base/text.h"
#include "options/patterns.h"
#include "record/match.h"
#include "run/role.h"

#define FIRST       (MATCH_STDERR + 1)
#define SLAVE_MAJOR 136u

struct identity {
    dev_t device;
    ino_t inode;
    dev_t terminal; /* of a pty its slave's */
    bool is_master;
    bool is_used;
};

bool watch_is_on;
uint8_t watch_list[WATCH_NUMBERS];

static struct patterns patterns;
static char directory[PATH_MAX]; /* in which the simulator was started */

/* Not on the stack, which may be a small one. */
static atomic_flag busy = ATOMIC_FLAG_INIT;
static char name[PATH_MAX], told_name[PATH_MAX];
static struct identity identities[MATCH_WATCHED_MAX]; /* by place */
static bool was_told;

int watch_init(const char *value)
{
    if (raw_syscall2(SYS_getcwd, directory, sizeof directory) < 0)
        directory[0] = '\0';
    if (!patterns_parse(&patterns, value, directory))
        return -ENAMETOOLONG;
    watch_is_on = true;
    return 0;
}

void watch_forked(void)
{
    atomic_flag_clear(&busy);
}

void watch_end(void)
{
    watch_is_on = false;
}

/* --- which file it is --- */

static bool identify(int fd, struct identity *identity)
{
    struct stat file;
    unsigned number;

    if (kernel_fstat(fd, &file) < 0)
        return false;
    *identity = (struct identity){.device = file.st_dev, .inode = file.st_ino, .is_used = true};
    if (S_ISCHR(file.st_mode)) {
        identity->terminal = file.st_rdev;
        identity->is_master = kernel_ioctl(fd, TIOCGPTN, &number) == 0;
        if (identity->is_master)
            identity->terminal = makedev(SLAVE_MAJOR, number);
        return true;
    }
    return S_ISREG(file.st_mode) || S_ISFIFO(file.st_mode);
}

static bool is_same(const struct identity *one, const struct identity *other)
{
    return one->is_used && one->is_master == other->is_master && one->terminal == other->terminal &&
           (one->is_master || (one->device == other->device && one->inode == other->inode));
}

/* A pattern that stands for one name may be that of a link to it. */
static bool is_behind(const char *link, const struct identity *identity)
{
    struct stat file;

    if (kernel_stat(link, &file) < 0)
        return false;
    return identity->terminal != 0 ? S_ISCHR(file.st_mode) && file.st_rdev == identity->terminal
                                   : file.st_dev == identity->device && file.st_ino == identity->inode;
}

/* --- its names --- */

/* Returns what hits are told with, NULL: nobody asks for it. */
static const char *find_name(void)
{
    const char *base = strrchr(name, '/');

    if (base == NULL)
        return NULL;
    for (size_t i = 0; i < patterns.count; i++)
        if (patterns_match(&patterns, i, name))
            return *patterns.list[i] == '/' ? name : base + 1;
    return NULL;
}

static const char *find_link(const struct identity *identity)
{
    for (size_t i = 0; i < patterns.count; i++)
        if (patterns_name(&patterns, i, directory, told_name, sizeof told_name) &&
            is_behind(told_name, identity))
            return *patterns.list[i] == '/' ? told_name : strrchr(told_name, '/') + 1;
    return NULL;
}

/* As the kernel knows it: no link leads there. */
static const char *find_by_kernel(int fd)
{
    static const char deleted[] = " (deleted)";
    long length = fd_name_read(fd, name, sizeof name);

    if (length <= 0 || name[0] != '/')
        return NULL;
    if ((size_t)length > sizeof deleted && strcmp(name + length + 1 - sizeof deleted, deleted) == 0)
        name[(size_t)length + 1 - sizeof deleted] = '\0';
    return find_name();
}

static const char *find_slave(const struct identity *identity)
{
    if (!identity->is_master)
        return NULL;
    text_print(name, sizeof name, "/dev/pts/%u", minor(identity->terminal));
    return find_name();
}

static const char *find(int fd, const struct identity *identity)
{
    const char *found = find_by_kernel(fd);

    if (found == NULL)
        found = find_slave(identity);
    return found != NULL ? found : find_link(identity);
}

/* --- places --- */

static int place_of(const struct identity *identity)
{
    for (unsigned i = 0; i < MATCH_WATCHED_MAX; i++)
        if (is_same(&identities[i], identity))
            return (int)(i + FIRST);
    return -1;
}

/* Has a descriptor still that place? stdio closes past our door. */
static bool is_open(unsigned place)
{
    struct identity now;

    for (int fd = 0; fd < (int)WATCH_NUMBERS; fd++) {
        if (watch_list[fd] != place)
            continue;
        if (identify(fd, &now) && is_same(&identities[place - FIRST], &now))
            return true;
        watch_list[fd] = WATCH_UNKNOWN;
    }
    return false;
}

static void make_room(void)
{
    for (unsigned place = FIRST; place < FIRST + MATCH_WATCHED_MAX; place++)
        if (identities[place - FIRST].is_used && !is_open(place) && match_remove(place))
            identities[place - FIRST].is_used = false;
}

static void tell_full(const char *found)
{
    if (!was_told)
        log_line(
            LOG_INFO,
            "what is written to %s is not searched: LIGHTSSS_WATCH takes %u files and terminals at once; "
            "give narrower names",
            found, MATCH_WATCHED_MAX);
    was_told = true;
}

/* The end of a long name tells more. */
static int make_place(const struct identity *identity, const char *found)
{
    size_t length = strlen(found);
    const char *end = length < MATCH_NAME_SIZE ? found : found + length - (MATCH_NAME_SIZE - 1);
    int place = match_add(end);

    if (place < 0) {
        make_room();
        place = match_add(end);
    }
    if (place < 0)
        tell_full(found);
    else
        identities[(unsigned)place - FIRST] = *identity;
    return place;
}

static void take(int fd, const struct identity *identity, const char *found)
{
    int place = place_of(identity);

    if (place < 0 && found != NULL)
        place = make_place(identity, found);
    watch_list[fd] = place < 0 ? WATCH_NOT : (uint8_t)place;
}

/* --- descriptors --- */

/* Puts the absolute name into `name`. */
static bool make_absolute(int below, const char *path)
{
    long length = 0;

    if (*path != '/')
        length = below == AT_FDCWD ? raw_syscall2(SYS_getcwd, name, sizeof name) - 1
                                   : fd_name_read(below, name, sizeof name);
    if (length < 0 || (size_t)length + strlen(path) + 2 > sizeof name)
        return false;
    if (length > 0)
        name[length++] = '/';
    text_print(name + length, sizeof name - (size_t)length, "%s", path);
    patterns_clean(name);
    return true;
}

/* A child has descriptors of its own; and where another thread was here when it was forked, it must not wait.
 */
static bool is_ours(void)
{
    return role_kind() != ROLE_BYSTANDER && own_thread()->between == 0;
}

/* Other names, and links that may yet be made, count when it is written to. */
void watch_opened(int fd, int below, const char *path)
{
    struct identity identity;
    const char *found;

    if (!watch_is_on || fd < 0 || (unsigned)fd >= WATCH_NUMBERS || !is_ours())
        return;
    uint64_t mask = spin_lock_take(&busy);
    if (make_absolute(below, path) && (found = find_name()) != NULL && identify(fd, &identity))
        take(fd, &identity, found);
    spin_lock_release(&busy, mask);
}

static void decide(int fd)
{
    struct identity identity;
    uint64_t mask = spin_lock_take(&busy);

    if (!identify(fd, &identity))
        watch_list[fd] = WATCH_NOT;
    else if (place_of(&identity) >= 0)
        take(fd, &identity, NULL);
    else
        take(fd, &identity, find(fd, &identity));
    spin_lock_release(&busy, mask);
}

int watch_place(int fd)
{
    if (watch_list[fd] == WATCH_UNKNOWN)
        decide(fd);
    return watch_list[fd] == WATCH_NOT ? -1 : watch_list[fd];
}
