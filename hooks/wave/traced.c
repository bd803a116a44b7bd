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

/* All of them together. */
struct shown {
    bool class;       /* one is of this class */
    bool named;       /* the user has named the class of one */
    uint64_t to_come; /* the most that one of their classes will still eval */
};

static struct shown look_at_all(const struct site *class)
{
    struct shown shown = {.class = false};
    for (size_t i = 0; i < traced.count; i++) {
        const struct site *site = traced.list[i].site;
        uint64_t evals = evals_to_come(site);
        shown.class = shown.class || site == class;
        shown.named = shown.named || site->model->named;
        shown.to_come = evals > shown.to_come ? evals : shown.to_come;
    }
    return shown;
}

/* One that is new in their context, or that takes the place of one of theirs, as for the next test of many.
 * One that was named, or that will eval when they do not any more: but not for the last moments of two that
 * eval in turn. */
bool traced_gives_way_to(const void *self)
{
    struct object object;
    if (!model_object(self, &object))
        return false;
    struct shown shown = look_at_all(object.site);
    if (!object.evaluated && (object.context == traced.context || shown.class))
        return true;
    if (object.site->model->named && !shown.named)
        return true;
    if (shown.class)
        return false;
    if (shown.to_come == UINT64_MAX)
        return traced.silence >= SILENCE_EVALS;
    return shown.to_come == 0 && evals_to_come(object.site) + 1 >= traced.strangers;
}
