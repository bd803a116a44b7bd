/* SPDX-License-Identifier: MIT */
/* See run_search.h. Descriptors lead the way: somebody may put a link in the place of a directory meanwhile.
 */
#include "run_search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static bool add(struct run_search *search, char *path, const struct run_folder *folder)
{
    struct run_found *list = realloc(search->list, (search->count + 1) * sizeof *list);

    if (list == NULL) {
        free(path);
        say("out of memory");
        return false;
    }
    search->list = list;
    list[search->count++] = (struct run_found){path, *folder};
    return true;
}

static bool is_added(const struct run_search *search, const struct run_folder *folder)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->list[i].folder.device == folder->device && search->list[i].folder.inode == folder->inode)
            return true;
    return false;
}

static bool walk(struct run_search *search, int directory, const char *path);

/* Takes the path. */
static bool look_at(struct run_search *search, int above, const char *name, char *path)
{
    struct run_folder folder;
    struct stat status;

    bool is_run = run_folder_look(above, name, &folder);
    if (is_run && !is_added(search, &folder))
        return add(search, path, &folder);
    bool is_directory =
        !is_run && fstatat(above, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    int fd = is_directory ? openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    bool is_seen = !is_directory || (fd >= 0 && walk(search, fd, path));
    if (is_directory && fd < 0)
        say("%s: %s", path, strerror(errno));
    else if (fd >= 0)
        close(fd);
    free(path);
    return is_seen;
}

static bool walk(struct run_search *search, int directory, const char *path)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool is_seen = entries != NULL;

    if (entries == NULL)
        say("%s: %s", path, strerror(errno));
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char *below = NULL;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
            continue;
        bool is_slash = path[strlen(path) - 1] == '/';
        if (asprintf(&below, "%s%s%s", path, is_slash ? "" : "/", entry->d_name) < 0)
            below = NULL;
        is_seen = below != NULL && look_at(search, directory, entry->d_name, below) && is_seen;
    }
    if (entries != NULL)
        closedir(entries);
    else if (fd >= 0)
        close(fd);
    return is_seen;
}

/* What the user names may be a link. */
static bool walk_named(struct run_search *search, const char *path, bool may_be_missing)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT && may_be_missing)
        return true;
    if (fd < 0) {
        say("%s: %s", path, strerror(errno));
        return false;
    }
    bool is_seen = walk(search, fd, path);
    close(fd);
    return is_seen;
}

bool run_search_below(struct run_search *search, const char *folder, bool may_be_missing)
{
    struct run_folder itself;
    char *path = strdup(folder);

    if (path == NULL || *path == '\0') {
        say("%s", path == NULL ? "out of memory" : "a directory has no name");
        free(path);
        return false;
    }
    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/';)
        path[--length] = '\0';
    if (run_folder_look(AT_FDCWD, path, &itself) && !is_added(search, &itself))
        return add(search, path, &itself);
    bool is_seen = walk_named(search, path, may_be_missing);
    free(path);
    return is_seen;
}

void run_search_free(struct run_search *search)
{
    for (size_t i = 0; i < search->count; i++)
        free(search->list[i].path);
    free(search->list);
    *search = (struct run_search){.count = 0};
}
