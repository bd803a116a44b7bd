/* SPDX-License-Identifier: MIT */
/* `lightsss gdb RUN`: a copy of the kept snapshot stands still before the failure, and this process becomes
 * the debugger. The copy lives as long as the connection, which the debugger has with it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "flags.h"
#include "gdb_script.h"
#include "kept.h"
#include "kept_nearest.h"
#include "options/parse.h"
#include "replay/stand_request.h"
#include "run_named.h"
#include "say.h"
#include "search_path.h"

enum { BEFORE, AT, EXEC };

const struct flag gdb_flags[] = {
    [BEFORE] = {"--before", "EVALS", "so many evals before the end, 0: where it ends; default 1000evals"},
    [AT] = {"--at", "EVAL", "at the entry of this eval, such as 120000evals"},
    [EXEC] = {"--exec", "CMD", "a debugger or script in the place of gdb; the process id is added to it"},
    {NULL, NULL, NULL},
};

/* --- what is asked for --- */

/* The words behind `--`, which are taken off: they are the debugger's. */
static char **split_off(char **words)
{
    while (*words != NULL && strcmp(*words, "--") != 0)
        words++;
    if (*words == NULL)
        return words;
    *words = NULL;
    return words + 1;
}

static bool add_count(struct kept_packet *packet, const char *name, const char *flag, const char *value)
{
    char number[32];
    const char *behind = value;
    uint64_t count;

    if (value == NULL)
        return true;
    if (parse_digits(&behind, 10, &count) == 0 ||
        (*behind != '\0' && strcmp(behind, "evals") != 0 && strcmp(behind, "eval") != 0)) {
        say("%s=%s is not valid: give a number of evals, such as 1000evals", flag, value);
        return false;
    }
    snprintf(number, sizeof number, "%llu", (unsigned long long)count);
    kept_packet_add(packet, name, number);
    return true;
}

static bool fill(struct kept_packet *packet, const char *const values[FLAGS_MAX])
{
    if (values[BEFORE] != NULL && values[AT] != NULL) {
        say("--before and --at name two places: give one of them");
        return false;
    }
    kept_packet_add(packet, KEPT_STAND, NULL);
    return add_count(packet, KEPT_BEFORE, "--before", values[BEFORE]) &&
           add_count(packet, KEPT_AT, "--at", values[AT]);
}

/* --- the copy --- */

static bool takes_answer(const char *run, int connection, struct kept_packet *answer)
{
    if (kept_receive(connection, answer) > 0)
        return kept_answered(run, answer, KEPT_STANDS) != NULL;
    say("the copy of %s died before it stood there", run);
    return false;
}

static uint64_t number_in(const char *value)
{
    uint64_t number = 0;

    parse_digits(&value, 10, &number);
    return number;
}

/* The snapshot that has the least to replay until then. */
static uint64_t choose(const char *run, const char *const values[FLAGS_MAX])
{
    if (values[AT] != NULL)
        return kept_nearest(run, number_in(values[AT]));
    return kept_nearest_before_end(run,
                                   values[BEFORE] != NULL ? number_in(values[BEFORE]) : STAND_DEFAULT_EVALS);
}

/* Returns the connection, which what this process becomes has too; -1: that was said. */
static int have_stand(const char *run, uint64_t rung, const struct kept_packet *request,
                      struct kept_packet *answer)
{
    const int connection = kept_ask(run, rung, request, -1);

    if (connection < 0)
        return -1;
    if (takes_answer(run, connection, answer) && fcntl(connection, F_SETFD, 0) == 0)
        return connection;
    close(connection);
    return -1;
}

/* --- the debugger --- */

static int become(char **words)
{
    execvp(words[0], words);
    const int error = errno;
    say("%s: %s", words[0], strerror(error));
    return error == ENOENT ? SAY_NOT_FOUND : SAY_NOT_EXECUTABLE;
}

/* With these words in front of the arguments. */
static int become_with(char *const *first, size_t count, char **arguments)
{
    size_t more = 0;

    while (arguments[more] != NULL)
        more++;
    char **words = calloc(count + more + 1, sizeof *words);
    if (words == NULL) {
        say("out of memory");
        return SAY_BROKEN;
    }
    memcpy(words, first, count * sizeof *words);
    memcpy(words + count, arguments, more * sizeof *words);
    const int status = become(words);
    free(words);
    return status;
}

static int become_gdb(const char *run, int connection, const struct kept_packet *stands, char **arguments)
{
    static char command[] =
        "python exec(compile(open('/proc/self/fd/0000000000').read(), 'lightsss', 'exec'))";
    char *const words[] = {(char *)"gdb", (char *)"-q", (char *)"-ex", command};
    const int script = gdb_script_make(run, connection, stands);

    if (script < 0) {
        say("cannot give gdb its commands: %s", strerror(-script));
        return SAY_BROKEN;
    }
    snprintf(command, sizeof command,
             "python exec(compile(open('/proc/self/fd/%d').read(), 'lightsss', 'exec'))", script);
    return become_with(words, sizeof words / sizeof *words, arguments);
}

/* The process, as it is numbered where it is. */
static uint64_t pid_in(const struct kept_packet *stands)
{
    const char *at = stands->bytes, *end = stands->bytes + stands->length;

    kept_message_next(&at, end);
    const char *pid = kept_message_next(&at, end);
    return number_in(pid + strcspn(pid, "0123456789"));
}

/* By a shell, so that it may be several words; the process id is the one behind them. */
static int become_other(const char *command, const struct kept_packet *stands, char **arguments)
{
    static char line[PATH_MAX], number[24];
    char *const words[] = {(char *)"/bin/sh", (char *)"-c", line, (char *)"lightsss", number};

    if ((size_t)snprintf(line, sizeof line, "%s \"$@\"", command) >= sizeof line) {
        say("--exec: that is too long for a command");
        return SAY_USAGE;
    }
    snprintf(number, sizeof number, "%" PRIu64, pid_in(stands));
    return become_with(words, sizeof words / sizeof *words, arguments);
}

/* What it calls itself is its number in its own namespace: in another one that is somebody else. */
static bool is_numbered_here(const char *run, const struct kept_packet *stands)
{
    if (pid_in(stands) == (uint64_t)stands->sender)
        return true;
    say("the kept snapshot of %s is in another namespace of processes (a container): run lightsss gdb there",
        run);
    return false;
}

static int debug(const char *run, const struct kept_packet *request, const char *const values[FLAGS_MAX],
                 char **arguments)
{
    static struct kept_packet stands;
    const char *command = values[EXEC];
    const int connection = have_stand(run, choose(run, values), request, &stands);

    if (connection < 0 || !is_numbered_here(run, &stands))
        return SAY_FAILED;
    return command != NULL ? become_other(command, &stands, arguments)
                           : become_gdb(run, connection, &stands, arguments);
}

int gdb_command(const struct command *command, char **words)
{
    static struct kept_packet request;
    const char *values[FLAGS_MAX];
    char run[PATH_MAX];
    char **arguments = split_off(words);

    const int status = flags_read(command, words, values);
    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    if (words[0] == NULL || words[1] != NULL) {
        say("name one run; usage: lightsss %s", command->usage);
        return SAY_USAGE;
    }
    if (!fill(&request, values))
        return SAY_USAGE;
    if (values[EXEC] == NULL && !search_path_has("gdb")) {
        say("gdb is not installed; install it, or name another debugger with --exec");
        return SAY_NOT_FOUND;
    }
    return run_named_find(run, words[0]) ? debug(run, &request, values, arguments) : SAY_FAILED;
}
