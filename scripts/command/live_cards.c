/* SPDX-License-Identifier: MIT */
/* See live_cards.h. Processes come and go while they are looked at: what cannot be read is not there any
 * more, or is another user's. */
#include "live_cards.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "others.h"

#define CARD_LINK "/memfd:" CARD_NAME " (deleted)"

/* --- one card --- */

/* Returns the descriptor of the card among those of a process, or -1. */
static int open_card(int pid)
{
    char path[64], link[sizeof CARD_LINK + 1];
    const struct dirent *entry;
    int card = -1;

    snprintf(path, sizeof path, "/proc/%d/fd", others_thread(pid));
    DIR *descriptors = opendir(path);
    if (descriptors == NULL)
        return -1;
    while (card < 0 && (entry = readdir(descriptors)) != NULL) {
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof link);
        if (length == sizeof CARD_LINK - 1 && memcmp(link, CARD_LINK, sizeof CARD_LINK - 1) == 0)
            card = openat(dirfd(descriptors), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    closedir(descriptors);
    return card;
}

/* A file of that name may be anybody's. */
static bool is_sound(const struct card *card, ssize_t length)
{
    return length >= (ssize_t)offsetof(struct card, state) &&
           memcmp(card->magic, CARD_MAGIC, sizeof card->magic) == 0;
}

static bool is_ours(const struct card *card, ssize_t length)
{
    return length == sizeof *card && card->layout == CARD_LAYOUT && card->directory_length < PATH_MAX &&
           card->state <= CARD_KEPT && memchr(card->program, '\0', sizeof card->program) != NULL;
}

static char *read_directory(int fd, const struct card *card)
{
    char *directory = calloc(1, card->directory_length + 1);

    if (directory != NULL &&
        pread(fd, directory, card->directory_length, sizeof *card) != (ssize_t)card->directory_length)
        directory[0] = '\0';
    return directory;
}

static void read_kept(int fd, const struct card *card, struct live_snapshot *snapshot)
{
    struct card_kept kept = {0};

    snapshot->directory = read_directory(fd, card);
    if (pread(fd, &kept, sizeof kept, (off_t)(sizeof *card + card->directory_length)) == sizeof kept)
        snapshot->until_ns = kept.until_ns;
}

/* --- what they add up to --- */

static struct live_run *find_run(const struct live *live, const struct card *card)
{
    for (size_t i = 0; i < live->count; i++)
        if (live->runs[i].original_pid == card->original_pid && live->runs[i].start_ns == card->run_start_ns)
            return &live->runs[i];
    return NULL;
}

/* What stands behind that of a kept copy is the run directory. */
static char *parent_of(char *path)
{
    char *slash = path != NULL ? strrchr(path, '/') : NULL;

    if (slash != NULL)
        slash[slash == path] = '\0';
    return path;
}

static struct live_run *begin_run(struct live *live, int fd, const struct card *card)
{
    struct live_run *run = live_add(live);
    struct stat status;

    if (run == NULL)
        return NULL;
    run->original_pid = card->original_pid;
    run->start_ns = card->run_start_ns;
    run->user = fstat(fd, &status) == 0 ? status.st_uid : getuid();
    memcpy(run->program, card->program, sizeof run->program);
    run->directory = read_directory(fd, card);
    if (card->state == CARD_KEPT)
        parent_of(run->directory);
    return run;
}

static bool add_snapshot(struct live_run *run, int pid, int fd, const struct card *card)
{
    struct live_snapshot *list = realloc(run->snapshots, (run->count + 1) * sizeof *list);
    size_t at = run->count;

    if (list == NULL)
        return false;
    for (; at > 0 && list[at - 1].number > card->number; at--)
        list[at] = list[at - 1];
    list[at] = (struct live_snapshot){
        .pid = pid,
        .state = (enum card_state)card->state,
        .number = card->number,
        .eval = card->eval,
        .taken_ns = card->taken_ns,
    };
    if (card->state == CARD_KEPT)
        read_kept(fd, card, &list[at]);
    memcpy(list[at].samples, card->samples, sizeof card->samples);
    run->snapshots = list;
    run->count++;
    return true;
}

/* Which process is the simulator? The one that has made a snapshot, and calls itself as the card does. */
static void find_original(struct live_run *run, int parent)
{
    if (run->pid == 0 && parent > 0 && others_own_number(parent) == run->original_pid)
        run->pid = parent;
}

static bool take_card(struct live *live, int pid, int fd)
{
    struct card card;
    ssize_t length = pread(fd, &card, sizeof card, 0);
    int parent = others_parent(pid);

    if (!is_sound(&card, length) || parent < 0)
        return true;
    if (!is_ours(&card, length)) {
        if (card.layout != CARD_LAYOUT) { /* else it is being written */
            live->other_pid = pid;
            memcpy(live->other_release, card.release, sizeof card.release - 1);
        }
        return true;
    }
    struct live_run *run = find_run(live, &card);
    if (run == NULL)
        run = begin_run(live, fd, &card);
    if (run == NULL || !add_snapshot(run, pid, fd, &card))
        return false;
    find_original(run, parent);
    return true;
}

static bool look_at(int pid, void *live)
{
    int fd = open_card(pid);

    if (fd < 0)
        return true;
    bool is_done = take_card(live, pid, fd);
    close(fd);
    return is_done;
}

bool live_cards_add(struct live *live)
{
    return others_each(look_at, live);
}
