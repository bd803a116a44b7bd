/* SPDX-License-Identifier: MIT */
/* Such a run has the page that it would share with snapshots; so has a child that it has forked, which is
 * none. What a process was started with tells cheaply that most have nothing to do with the library. */
#include "live_bare.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "others.h"

#define PAGE_NAME        "/memfd:lightsss (deleted)"
#define LIBRARY          "liblightsss"
#define ENVIRONMENT_SIZE ((size_t)128 * 1024)

/* Processes with a page, that of known runs included. */
struct sharers {
    const struct live *live;
    struct sharer {
        int pid, parent;
        uint64_t page;
    } * list;
    size_t count;
    char *environment;
};

static bool is_snapshot(const struct live *live, int pid)
{
    for (size_t i = 0; i < live->count; i++)
        for (size_t j = 0; j < live->runs[i].count; j++)
            if (live->runs[i].snapshots[j].pid == pid)
                return true;
    return false;
}

static bool is_known(const struct live *live, int pid)
{
    for (size_t i = 0; i < live->count; i++)
        if (live->runs[i].pid == pid)
            return true;
    return false;
}

/* Was it started with the library in front of libc? One that is linked with it always has snapshots or none.
 */
static bool has_library(const struct sharers *sharers, int pid)
{
    ssize_t length = others_read(pid, "environ", sharers->environment, ENVIRONMENT_SIZE);

    return length > 0 && memmem(sharers->environment, (size_t)length, LIBRARY, strlen(LIBRARY)) != NULL;
}

static bool look_at(int pid, void *context)
{
    struct sharers *sharers = context;

    if (is_snapshot(sharers->live, pid) || (!is_known(sharers->live, pid) && !has_library(sharers, pid)))
        return true;
    uint64_t page = others_mapped(pid, PAGE_NAME);
    if (page == 0)
        return true;
    struct sharer *list = realloc(sharers->list, (sharers->count + 1) * sizeof *list);
    if (list == NULL)
        return false;
    sharers->list = list;
    list[sharers->count++] = (struct sharer){pid, others_parent(pid), page};
    return true;
}

/* Or of who has forked it: a known run, or its parent. */
static bool is_page_of_another(const struct sharers *sharers, const struct sharer *sharer)
{
    for (size_t i = 0; i < sharers->count; i++) {
        const struct sharer *other = &sharers->list[i];
        if (other != sharer && other->page == sharer->page &&
            (is_known(sharers->live, other->pid) || other->pid == sharer->parent))
            return true;
    }
    return false;
}

static bool add(struct live *live, int pid)
{
    char path[PATH_MAX];
    struct stat status;

    if (others_link(pid, "exe", path, sizeof path) <= 0) /* it has ended */
        return true;
    struct live_run *run = live_add(live);
    if (run == NULL)
        return false;
    run->pid = pid;
    run->original_pid = others_own_number(pid);
    const char *slash = strrchr(path, '/');
    text_print(run->program, sizeof run->program, "%s", slash != NULL ? slash + 1 : path);
    snprintf(path, sizeof path, "/proc/%d", pid);
    run->user = stat(path, &status) == 0 ? status.st_uid : 0;
    return true;
}

static bool add_all(struct live *live, const struct sharers *sharers)
{
    for (size_t i = 0; i < sharers->count; i++) {
        const struct sharer *sharer = &sharers->list[i];
        if (!is_known(live, sharer->pid) && !is_page_of_another(sharers, sharer) && !add(live, sharer->pid))
            return false;
    }
    return true;
}

bool live_bare_add(struct live *live)
{
    struct sharers sharers = {.live = live, .environment = malloc(ENVIRONMENT_SIZE)};

    bool is_done = sharers.environment != NULL && others_each(look_at, &sharers) && add_all(live, &sharers);
    free(sharers.environment);
    free(sharers.list);
    return is_done;
}
