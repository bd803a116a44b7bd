/* SPDX-License-Identifier: MIT */
/* See kept_request.h. */
#include "replay/kept_request.h"

#include <inttypes.h>
#include <string.h>

#include "options/parse.h"
#include "run/kept_message.h"

#define NAME_SIZE 64u
#define PLACE_MAX 100000u

/* The others are over, or none of a replay's. */
static const char *const settable[] = {
    "LIGHTSSS_WAVE",  "LIGHTSSS_WINDOW", "LIGHTSSS_DEPTH", "LIGHTSSS_LIMIT", "LIGHTSSS_WAKE_CALL",
    "LIGHTSSS_AFTER", "LIGHTSSS_SCOPE",  "LIGHTSSS_SIZE",  "LIGHTSSS_FILES",
};

static struct text *told; /* of who is told what is wrong with a value */

static void tell(const char *line)
{
    text_format(told, "%s", line);
}

static bool is_settable(const char *name)
{
    for (size_t i = 0; i < sizeof settable / sizeof *settable; i++)
        if (strcmp(settable[i], name) == 0)
            return true;
    return false;
}

static bool read_eval(const char *name, const char *value, uint64_t *eval, struct text *why)
{
    if (parse_evals(value, eval))
        return true;
    text_format(why, "%s=%s is not valid: give the number of an eval, such as 123456evals", name, value);
    return false;
}

/* A number and never a name: it is written nowhere else. */
static bool read_place(const char *name, const char *value, uint64_t *number, struct text *why)
{
    if (parse_number(value, number) && *number > 0 && *number <= PLACE_MAX)
        return true;
    text_format(why, "%s=%s is not valid: give a number", name, value);
    return false;
}

static bool read_setting(struct kept_request *request, struct options *options, const char *setting,
                         struct text *why)
{
    const char *equals = strchr(setting, '=');
    const size_t length = equals != NULL ? (size_t)(equals - setting) : NAME_SIZE;
    char name[NAME_SIZE];

    if (length >= sizeof name) {
        text_format(why, "no setting: %s", setting);
        return false;
    }
    memcpy(name, setting, length);
    name[length] = '\0';
    if (strcmp(name, KEPT_FROM) == 0)
        return read_eval(name, equals + 1, &request->from_eval, why);
    if (strcmp(name, KEPT_UNTIL) == 0)
        return read_eval(name, equals + 1, &request->until_eval, why);
    if (strcmp(name, KEPT_INTO) == 0)
        return read_place(name, equals + 1, &request->into, why);
    if (strcmp(name, KEPT_SEGMENT) == 0)
        return read_place(name, equals + 1, &request->segment, why);
    if (strcmp(name, KEPT_TERM) == 0 || strcmp(name, KEPT_PLAIN) == 0) {
        *(*name == *KEPT_TERM ? &request->term : &request->no_color) = equals + 1;
        return true;
    }
    told = why;
    if (is_settable(name))
        return options_set(options, name, equals + 1, tell);
    text_format(why, "%s cannot be set for a replay", name);
    return false;
}

bool kept_request_read(struct kept_request *request, struct options *options, const char *at, const char *end,
                       struct text *why)
{
    const char *setting;

    *request = (struct kept_request){.from_eval = 0};
    while (at < end) {
        setting = kept_message_next(&at, end);
        if (setting == NULL) {
            text_format(why, "a setting has no end");
            return false;
        }
        if (!read_setting(request, options, setting, why))
            return false;
    }
    return true;
}

bool kept_request_fits(const struct kept_request *request, uint64_t snapshot_eval, uint64_t end_eval,
                       struct text *why)
{
    const uint64_t until_eval = request->until_eval != 0 ? request->until_eval : end_eval;

    if (until_eval > snapshot_eval && until_eval <= end_eval && request->from_eval <= until_eval)
        return true;
    if (request->from_eval > until_eval)
        text_format(why, "--from %" PRIu64 "evals is behind eval %" PRIu64 ", where the replay is to end",
                    request->from_eval, until_eval);
    else
        text_format(why,
                    "--until %" PRIu64 "evals cannot be had: the snapshot was taken after eval %" PRIu64
                    ", and the run came to eval %" PRIu64,
                    until_eval, snapshot_eval, end_eval);
    return false;
}
