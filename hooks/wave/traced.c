/* SPDX-License-Identifier: MIT */
/* A waveform gives way where nothing of it evals any more: a replay knows what is to come. See traced.h. */
#include "wave/traced.h"
#include "elf/stock.h"
#include "model/evals.h"

#define SILENCE_EVALS 1000u /* of others, in a run of which nobody knows what is to come */

static struct {
    struct object *list;
    size_t room, count;
    void *context;
    uint64_t strangers; /* evals of others since it was chosen ... */
    uint64_t silence;   /* ... and since the last eval of these */
} traced;

static bool make_room(size_t count)
{
    if (count <= traced.room)
        return true;
    struct object *list = stock_take(2 * count * sizeof *list);
    if (list == NULL)
        return false;
    traced.list = list;
    traced.room = 2 * count;
    return true;
}

bool traced_choose(enum verilator_method method, bool any)
{
    size_t all, count = 0;
    while ((all = model_objects(traced.list, traced.room)) > traced.room)
        if (!make_room(all))
            return false;
    traced.context = model_instance()->context;
    traced.strangers = traced.silence = 0;
    for (size_t i = 0; i < all; i++)
        if (traced.list[i].context == traced.context && (any || traced.list[i].site->model->methods[method]))
            traced.list[count++] = traced.list[i];
    traced.count = count;
    return true;
}

bool traced_has(const void *self)
{
    for (size_t i = 0; i < traced.count; i++)
        if (traced.list[i].self == self)
            return true;
    return false;
}

const struct object *traced_at(size_t index)
{
    return index < traced.count ? &traced.list[index] : NULL;
}

bool traced_is_primary(void)
{
    return traced.context == model_instance()->context;
}

void traced_note_eval(const void *self)
{
    bool known = traced_has(self);
    traced.strangers += !known;
    traced.silence = known ? 0 : traced.silence + 1;
}

static bool shows_class(const struct site *site)
{
    for (size_t i = 0; i < traced.count; i++)
        if (traced.list[i].site == site)
            return true;
    return false;
}

static bool shows_named(void)
{
    for (size_t i = 0; i < traced.count; i++)
        if (traced.list[i].site->model->named)
            return true;
    return false;
}

/* The most that one of their classes will still eval. */
static uint64_t to_come(void)
{
    uint64_t most = 0;
    for (size_t i = 0; i < traced.count; i++) {
        uint64_t evals = evals_to_come(traced.list[i].site);
        most = evals > most ? evals : most;
    }
    return most;
}

/* One that is new in their context, or that takes the place of one of theirs, as for the next test of many.
 * One that was named, or that will eval when they do not any more: but not for the last moments of two that
 * eval in turn. */
bool traced_gives_way_to(const void *self)
{
    struct object object;
    if (!model_object(self, &object))
        return false;
    bool replaces = object.context == traced.context || shows_class(object.site);
    if (!object.evaluated && replaces)
        return true;
    if (object.site->model->named && !shows_named())
        return true;
    if (shows_class(object.site))
        return false;
    uint64_t rest = to_come();
    if (rest == UINT64_MAX)
        return traced.silence >= SILENCE_EVALS;
    return rest == 0 && evals_to_come(object.site) + 1 >= traced.strangers;
}
