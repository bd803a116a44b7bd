/* SPDX-License-Identifier: MIT */
/* See wish.h. A waveform that is opened at the beginning is none: before a model's first eval or inside it,
 * and before the time has moved (a SystemC testbench evaluates once so that all is connected). Nor is one
 * that takes the place of another, as for each phase of a run. */
#include "wave/wish.h"
#include "model/counts.h"
#include "model/model.h"
#include "model/objects.h"
#include "model/simtime.h"

#include <stdatomic.h>

#define WISH_BEGIN_EVALS 4u /* so many belong to the beginning, while it is time 0 */

static atomic_uint successions; /* places of waveforms that were closed */

static void see_new(const struct object *object, void *context)
{
    bool *is_new = context;
    *is_new = *is_new || !object->evaluated;
}

static bool is_time_zero(void)
{
    const struct model_instance *instance = model_instance();
    return instance->context == NULL || !instance->context_alive ||
           simtime_in_context(instance->context) == 0;
}

static bool is_beginning(void)
{
    bool is_new = false;
    if (counts_sum() == 0 || (counts_sum() <= WISH_BEGIN_EVALS && is_time_zero()))
        return true;
    objects_each(see_new, &is_new);
    return is_new;
}

static bool takes_place(void)
{
    unsigned places = atomic_load(&successions);
    while (places > 0)
        if (atomic_compare_exchange_weak(&successions, &places, places - 1))
            return true;
    return false;
}

bool wish_is_made(void)
{
    const bool is_successor = takes_place(); /* the place is taken, whenever that is */
    return !is_successor && !is_beginning();
}

void wish_continues(void)
{
    atomic_fetch_add(&successions, 1);
}
