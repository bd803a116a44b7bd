/* SPDX-License-Identifier: MIT */
/* The page: see page.h. */
#include "page.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "markup.h"
#include "page_run.h"
#include "page_style.h"
#include "say.h"
#include "words.h"

static void write_head(FILE *file)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"generator\" content=\"lightsss " COMMAND_VERSION "\">\n"
          "<title>Failed runs</title>\n<style>\n",
          file);
    fputs(page_style, file);
    fputs("</style>\n</head>\n<body>\n<main>\n<h1>Failed runs</h1>\n", file);
}

static void write_cell(FILE *file, const char *text, const char *kind)
{
    fprintf(file, "<td class=\"%s\">", kind);
    markup_string(file, text);
    fputs("</td>", file);
}

static void write_line(FILE *file, const struct run *run, size_t number)
{
    char words[WORDS_SIZE];

    fprintf(file, "<tr><td><a href=\"#run-%zu\">", number);
    page_run_name(file, run);
    fputs("</a></td>", file);
    words_end(words, run->report);
    write_cell(file, words, "kind");
    words_eval(words, run->report);
    write_cell(file, words, "number");
    fputs("<td>", file);
    page_run_verdict(file, run);
    fputs("</td>", file);
    words_when(words, run->when);
    write_cell(file, words, "when");
    fputs("</tr>\n", file);
}

static void write_table(FILE *file, const struct runs *runs)
{
    fputs("<div class=\"wide\"><table>\n<thead><tr><th>Run</th><th>End</th><th class=\"number\">Eval</th>"
          "<th>Verdict</th><th class=\"when\">When</th></tr></thead>\n<tbody>\n",
          file);
    for (size_t i = 0; i < runs->count; i++)
        write_line(file, &runs->list[i], i + 1);
    fputs("</tbody>\n</table></div>\n", file);
}

static void write_page(FILE *file, const struct runs *runs, const char *place)
{
    char words[WORDS_SIZE];

    write_head(file);
    words_when(words, time(NULL));
    fprintf(file, "<p class=\"faint\">%zu run%s, the newest last; written %s</p>\n", runs->count,
            runs->count == 1 ? "" : "s", words);
    if (runs->count > 0)
        write_table(file, runs);
    for (size_t i = 0; i < runs->count; i++)
        page_run_write(file, &runs->list[i], i + 1, place);
    fputs("</main>\n</body>\n</html>\n", file);
}

static int fail(const char *path, int error)
{
    say("%s cannot be written: %s", path, strerror(error));
    return SAY_FAILED;
}

/* Writes all, and closes. Returns 0 or an errno. */
static int fill(FILE *file, const struct runs *runs, const char *place)
{
    errno = 0;
    write_page(file, runs, place);
    int error = fflush(file) != 0 || ferror(file) ? (errno != 0 ? errno : EIO) : 0;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    return error;
}

/* The directory that the page is in, without links, in memory of its own; NULL: it is not there. */
static char *find_place(const char *path)
{
    char *copy = strdup(path), *place = copy != NULL ? realpath(dirname(copy), NULL) : NULL;

    free(copy);
    return place;
}

/* Beside it, and then in its place. */
static int replace(const char *path, const struct runs *runs, const char *place)
{
    char beside[PATH_MAX];
    mode_t mask = umask(0);

    umask(mask);
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside)
        return fail(path, ENAMETOOLONG);
    int fd = mkstemp(beside);
    if (fd < 0)
        return fail(path, errno);
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        unlink(beside);
        return fail(path, ENOMEM);
    }
    fchmod(fd, 0666 & ~mask);
    int error = fill(file, runs, place);
    if (error == 0 && rename(beside, path) == 0)
        return 0;
    error = error != 0 ? error : errno;
    unlink(beside);
    return fail(path, error);
}

int page_save(const char *path, const struct runs *runs)
{
    struct stat status;
    char *place = find_place(path); /* of "-": where the command runs */
    bool is_odd =
        lstat(path, &status) == 0 && !S_ISREG(status.st_mode); /* /dev/stdout, a link, a directory */
    int result = 0;

    if (strcmp(path, "-") == 0) {
        write_page(stdout, runs, place); /* say_end() tells what became of that */
    } else if (is_odd) {
        FILE *file = fopen(path, "we");
        int error = file == NULL ? errno : fill(file, runs, place);
        result = error == 0 ? 0 : fail(path, error);
    } else
        result = replace(path, runs, place);
    free(place);
    return result;
}
