/* SPDX-License-Identifier: MIT */
/* The library is looked for from the command's own place, never by name: LD_LIBRARY_PATH and the loader's
 * cache may know another release. */
#include "library.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "say.h"

#define NAME "liblightsss.so"

/* The directory of the command's own file, links followed. */
static bool own_directory(char directory[PATH_MAX])
{
    const char *started_as = (const char *)getauxval(AT_EXECFN);

    if (realpath("/proc/self/exe", directory) == NULL &&
        (started_as == NULL || realpath(started_as, directory) == NULL))
        return false;
    *strrchr(directory, '/') = '\0';
    return true;
}

int library_find(char path[PATH_MAX])
{
    static const char *const places[] = {"../preload", COMMAND_LIBRARY, "../lib"};
    char directory[PATH_MAX], place[3 * PATH_MAX];

    if (!own_directory(directory)) {
        say("cannot find its own place: neither /proc nor its name leads there; set LD_PRELOAD=" NAME
            " yourself");
        return SAY_BROKEN;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (*places[i] == '/')
            snprintf(place, sizeof place, "%s/" NAME, places[i]);
        else
            snprintf(place, sizeof place, "%s/%s/" NAME, directory, places[i]);
        if (access(place, R_OK) == 0 && realpath(place, path) != NULL)
            return 0;
    }
    say("no " NAME " in %s: install it with the command", place);
    return SAY_BROKEN;
}

int library_preload(const char *path)
{
    const char *before = getenv("LD_PRELOAD");
    char *list = NULL;

    /* The loader takes both for the end of a name. */
    if (strpbrk(path, " :") != NULL) {
        say("%s: no space or colon may be in the path of a preloaded library; move it", path);
        return SAY_BROKEN;
    }
    bool is_first = before == NULL || *before == '\0';
    if (asprintf(&list, "%s%s%s", path, is_first ? "" : ":", is_first ? "" : before) < 0 ||
        setenv("LD_PRELOAD", list, 1) != 0) {
        say("out of memory");
        return SAY_BROKEN;
    }
    free(list);
    return 0;
}
