/* SPDX-License-Identifier: MIT */
/* `lightsss replay RUN`: has the kept snapshot of a run replay once more. The lines that the replay says go
 * to our stderr directly; here its end is waited for, and who is impatient ends it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "flags.h"
#include "kept.h"
#include "kept_nearest.h"
#include "options/parse.h"
#include "replay_stop.h"
#include "run_named.h"
#include "say.h"
#include "segments.h"

enum { ALL, FROM, UNTIL, WINDOW, BACK, SCOPE, DEPTH, FORMAT, AFTER };

const struct flag replay_flags[] = {
    [ALL] = {"--all", NULL,
             "the whole stretch from the first kept snapshot on, in a file from each to the next"},
    [FROM] = {"--from", "EVAL", "where the waveform begins, such as 120000evals"},
    [UNTIL] = {"--until", "EVAL", "where it ends; default: where the run ended"},
    [WINDOW] = {"--window", "VALUE",
                "how much is dumped, counted back from the end: a count such as 200000evals, or all"},
    [BACK] = {"--back", "VALUE",
              "which kept snapshot replays: oldest, or the youngest that lies so far back: window, a time or "
              "a count"},
    [SCOPE] = {"--scope", "NAMES", "what is dumped: hierarchical names, with commas between them"},
    [DEPTH] = {"--depth", "VALUE", "levels of hierarchy to dump, 0 for all"},
    [FORMAT] = {"--format", "VALUE", "of the waveform: auto, vcd, fst or off"},
    [AFTER] = {"--after", "VALUE",
               "how long the waveform goes on after the end: a count such as 100evals, or 0"},
    {"--wake-call", "CALLS", "C functions to call before it goes on"},
    {"--limit", "TIME", "a replay that takes longer stops there: a time such as 5m, or off"},
    {"--size", "SIZE", "how large the waveform may become, such as 1G, or none"},
    {"--files", "SIZE", "how much is kept of what the replay writes to files of its own, or 0"},
    {NULL, NULL, NULL},
};

/* --- what is asked for --- */

static void say_line(const char *line)
{
    say("%s", line);
}

static const struct options_row *find_row(const char *flag)
{
    const char *option = strcmp(flag, "--format") == 0 ? "--wave" : flag;
    char name[ARGUMENTS_NAME_SIZE];

    for (size_t i = 0; i < options_row_count; i++) {
        arguments_name(&options_rows[i], name);
        if (strcmp(name, option) == 0)
            return &options_rows[i];
    }
    return NULL;
}

static bool add_eval(struct kept_packet *packet, const char *name, const char *flag, const char *value)
{
    uint64_t eval;

    if (!parse_evals(value, &eval)) {
        say("%s=%s is not valid: give the number of an eval, such as 123456evals", flag, value);
        return false;
    }
    kept_packet_add(packet, name, value);
    return true;
}

/* Which one replays is chosen here. */
static bool add_setting(struct kept_packet *packet, size_t place, const char *flag, const char *value)
{
    const struct options_row *row = find_row(flag);

    if (!options_check(row, flag, value, say_line))
        return false;
    if (place != BACK)
        kept_packet_add(packet, row->name, value);
    return true;
}

static bool fill(struct kept_packet *packet, const char *const values[FLAGS_MAX])
{
    kept_packet_add(packet, KEPT_REPLAY, NULL);
    for (size_t i = 0; replay_flags[i].name != NULL; i++) {
        const char *flag = replay_flags[i].name;
        bool is_valid = values[i] == NULL || i == ALL ? true
                        : i == FROM                   ? add_eval(packet, KEPT_FROM, flag, values[i])
                        : i == UNTIL                  ? add_eval(packet, KEPT_UNTIL, flag, values[i])
                                                      : add_setting(packet, i, flag, values[i]);
        if (!is_valid)
            return false;
    }
    return true;
}

static bool are_both(const char *const values[FLAGS_MAX], size_t one, size_t other)
{
    if (values[one] == NULL || values[other] == NULL)
        return false;
    say("%s and %s cannot be had together: give one of them", replay_flags[one].name,
        replay_flags[other].name);
    return true;
}

/* What goes on behind the end does not end before it. */
static bool is_one_wish(const char *const values[FLAGS_MAX])
{
    for (size_t i = FROM; i <= BACK; i++)
        if (are_both(values, ALL, i))
            return false;
    return !are_both(values, UNTIL, AFTER) && !are_both(values, FROM, WINDOW) &&
           !are_both(values, FROM, BACK);
}

/* In the background it would be drawn over what somebody else writes. */
static void add_terminal(struct kept_packet *packet)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

    if (term == NULL || !isatty(STDERR_FILENO) || tcgetpgrp(STDERR_FILENO) != getpgrp())
        return;
    kept_packet_add(packet, KEPT_TERM, term);
    if (no_color != NULL)
        kept_packet_add(packet, KEPT_PLAIN, no_color);
}

/* --- while it replays --- */

/* The status to end with; what it found it has said. */
static int take_answer(const struct kept_packet *packet, const char *run)
{
    const char *verdict = kept_answered(run, packet, KEPT_DONE);

    return verdict != NULL && strcmp(verdict, "reproduced") == 0 ? 0 : SAY_FAILED;
}

/* Of one that was killed the line is still there that shows how far it was. */
static void clear_line(void)
{
    if (isatty(STDERR_FILENO) && tcgetpgrp(STDERR_FILENO) == getpgrp())
        fputs("\r\033[K", stderr);
}

static int await_answer(int connection, const char *run)
{
    static struct kept_packet packet;
    struct pollfd answer = {.fd = connection, .events = POLLIN};

    replay_stop_hear();
    while (replay_stop_poll(&answer, 1, -1) < 0 && errno == EINTR)
        if (replay_stop_signal() != 0) {
            replay_stop_send(connection, replay_stop_signal());
            replay_stop_forget();
        }
    if (kept_receive(connection, &packet) > 0)
        return take_answer(&packet, run);
    clear_line();
    say("the replay of %s died before it was done", run);
    return SAY_FAILED;
}

/* Of one that lies nearer before the first eval that is wanted: what it dumps is the same, and it has less to
 * replay. */
static uint64_t choose(const char *run, const char *const values[FLAGS_MAX])
{
    uint64_t eval = 0;

    if (values[FROM] != NULL)
        return parse_evals(values[FROM], &eval) ? kept_nearest(run, eval) : 0;
    if (values[BACK] == NULL)
        return 0;
    if (values[UNTIL] != NULL && !parse_evals(values[UNTIL], &eval))
        return 0;
    return kept_nearest_back(run, values[BACK], values[WINDOW], eval);
}

static int ask(const char *run, uint64_t rung, const struct kept_packet *request)
{
    const int connection = kept_ask(run, rung, request, STDERR_FILENO);

    if (connection < 0)
        return SAY_FAILED;
    const int status = await_answer(connection, run);
    close(connection);
    return status;
}

int replay_command(const struct command *command, char **words)
{
    static struct kept_packet request;
    const char *values[FLAGS_MAX];
    char run[PATH_MAX];

    const int status = flags_read(command, words, values);
    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    if (words[0] == NULL || words[1] != NULL) {
        say("name one run; usage: lightsss %s", command->usage);
        return SAY_USAGE;
    }
    if (!is_one_wish(values) || !fill(&request, values))
        return SAY_USAGE;
    if (values[ALL] == NULL)
        add_terminal(&request);
    if (!run_named_find(run, words[0]))
        return SAY_FAILED;
    return values[ALL] != NULL ? segments_replay(run, &request) : ask(run, choose(run, values), &request);
}
