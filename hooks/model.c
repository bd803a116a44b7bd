/* SPDX-License-Identifier: MIT */
/* Each model found becomes a site with a countdown in front of its eval_step(); the first site to come
 * due is the primary model, the others are put to rest. Compiled with -fexceptions: C++ exceptions
 * may cross the frame of model_due(). */
#include "model.h"
#include "countdown.h"
#include "find.h"
#include "hold.h"
#include "library.h"
#include "simtime.h"
#include "why.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#define TURN_PATIENCE 10000u /* the threads may wait for each other elsewhere */
#define SITE_WATCHES  2

struct site {
    const struct found_model *model;
    struct countdown countdown;
    struct patch watches[SITE_WATCHES]; /* of the making of its X__Syms and of the destructor */
    bool is_part;                       /* its objects are parts of other models */
};

static struct {
    struct found found;
    struct site sites[FIND_MODELS];
    size_t count;
    size_t installed; /* sites that are patched */
    struct site *primary;
    struct library *library; /* of the primary model, or of the first as long as none evals */

    char name[FIND_NAME_SIZE]; /* of the primary model; a guess until one evals */
    char release_name[32];
    const struct verilator_release *release;

    const struct hooks_events *events;
    const struct model_listener *listener;
    void (*gone)(void);
    atomic_flag announcing; /* an eval is announced, and has not ended ... */
    pthread_t announcing_thread;
    const char *announcing_frame; /* ... or was left by a jump, which nobody tells us */
    atomic_bool begun;            /* the first eval_due() has returned */
    volatile bool take_turns;     /* who comes while an eval is announced waits for his turn */
    bool races;                   /* another thread came by while an eval was announced */
    bool in_eval;
    struct model_instance instance;
} model;

/* --- finding --- */

/* Where several models are and one of them cannot be hooked, the others still can. */
static int find_hookable(size_t first, struct hooks_why *why)
{
    size_t before = model.count;
    int error = 0;
    for (size_t i = first; i < model.found.count; i++) {
        const struct found_model *found = &model.found.models[i];
        struct site *site = &model.sites[model.count];
        const struct patch_target target = {found->name, found->eval.address, found->eval.size,
                                            found->eval.room};
        *site = (struct site){.model = found};
        int refused = patch_check(&site->countdown.patch, &target, why);
        if (refused)
            error = refused;
        else
            model.count++;
    }
    return model.count > before ? 0 : error;
}

static void use_site(const struct site *site)
{
    memcpy(model.name, site->model->name, sizeof(model.name));
    model.instance.methods = site->model->methods;
    model.library = site->model->library;
    model.release = library_row(model.library);
    unsigned release = library_release(model.library);
    if (release)
        snprintf(model.release_name, sizeof(model.release_name), "%u.%03u", release / 1000, release % 1000);
    else
        snprintf(model.release_name, sizeof(model.release_name), "unknown");
    simtime_use(model.library, model.release);
}

/* Nobody knows yet which model will eval: where one can be traced, a waveform can be expected. */
static enum hooks_format best_format(void)
{
    enum hooks_format format = model_format();
    for (size_t i = 0; i < model.count && !model.primary && format == HOOKS_FORMAT_NONE; i++) {
        const struct found_model *found = model.sites[i].model;
        format = library_format(found->library, library_row(found->library), found->methods);
    }
    return format;
}

int model_find(const char *name, uintptr_t base, const char *wanted, struct hooks_found *found,
               struct hooks_why *why)
{
    size_t known = model.found.count;
    int error = find_models(&model.found, name, base, wanted, why);
    if (!error)
        error = find_hookable(known, why);
    if (error)
        return error;
    if (!model.primary)
        use_site(&model.sites[0]);
    enum hooks_format format = best_format();
    *found = (struct hooks_found){
        .model = model.name,
        .verilator = model.release_name,
        .newer = verilator_abi_is_guess(verilator_abi_parse(model.release_name)),
        .format = format,
        .tracer_removed = format == HOOKS_FORMAT_NONE && model.instance.methods[VERILATOR_MODEL_TRACE_CONFIG],
        .saif = format == HOOKS_FORMAT_NONE && library_is_for_saif(model.library),
        .time = simtime_has_stamp() ? HOOKS_TIME_STAMP : HOOKS_TIME_EVALS,
    };
    return 0;
}

bool model_site(size_t index, struct hooks_site *site)
{
    if (index >= model.count)
        return false;
    const struct site *s = &model.sites[index];
    *site = (struct hooks_site){s->model->name, s->model->eval.address, s->countdown.patch.head_size};
    return true;
}

/* --- evals --- */

uint64_t model_evals(void)
{
    const struct site *site = model.primary ? model.primary : &model.sites[0];
    return model.installed ? countdown_evals(&site->countdown) : 0;
}

bool model_races(void)
{
    return model.races;
}

/* Before the first eval nobody knows which model is the primary one: all are armed. */
void model_due_in(uint64_t evals)
{
    for (size_t i = 0; i < model.installed; i++)
        if (!model.primary || model.primary == &model.sites[i])
            countdown_arm(&model.sites[i].countdown, evals);
}

