/* SPDX-License-Identifier: MIT */
/* Which models there are, which of them evaled last, and its time. */
#include "model/model.h"
#include "elf/written_often.h"
#include "model/evals.h"
#include "model/library.h"
#include "model/simtime.h"

#include <string.h>

#define TIME_STANDS_EVALS 16u      /* a testbench may eval some times before its time moves */
#define NAMED_RESTS_EVALS 1000000u /* so many of others, and the model that the user named is done */

static OFTEN_WRITTEN struct {
    const struct site *primary; /* that evaled last; the first one, a guess, until one evals */
    char name[FIND_NAME_SIZE];  /* its class's */
    char release_name[32];
    struct model_instance instance;
    uint64_t context_since;          /* the common number of evals when its context came */
    bool context_moved;              /* that one's time was seen not to be 0 */
    uint64_t named_evals, named_sum; /* of the named model, when it was seen to eval */
    bool in_eval;
} model;

/* --- finding --- */

static void use_site(const struct site *site)
{
    if (model.primary == site)
        return;
    model.primary = site;
    memcpy(model.name, site->model->name, sizeof model.name);
    memcpy(model.release_name, site->model->library->release_name, sizeof model.release_name);
    model.instance.methods = site->model->methods;
    simtime_use(site->model->library);
}

static enum hooks_format format_of(const struct site *site)
{
    return library_format(site->model->library, site->model->methods);
}

/* Nobody knows yet which model will eval: where one can be traced, a waveform can be expected. */
static enum hooks_format best_format(void)
{
    enum hooks_format format = model_format();
    for (const struct site *site = sites_first();
         site != NULL && model.instance.self == NULL && format == HOOKS_FORMAT_NONE; site = site->next)
        format = format_of(site);
    return format;
}

static const struct site *best_guess(void)
{
    const struct site *site = sites_first();
    while (site != NULL && !site->model->named)
        site = site->next;
    return site != NULL ? site : sites_first();
}

int model_find(const char *name, uintptr_t base, const char *wanted, struct hooks_found *found,
               struct hooks_why *why)
{
    int error = sites_find(name, base, wanted, why);
    if (error)
        return error;
    if (model.instance.self == NULL)
        use_site(best_guess());
    enum hooks_format format = best_format();
    *found = (struct hooks_found){
        .model = model.name,
        .verilator = model.release_name,
        .named = best_guess()->model->named,
        .newer = verilator_abi_is_guess(model_library()->release),
        .format = format,
        .tracer_removed = format == HOOKS_FORMAT_NONE && model.instance.methods[VERILATOR_MODEL_TRACE_CONFIG],
        .saif = format == HOOKS_FORMAT_NONE && library_is_for_saif(model_library()),
        .time = simtime_has_stamp() ? HOOKS_TIME_STAMP : HOOKS_TIME_EVALS,
    };
    return 0;
}

bool model_site(size_t index, struct hooks_site *site)
{
    const struct site *found = sites_first();
    while (found != NULL && index--)
        found = found->next;
    if (found == NULL)
        return false;
    *site = (struct hooks_site){found->model->name, found->model->eval.address, found->patch.head_size,
                                found->patch.head};
    return true;
}

/* --- the model that evals --- */

/* Behind the vtable pointer stands the context, except in SystemC's modules. */
static void *context_of(const struct object *object)
{
    const struct verilator_release *release = object->site->model->library->row;
    if (object->context != NULL)
        return object->context; /* that it was made with */
    return release != NULL && release->context_in_model && !simtime_is_systemc() ? ((void **)object->self)[1]
                                                                                 : NULL;
}

/* The model that the user has named is the primary one while it evals. */
static bool is_named_and_evals(const struct site *primary)
{
    uint64_t evals = count_evals(primary->count), sum = counts_sum();
    if (evals != model.named_evals) {
        model.named_evals = evals;
        model.named_sum = sum;
    }
    return primary->model->named && evals_to_come(primary) > 0 && sum - model.named_sum <= NAMED_RESTS_EVALS;
}

/* Of two that eval in turn the one that evals more is the primary one. */
static bool becomes_primary(const struct object *object)
{
    const struct site *site = object->site, *primary = model.primary;
    struct object present;
    if (model.instance.self == NULL || site == primary || !objects_find(model.instance.self, &present))
        return true;
    if (site->model->named != primary->model->named)
        return site->model->named || !is_named_and_evals(primary);
    return !object->evaluated || 2 * evals_weight(site) >= evals_weight(primary);
}

void model_note_eval(const struct object *object)
{
    struct model_instance *instance = &model.instance;
    if (!becomes_primary(object))
        return;
    use_site(object->site);
    void *context = context_of(object);
    if (context != instance->context || !instance->context_alive) {
        model.context_since = counts_sum();
        model.context_moved = false;
    }
    instance->self = object->self;
    instance->thread = pthread_self();
    instance->context = context;
    instance->context_alive = context != NULL;
}

