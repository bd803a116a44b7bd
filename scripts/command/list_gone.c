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
#include "json_print.h"
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

static void print_json(FILE *out, const char *run, const char *why)
{
    char *more = json_print_more("run", run);

    fputs("{\"run\": ", out);
    json_print_string(out, run);
    fputs(more != NULL ? more : "", out);
    fputs(", \"why\": ", out);
    json_print_string(out, why);
    fputc('}', out);
    free(more);
}

static bool is_gone(const char *run, char why[KEPT_WHY_SIZE])
{
    if (kept_probe(run, 0) != -ECONNREFUSED)
        return false;
    kept_why_describe(why, run, 0, ECONNREFUSED);
    text_hide_controls(why, strlen(why));
    return true;
}

static void print(FILE *out, bool is_json)
{
    char run[PATH_MAX], why[KEPT_WHY_SIZE];
    const char *usual = run_named_usual(), *between = "";
    DIR *runs = opendir(usual);
    const struct dirent *entry;

    while (runs != NULL && (entry = readdir(runs)) != NULL) {
        if (!has_socket(dirfd(runs), entry->d_name) ||
            (size_t)snprintf(run, sizeof run, "%s/%s", usual, entry->d_name) >= sizeof run ||
            !is_gone(run, why))
            continue;
        if (is_json) {
            fputs(between, out);
            print_json(out, run, why);
            between = ", ";
        } else {
            fprintf(out, "%9s%s\n", "", why);
        }
    }
    if (runs != NULL)
        closedir(runs);
}

void list_gone_print(FILE *out)
{
    print(out, false);
}

void list_gone_print_json(FILE *out)
{
    fputc('[', out);
    print(out, true);
    fputc(']', out);
}