bool model_time_known(void)
{
    uint64_t time;
    return simtime_seen(&time);
}

bool model_in_eval(void)
{
    return model.in_eval;
}

/* Evals of models other than the primary one need no countdown: all are due, or none. */
static void arm_others(uint64_t evals)
{
    for (size_t i = 0; i < model.installed; i++)
        if (&model.sites[i] != model.primary)
            countdown_arm(&model.sites[i].countdown, evals);
}

void model_take_turns(void)
{
    model.take_turns = true;
}

void model_listen(const struct model_listener *listener)
{
    model.listener = listener;
    model.take_turns = false;
    if (model.primary)
        arm_others(listener ? 1 : COUNTDOWN_NEVER);
}

/* The first site that evals becomes the primary model. */
static void choose_primary(struct site *site)
{
    model.primary = site;
    use_site(site);
    arm_others(COUNTDOWN_NEVER);
}

/* Behind the vtable pointer stands the context, except in SystemC's modules. */
static void *context_of(void *self)
{
    void *context = objects_context(self);
    if (context)
        return context;
    return model.release && model.release->context_in_model && !simtime_is_systemc() ? ((void **)self)[1]
                                                                                     : NULL;
}

static void note_instance(void *self)
{
    struct model_instance *instance = &model.instance;
    instance->self = self;
    instance->thread = pthread_self();
    instance->context = context_of(self);
    instance->context_alive = instance->context != NULL;
}

/* A testbench may delete the context before it fails. From then on the time is what it was: the
 * memory is no longer ours to read, and a sc_time_stamp() may want the context too. */
static bool may_look_at_time(void)
{
    if (!model.instance.context)
        return true;
    return model.instance.context_alive && (model.library->context_watched || model.in_eval);
}

uint64_t model_time(uint64_t tick)
{
    if (!model.instance.self)
        return 0;
    uint64_t time, evals = model_evals();
    bool alive = may_look_at_time();
    if (alive || simtime_may_ask())
        simtime_look(alive ? model.instance.context : NULL, evals);
    if (simtime_seen(&time))
        return time;
    return simtime_is_hidden() ? HOOKS_TIME_UNKNOWN : simtime_counted(evals, tick);
}

static void context_destroyed(const struct patch_arguments *arguments)
{
    if (!model.instance.context_alive || arguments->integer[0] != (uintptr_t)model.instance.context)
        return;
    model_time(1);
    model.instance.context_alive = false;
}

/* What is made inside an eval is a part of that model (--hierarchical, --lib-create), which evals and traces
 * it. */
static void object_made(const struct patch_arguments *arguments)
{
    struct site *site = arguments->context;
    if (model.in_eval && pthread_equal(model.announcing_thread, pthread_self()))
        site->is_part = true;
    if (site->is_part)
        return;
    const struct verilator_syms *syms = &site->model->syms;
    void *context = syms->context ? (void *)arguments->integer[syms->context] : NULL;
    objects_remove((void *)arguments->integer[syms->model]); /* whose end was not seen */
    objects_add((void *)arguments->integer[syms->model], context, site);
}

static void object_gone(const struct patch_arguments *arguments)
{
    void *self = (void *)arguments->integer[0];
    if (!objects_remove(self))
        return;
    if (model.gone)
        model.gone();
    if (model.listener)
        model.listener->gone(self);
}

size_t model_objects(struct model_object objects[OBJECTS_LIMIT])
{
    struct object known[OBJECTS_LIMIT];
    size_t count = 0, all = objects_list(known);
    for (size_t i = 0; i < all; i++) {
        const struct site *site = known[i].model;
        if (!site->is_part)
            objects[count++] = (struct model_object){known[i].self, context_of(known[i].self),
                                                     site->model->methods, known[i].evaluated};
    }
    return count;
}

/* --- announced evals --- */

struct announced {
    struct site *site;
    void *self;
};

static void leave_eval(struct announced *eval)
{
    bool counted = eval->site == model.primary;
    if (counted)
        model_time(1); /* notes it */
    objects_evaluated(eval->self);
    if (model.listener)
        model.listener->after(eval->self);
    model.in_eval = false;
    if (counted)
        model.events->eval_done(model_evals());
    atomic_flag_clear(&model.announcing);
}

/* The cleanup also runs when an exception passes. */
static void run_announced(struct site *site, void *self)
{
    bool counted = site == model.primary;
    if (counted) {
        note_instance(self);
        model.events->eval_due(model_evals());
        atomic_store(&model.begun, true);
    } else {
        countdown_arm(&site->countdown, 1);
    }
    if (model.listener)
        model.listener->before(self);
    __attribute__((cleanup(leave_eval))) struct announced eval = {site, self};
    model.in_eval = true;
    site->countdown.patch.original(eval.self);
}

/* Returns false where an eval is announced already. A thread that comes by again above the frame of the eval
 * it announced has jumped out of it. Nobody evals, and fails, before everything is ready for that. */
