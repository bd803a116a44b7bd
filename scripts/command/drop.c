/* SPDX-License-Identifier: MIT */
/* `lightsss drop [RUN...]`: lets go of kept snapshots. Those of all runs are found by their cards. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "commands.h"
#include "flags.h"
#include "kept.h"
#include "kept_ladder.h"
#include "live_look.h"
#include "run_named.h"
#include "say.h"

/* It is gone for others when it answers by closing. */
static bool drop_one(const char *run, uint64_t rung)
{
    static struct kept_packet packet, answer;

    packet.length = 0;
    kept_packet_add(&packet, KEPT_DROP, NULL);
    const int connection = kept_ask(run, rung, &packet, -1);
    if (connection < 0) {
        kept_leave_word(run, rung, &packet);
        return false;
    }
    kept_receive(connection, &answer);
    close(connection);
    return true;
}

static void print(const char *what, const char *run)
{
    char shown[PATH_MAX];

    snprintf(shown, sizeof shown, "%s", run);
    text_hide_controls(shown, strlen(shown));
    printf("dropped %s of %s\n", what, shown);
}

/* Those that are gone already need not go. False: one did not, and that was said. */
static bool drop_later(const char *run, size_t *dropped)
{
    uint64_t rungs[KEPT_LADDER_MAX];
    const size_t count = kept_ladder_rungs(rungs, run);
    bool is_good = true;

    *dropped = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept_probe(run, rungs[i]) < 0)
            continue;
        const bool has_gone = drop_one(run, rungs[i]);
        *dropped += has_gone;
        is_good = is_good && has_gone;
    }
    return is_good;
}

/* The first goes last: the others go with it by themselves, and would be missed here. Where it was killed
 * they may still be there. */
static bool drop(const char *run)
{
    char words[64];
    size_t dropped;
    const bool is_good = drop_later(run, &dropped);
    const int r = kept_probe(run, 0);

    if (drop_one(run, 0)) {
        print("the snapshot", run);
        return is_good;
    }
    if (dropped == 0)
        return false;
    snprintf(words, sizeof words, "%zu later snapshot%s", dropped, dropped == 1 ? "" : "s");
    print(words, run);
    return is_good && (r == -ECONNREFUSED || r == -ENOENT);
}

/* Several of one run are let go of together. */
static bool is_first_of_run(const struct live_run *run, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (run->snapshots[i].directory != NULL &&
            strcmp(run->snapshots[i].directory, run->snapshots[at].directory) == 0)
            return false;
    return true;
}

static bool drop_of_run(const struct live_run *run, size_t *count)
{
    bool is_good = true;

    for (size_t i = 0; i < run->count; i++)
        if (run->snapshots[i].state == CARD_KEPT && run->snapshots[i].directory != NULL &&
            is_first_of_run(run, i)) {
            is_good = drop(run->snapshots[i].directory) && is_good;
            ++*count;
        }
    return is_good;
}

static int drop_all(void)
{
    struct live live;
    bool is_good = true;
    size_t count = 0;

    if (live_look(&live, false) < 0) {
        say("out of memory");
        return SAY_BROKEN;
    }
    for (size_t i = 0; i < live.count; i++)
        if (live.runs[i].user == geteuid())
            is_good = drop_of_run(&live.runs[i], &count) && is_good;
    live_free(&live);
    if (count == 0)
        puts("no snapshot is kept");
    return is_good ? 0 : SAY_FAILED;
}

int drop_command(const struct command *command, char **words)
{
    const char *none[FLAGS_MAX];
    char run[PATH_MAX];
    bool is_good = true;

    const int status = flags_read(command, words, none);
    if (status != 0)
        return status == FLAGS_DONE ? 0 : status;
    if (*words == NULL)
        return drop_all();
    for (; *words != NULL; words++)
        is_good = run_named_find(run, *words) && drop(run) && is_good;
    return is_good ? 0 : SAY_FAILED;
}
