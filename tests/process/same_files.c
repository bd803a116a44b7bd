/* SPDX-License-Identifier: MIT */
/* See same_files.h. */
#define _GNU_SOURCE
#include "same_files.h"

#include "process.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the tree --- */

static char *tree;
static size_t tree_size;
static FILE *tree_stream;
static size_t tree_root;
static struct timespec run_directory_made;

static void add_contents(const char *path)
{
    char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, text, sizeof text);

    assert_true(length >= 0);
    fwrite(text, 1, (size_t)length, tree_stream);
    close(fd);
}

static void expect_not_later(const char *path, const struct timespec *time)
{
    const struct timespec *limit = &run_directory_made;

    if (limit->tv_sec != 0 &&
        (time->tv_sec > limit->tv_sec || (time->tv_sec == limit->tv_sec && time->tv_nsec > limit->tv_nsec)))
        fail_msg("%s was changed after the failure", path);
}

static int add_one(const char *path, const struct stat *file, int type, struct FTW *walk)
{
    char target[4096];

    (void)walk;
    if (path[tree_root] == '\0')
        return FTW_CONTINUE;
    if (strcmp(path + tree_root, "/lightsss") == 0)
        return FTW_SKIP_SUBTREE;
    fprintf(tree_stream, "%s %o ", path + tree_root, file->st_mode);
    if (type == FTW_SL) {
        ssize_t length = readlink(path, target, sizeof target);
        fprintf(tree_stream, "-> %.*s", (int)length, target);
    } else if (S_ISREG(file->st_mode)) {
        add_contents(path);
    }
    fprintf(tree_stream, "\n");
    expect_not_later(path, &file->st_mtim);
    expect_not_later(path, &file->st_ctim);
    return FTW_CONTINUE;
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Directories are listed in any order. */
static char *sorted(char *text)
{
    char *lines[256] = {NULL}, *result = malloc(strlen(text) + 2),
         *to = result; /* the last may have no newline */
    size_t count = 0;

    assert_non_null(result);
    for (char *line = strtok(text, "\n"); line != NULL && count < 256; line = strtok(NULL, "\n"))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    *to = '\0';
    for (size_t i = 0; i < count; i++)
        to += sprintf(to, "%s\n", lines[i]);
    return result;
}

/* The run directory is made when the original has ended: whatever changes after that was changed by the
 * replay. */
char *same_files_list(const struct outcome *outcome)
{
    char path[PATH_MAX + 600];
    struct statx made = {0};

    run_directory_made = (struct timespec){0, 0};
    if (outcome->run != NULL) {
        snprintf(path, sizeof path, "%s/lightsss/%s", outcome->directory, outcome->run);
        assert_int_equal(statx(AT_FDCWD, path, 0, STATX_BTIME, &made), 0);
        run_directory_made = (struct timespec){made.stx_btime.tv_sec, made.stx_btime.tv_nsec};
    }
    tree_stream = open_memstream(&tree, &tree_size);
    tree_root = strlen(outcome->directory);
    nftw(outcome->directory, add_one, 16, FTW_PHYS | FTW_ACTIONRETVAL);
    fclose(tree_stream);
    char *result = sorted(tree);
    free(tree);
    return result;
}

/* --- runs --- */

void same_files_expect_replayed(const struct outcome *outcome, const char *note)
{
    if (outcome->timed_out || outcome->report == NULL ||
        strstr(outcome->report, "\"verdict\": \"reproduced\"") == NULL)
        fail_msg("not reproduced:\n%s\n%s\nreplay:\n%s\noriginal:\n%s", outcome->said, outcome->report,
                 outcome->replay_out, outcome->out);
    if (outcome->replay_out == NULL || outcome->report == NULL) {
        fail_msg("no replay.stdout; said:\n%s", outcome->said);
        return;
    }
    size_t all = strlen(outcome->out), replayed = strlen(outcome->replay_out);
    if (replayed > all || strcmp(outcome->replay_out, outcome->out + all - replayed) != 0)
        fail_msg("the replay was told:\n%s\nand not:\n%s", outcome->replay_out, outcome->out);
    if (note != NULL && strstr(outcome->report, note) == NULL)
        fail_msg("no note \"%s\" in\n%s", note, outcome->report);
    if (note == NULL && strstr(outcome->report, "\"notes\"") != NULL)
        fail_msg("there are notes:\n%s", outcome->report);
    assert_int_equal(outcome->left, 0);
}

void same_files_compare(const char *const *steps, const char *note)
{
    struct outcome without, with;
    struct program program = {.arguments = steps};

    run_program(&program, &without);
    program.preload = true;
    run_program(&program, &with);
    assert_int_equal(with.status, without.status);
    assert_string_equal(with.out, without.out);
    same_files_expect_replayed(&with, note);
    char *wanted = same_files_list(&without), *found = same_files_list(&with);
    if (strcmp(wanted, found) != 0)
        fail_msg("files:\n%s\nand not:\n%s", found, wanted);
    free(wanted);
    free(found);
    run_discard(&without);
    run_discard(&with);
}
