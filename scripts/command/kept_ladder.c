/* SPDX-License-Identifier: MIT */
/* See kept_ladder.h. */
#include "kept_ladder.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "kept.h"
#include "options/parse.h"
#include "run/kept_message.h"
#include "say.h"

struct place {
    uint64_t number, eval, last, races;
};

/* A setting NAME=NUMBER. */
static void take(struct place *place, const char *setting)
{
    const struct {
        const char *name;
        uint64_t *value;
    } members[] = {
        {"number=", &place->number},
        {"eval=", &place->eval},
        {"last=", &place->last},
        {"races=", &place->races},
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strncmp(setting, members[i].name, strlen(members[i].name)) == 0)
            parse_number(setting + strlen(members[i].name), members[i].value);
}

static bool ask_where(struct place *place, const char *run, uint64_t rung)
{
    static struct kept_packet request, answer;

    request.length = 0;
    kept_packet_add(&request, KEPT_WHERE, NULL);
    const int connection = kept_ask(run, rung, &request, -1);
    if (connection < 0)
        return false;
    kept_receive(connection, &answer);
    close(connection);
    if (kept_answered(run, &answer, KEPT_IS) == NULL)
        return false;
    const char *at = answer.bytes, *end = answer.bytes + answer.length, *setting;
    while ((setting = kept_message_next(&at, end)) != NULL)
        take(place, setting);
    return true;
}

/* Of "kept-7.sock" 7; else 0. */
static uint64_t number_of(const char *name)
{
    char expected[KEPT_NAME_SIZE];
    const char *at = name + strlen(KEPT_RUNG);
    uint64_t number = 0;

    if (strncmp(name, KEPT_RUNG, strlen(KEPT_RUNG)) != 0 || parse_digits(&at, 10, &number) == 0)
        return 0;
    kept_message_name(expected, KEPT_SOCKET, number);
    return strcmp(name, expected) == 0 ? number : 0;
}

size_t kept_ladder_rungs(uint64_t rungs[KEPT_LADDER_MAX], const char *run)
{
    DIR *entries = opendir(run);
    const struct dirent *entry;
    size_t count = 0;

    while (entries != NULL && count < KEPT_LADDER_MAX && (entry = readdir(entries)) != NULL)
        if (number_of(entry->d_name) != 0)
            rungs[count++] = number_of(entry->d_name);
    if (entries != NULL)
        closedir(entries);
    return count;
}

static void add(struct kept_ladder *ladder, uint64_t rung, uint64_t eval)
{
    size_t at = ladder->count++;

    for (; at > 0 && ladder->steps[at - 1].eval > eval; at--)
        ladder->steps[at] = ladder->steps[at - 1];
    ladder->steps[at] = (struct kept_step){rung, eval};
}

bool kept_ladder_find(struct kept_ladder *ladder, const char *run)
{
    uint64_t rungs[KEPT_LADDER_MAX];
    struct place place = {0};

    *ladder = (struct kept_ladder){.count = 0};
    if (!ask_where(&place, run, 0))
        return false;
    ladder->last_eval = place.last;
    ladder->has_races = place.races != 0;
    add(ladder, 0, place.eval);
    const size_t count = kept_ladder_rungs(rungs, run);
    for (size_t i = 0; i < count && ladder->count < KEPT_LADDER_MAX; i++)
        if (ask_where(&place, run, rungs[i]) && place.eval > ladder->steps[0].eval &&
            place.eval < ladder->last_eval)
            add(ladder, rungs[i], place.eval);
    return true;
}
