/* SPDX-License-Identifier: MIT */
/* `lightsss list`: the runs that are alive, once or again and again. On a terminal each look stands in the
 * place of the last one. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "columns.h"
#include "commands.h"
#include "flags.h"
#include "list_gone.h"
#include "list_print.h"
#include "live_look.h"
#include "say.h"

#define BETWEEN_S  2 /* looks; snapshots put down figures as often */
#define GO_TO_TOP  "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

enum { WATCH, JSON };

const struct flag list_flags[] = {
    [WATCH] = {"--watch", NULL, "look again every two seconds, until Ctrl-C"},
    [JSON] = {"--json", NULL, "one JSON document on a line for each look"},
    {NULL, NULL, NULL},
};

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

/* Where it fills the line, the cursor stands on its last column, which is not to be cleared. */
static void print_line(char *line, unsigned columns)
{
    line[columns_cut(line, columns)] = '\0';
    printf("%s%s\n", line, columns_of(line) < columns ? CLEAR_LINE : "");
}

/* As many lines, and of each as much, as the terminal has room for; the last line stays free. */
static void redraw(char *text)
{
    struct winsize size = {.ws_row = 0};
    char *rest = text, *line;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2 || size.ws_col == 0)
        size = (struct winsize){.ws_row = 25, .ws_col = 80};
    fputs(GO_TO_TOP, stdout);
    for (unsigned row = 1; row < size.ws_row && (line = strsep(&rest, "\n")) != NULL && rest != NULL; row++)
        print_line(line, size.ws_col);
    fputs(CLEAR_REST, stdout);
}

static void print(const struct live *live, bool is_json, bool is_redrawn)
{
    char *text = NULL;
    size_t size;
    FILE *memory = is_redrawn ? open_memstream(&text, &size) : NULL;

    FILE *out = memory != NULL ? memory : stdout;

    if (is_json) {
        list_print_json(out, live, now(), list_gone_print_json);
    } else {
        list_print_table(out, live, now());
        list_gone_print(out);
    }
    if (memory == NULL)
        return;
    if (fclose(memory) == 0)
        redraw(text);
    free(text);
}

static int look(bool is_json, bool is_redrawn)
{
    static int told;
    struct live live;

    if (live_look(&live, true) < 0) {
        say("out of memory");
        return SAY_BROKEN;
    }
    if (live.other_pid != 0 && told != live.other_pid) {
        say("process %d runs with lightsss %s, of which this release (" COMMAND_VERSION
            ") can tell nothing; use the command of that one",
            live.other_pid, live.other_release);
        told = live.other_pid;
    }
    print(&live, is_json, is_redrawn);
    live_free(&live);
    return say_end(0);
}

/* The cursor, on a terminal such as this. */
static bool can_move(void)
{
    const char *type = getenv("TERM");

    return type != NULL && *type != '\0' && strcmp(type, "dumb") != 0;
}

/* Ends the sleep: the lines want to be cut anew. */
static void note_resize(int signal)
{
    (void)signal;
}

static int watch(bool is_json)
{
    const bool is_redrawn = !is_json && isatty(STDOUT_FILENO) && can_move();
    int status;

    if (is_redrawn) {
        signal(SIGWINCH, note_resize);
        fputs(GO_TO_TOP CLEAR_REST, stdout);
    }
    while ((status = look(is_json, is_redrawn)) == 0) {
        sleep(BETWEEN_S);
        if (!is_json && !is_redrawn)
            putchar('\n');
    }
    return status;
}

int list_command(const struct command *command, char **words)
{
    const char *values[FLAGS_MAX];
    int status = flags_read(command, words, values);

    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    if (words[0] != NULL) {
        say("no word belongs behind list: %s; usage: lightsss %s", words[0], command->usage);
        return SAY_USAGE;
    }
    return values[WATCH] != NULL ? watch(values[JSON] != NULL) : look(values[JSON] != NULL, false);
}
