/* SPDX-License-Identifier: MIT */
/* See list_gone.h. */
#include "list_gone.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "kept.h"
#include "kept_why.h"
#include "run_folder.h"
#include "run_named.h"

static bool has_socket(int above, const char *name)
{
    char program[RUN_FOLDER_PROGRAM_SIZE], path[NAME_MAX + sizeof "/" KEPT_SOCKET];
    struct stat status;
    int pid;

    snprintf(path, sizeof path, "%s/" KEPT_SOCKET, name);
    return run_folder_is_name(name, program, &pid) &&
           fstatat(above, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(status.st_mode);
}

static void look_at(FILE *out, const char *run)
{
    char words[KEPT_WHY_SIZE];
    const int r = kept_probe(run);

    if (r != -ECONNREFUSED)
        return;
    kept_why_describe(words, run, ECONNREFUSED);
    text_hide_controls(words, strlen(words));
    fprintf(out, "%9s%s\n", "", words);
}

void list_gone_print(FILE *out)
{
    char run[PATH_MAX];
    const char *usual = run_named_usual();
    DIR *runs = opendir(usual);
    const struct dirent *entry;

    while (runs != NULL && (entry = readdir(runs)) != NULL)
        if (has_socket(dirfd(runs), entry->d_name) &&
            (size_t)snprintf(run, sizeof run, "%s/%s", usual, entry->d_name) < sizeof run)
            look_at(out, run);
    if (runs != NULL)
        closedir(runs);
}