void model_set_in_eval(bool in_eval)
{
    model.in_eval = in_eval;
}

bool model_in_eval(void)
{
    return model.in_eval;
}

const struct model_instance *model_instance(void)
{
    return &model.instance;
}

/* --- time --- */

/* A testbench may delete the context before it fails. From then on the time is what it was: the
 * memory is no longer ours to read, and a sc_time_stamp() may want the context too. */
static bool may_look_at_time(void)
{
    if (model.instance.context == NULL)
        return true;
    return model.instance.context_alive && (model.primary->model->library->context_watched || model.in_eval);
}

/* 0 may be the time, or nothing that anybody ever sets: where it was another one before, somebody has set it
 * back. What the original has learnt, the replay knows. */
static void learn_time(uint64_t sum)
{
    struct counts_facts *facts = counts_facts();
    bool moves = simtime_in_context(model.instance.context) != 0;
    model.context_moved = model.context_moved || moves;
    if (counts_are_woken() || model.instance.context == NULL)
        return;
    facts->time_moved = facts->time_moved || moves;
    facts->time_stands = !model.context_moved && sum - model.context_since >= TIME_STANDS_EVALS;
}

static bool zero_is_a_time(void)
{
    const struct counts_facts *facts = counts_facts();
    return model.context_moved || (facts->time_moved && !facts->time_stood && !facts->time_stands);
}

uint64_t model_time(uint64_t tick)
{
    if (model.instance.self == NULL)
        return 0;
    uint64_t time, evals = counts_sum();
    bool alive = may_look_at_time();
    if (alive)
        learn_time(evals);
    if (alive || simtime_may_ask())
        simtime_look(alive ? model.instance.context : NULL, zero_is_a_time(), evals);
    if (simtime_seen(&time))
        return time;
    return simtime_is_hidden() ? HOOKS_TIME_UNKNOWN : simtime_counted(evals, tick);
}

bool model_time_known(void)
{
    uint64_t time;
    return simtime_seen(&time);
}

void model_context_gone(const struct patch_arguments *arguments)
{
    struct model_instance *instance = &model.instance;
    if (!instance->context_alive || arguments->integer[0] != (uintptr_t)instance->context)
        return;
    model_time(1);
    instance->context_alive = false;
    if (!counts_are_woken() && counts_facts()->time_stands) {
        counts_facts()->time_stood = true;
        counts_facts()->time_stands = false;
    }
}

/* --- what others ask --- */

struct object_copy {
    struct object *objects;
    size_t room, count;
};

static void copy_object(const struct object *object, void *context)
{
    struct object_copy *copy = context;
    if (object->site->is_part)
        return;
    if (copy->count < copy->room) {
        copy->objects[copy->count] = *object;
        copy->objects[copy->count].context = context_of(object);
    }
    copy->count++;
}

size_t model_objects(struct object *objects, size_t room)
{
    struct object_copy copy = {objects, room, 0};
    objects_each(copy_object, &copy);
    return copy.count;
}

bool model_object(const void *self, struct object *object)
{
    if (!objects_find(self, object) || object->site->is_part)
        return false;
    object->context = context_of(object);
    return true;
}

static void look_for_major(const struct object *object, void *context)
{
    bool *found = context;
    const struct site *site = object->site, *primary = model.primary;
    if (!site->is_part && site != primary && site->model->named == primary->model->named &&
        context_of(object) != model.instance.context && evals_to_come(site) != UINT64_MAX &&
        evals_to_come(site) / 2 > evals_to_come(primary))
        *found = true;
}

bool model_is_minor(void)
{
    bool found = false;
    objects_each(look_for_major, &found);
    return found;
}

bool model_has_parts(void)
{
    for (const struct site *site = sites_first(); site != NULL; site = site->next)
        if (site->is_part)
            return true;
    return model.primary != NULL && model.primary->model->library->has_parts;
}

const struct library *model_library(void)
{
    return model.primary != NULL ? model.primary->model->library : NULL;
}

const struct verilator_release *model_release(void)
{
    return model.primary != NULL ? model.primary->model->library->row : NULL;
}

void model_release_correct(const struct verilator_release *release)
{
    model.primary->model->library->row = release;
}

const char *model_release_name(void)
{
    return model.release_name;
}

uintptr_t model_symbol(enum verilator_symbol symbol)
{
    return model.primary != NULL ? library_symbol(model_library(), symbol) : 0;
}

enum hooks_format model_format(void)
{
    return model.primary != NULL ? format_of(model.primary) : HOOKS_FORMAT_NONE;
}