static bool announce(const char *frame)
{
    for (unsigned tries = 0; atomic_flag_test_and_set(&model.announcing); tries++) {
        if (pthread_equal(model.announcing_thread, pthread_self())) {
            if (frame < model.announcing_frame)
                return false;
            break;
        }
        model.races = true;
        if (atomic_load(&model.begun) && (!model.take_turns || tries > TURN_PATIENCE))
            return false;
        sched_yield();
    }
    model.announcing_thread = pthread_self();
    model.announcing_frame = frame;
    return true;
}

/* In the place of an eval that is due. The models of one round, and those that run on several threads, share
 * the events: who comes while an eval is announced passes by, and is due again the next time. */
PATCH_HANDLER static void model_due(void *self, void *context)
{
    struct site *site = context;
    const struct model_listener *listener = model.listener;
    if ((listener && !listener->wants(self)) || !announce(__builtin_frame_address(0))) {
        site->countdown.patch.original(self);
        return;
    }
    objects_add(self, NULL, site);
    if (!model.primary)
        choose_primary(site);
    if (site == model.primary || model.listener) {
        run_announced(site, self);
        return;
    }
    countdown_arm(&site->countdown, COUNTDOWN_NEVER);
    atomic_flag_clear(&model.announcing);
    site->countdown.patch.original(self);
}

/* --- hooks --- */

/* Objects whose making or end cannot be seen are known when they eval, and taken for alive. */
static void watch_objects(struct site *site)
{
    static const struct {
        enum verilator_method method;
        void (*tell)(const struct patch_arguments *arguments);
    } watched[SITE_WATCHES] = {
        {VERILATOR_MODEL_SYMS, object_made},
        {VERILATOR_MODEL_DESTRUCTOR, object_gone},
    };
    struct hooks_why ignored = {""};
    for (size_t i = 0; i < SITE_WATCHES; i++) {
        enum verilator_method method = watched[i].method;
        const struct patch_target target = {site->model->name, site->model->methods[method],
                                            site->model->sizes[method], SIZE_MAX};
        if (target.address && (method != VERILATOR_MODEL_SYMS || site->model->syms.model) &&
            patch_check(&site->watches[i], &target, &ignored) == 0)
            patch_notify(&site->watches[i], watched[i].tell, site, &ignored);
    }
}

int model_watch(enum verilator_symbol symbol, void (*tell)(const struct patch_arguments *arguments),
                struct hooks_why *why)
{
    return library_watch(model.library, symbol, tell, why);
}

void model_freeze(void)
{
    for (size_t i = 0; i < model.installed; i++)
        countdown_freeze(&model.sites[i].countdown);
}

const void *model_counts(size_t index)
{
    return index < model.installed ? (const void *)model.sites[index].countdown.patch.countdown : NULL;
}

int model_thaw(void)
{
    int error = 0;
    for (size_t i = 0; i < model.installed && !error; i++)
        error = countdown_thaw(&model.sites[i].countdown);
    return error;
}

/* Threads that held something here are not in the child. Its evals are not those of its parent. */
void model_forked(void)
{
    for (size_t i = 0; i < model.installed; i++)
        countdown_fork(&model.sites[i].countdown);
    model.primary = NULL;
    model.races = false;
    model.in_eval = model.in_eval && pthread_equal(model.announcing_thread, pthread_self());
    atomic_store(&model.begun, false);
    atomic_flag_clear(&model.announcing);
    objects_forked();
    library_forked();
    hold_forked();
}

int model_install(const struct hooks_events *events, struct hooks_why *why)
{
    struct hooks_why ignored = {""};
    size_t before = model.installed;
    model.events = events;
    if (!model.count)
        return why_set(why, -EINVAL, "install() needs one successful find() before it: report this as a bug");
    if (model.installed == 0)
        pthread_atfork(NULL, NULL, model_forked);
    for (size_t i = 0; i < model.found.library_count; i++) {
        struct library *library = &model.found.libraries[i];
        library->context_watched =
            library_watch(library, VERILATOR_CONTEXT_DESTRUCTOR, context_destroyed, &ignored) == 0;
    }
    while (model.installed < model.count) {
        struct site *site = &model.sites[model.installed];
        int error = countdown_install(&site->countdown, model_due, site, why);
        if (error && model.installed == before)
            return error;
        if (error)
            break;
        model.installed++;
        watch_objects(site);
    }
    return 0;
}

const struct model_instance *model_instance(void)
{
    return &model.instance;
}

bool model_has_parts(void)
{
    for (size_t i = 0; i < model.installed; i++)
        if (model.sites[i].is_part)
            return true;
    return model.library && model.library->has_parts;
}

const struct verilator_release *model_release(void)
{
    return model.release;
}

void model_release_correct(const struct verilator_release *release)
{
    model.release = release;
}

const char *model_release_name(void)
{
    return model.release_name;
}

const struct library *model_library(void)
{
    return model.library;
}

void model_when_gone(void (*gone)(void))
{
    model.gone = gone;
}

uintptr_t model_symbol(enum verilator_symbol symbol)
{
    return model.library ? library_symbol(model.library, symbol) : 0;
}

enum hooks_format model_format(void)
{
    return library_format(model.library, model.release, model.instance.methods);
}
