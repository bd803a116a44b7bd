/* SPDX-License-Identifier: MIT */
/* See stand_request.h. */
#include "replay/stand_request.h"

#include <inttypes.h>
#include <string.h>

#include "base/u64.h"
#include "options/parse.h"
#include "run/kept_message.h"

static const char *value_of(const char *setting, const char *name)
{
    const size_t length = strlen(name);

    return strncmp(setting, name, length) == 0 && setting[length] == '=' ? setting + length + 1 : NULL;
}

static bool read_setting(struct stand_request *request, const char *setting)
{
    const char *value;

    if ((value = value_of(setting, KEPT_BEFORE)) != NULL)
        return request->is_before = parse_number(value, &request->evals);
    if ((value = value_of(setting, KEPT_AT)) != NULL)
        return request->is_at = parse_number(value, &request->eval);
    return false;
}

bool stand_request_read(struct stand_request *request, const char *at, const char *end, struct text *why)
{
    const char *setting;

    *request = (struct stand_request){.is_at = false};
    while (at < end) {
        setting = kept_message_next(&at, end);
        if (setting != NULL && read_setting(request, setting))
            continue;
        text_format(why, "no such place: %s", setting != NULL ? setting : "a setting has no end");
        return false;
    }
    return true;
}

static bool is_there(uint64_t eval, uint64_t snapshot_eval, uint64_t end_eval, struct text *why)
{
    if (eval > snapshot_eval && eval <= end_eval)
        return true;
    text_format(why,
                "eval %" PRIu64 " cannot be had: the snapshot was taken after eval %" PRIu64
                ", and the run came to eval %" PRIu64,
                eval, snapshot_eval, end_eval);
    return false;
}

static bool is_before_there(uint64_t evals, uint64_t snapshot_eval, uint64_t end_eval, struct text *why)
{
    const uint64_t most = u64_difference(end_eval, snapshot_eval);

    if (evals <= most)
        return true;
    text_format(why,
                "%" PRIu64 " evals before the end cannot be had: the snapshot was taken %" PRIu64
                " evals before it",
                evals, most);
    return false;
}

bool stand_request_place(const struct stand_request *request, uint64_t snapshot_eval, uint64_t end_eval,
                         bool races, uint64_t *eval, struct text *why)
{
    const uint64_t most = u64_difference(end_eval, snapshot_eval);
    const uint64_t evals = request->is_before ? request->evals : u64_min(STAND_DEFAULT_EVALS, most);

    *eval = request->is_at ? request->eval : evals == 0 ? STAND_AT_END : u64_difference(end_eval + 1, evals);
    if (*eval == STAND_AT_END && !request->is_at)
        return true;
    if (races) {
        text_format(why, "evals of several threads have no numbers: only the end (--before 0) can be had");
        return false;
    }
    return request->is_at ? is_there(request->eval, snapshot_eval, end_eval, why)
                          : is_before_there(evals, snapshot_eval, end_eval, why);
}
