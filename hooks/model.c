/* SPDX-License-Identifier: MIT */
/* Each model found becomes a site with a countdown in front of its eval_step(); the first site to come
 * due is the primary model, the others are put to rest. Compiled with -fexceptions: C++ exceptions
 * may cross the frame of model_due(). */
#include "model.h"
#include "find.h"
#include "why.h"

#include <errno.h>
#include <string.h>

#define MODEL_NEVER UINT64_MAX

struct site {
    const struct found_model *model;
    struct patch patch;
    uint64_t last;   /* number of the eval that the countdown runs to: evals so far = last - countdown */
    unsigned arming; /* site_arm() is at work: evals holds their number */
    uint64_t evals;
};

static struct {
    struct found found;
    struct site sites[FIND_MODELS];
    size_t count;
    size_t installed; /* sites that are patched */
    struct site *primary;

    char name[FIND_NAME_SIZE]; /* of the primary model; a guess until one evals */
    char release_name[32];
    const struct verilator_release *release;

    const struct hooks_events *events;
    void (*after)(void *self);
    bool in_eval;
    struct model_instance instance;

    unsigned context_time; /* offset of the time in the context; 0: not known */
    bool context_watched;  /* we hear of the context's end */
    bool time_known;       /* time_seen is what the simulator's own time was when last looked at */
    uint64_t time_seen;
} model;

/* --- finding --- */

/* A plain function that returns a string literal: the one thing that may be called before the
 * simulator's own constructors have run. */
static void find_release(void)
{
    const char *(*product_version)(void) = (const char *(*)(void))model_symbol(VERILATOR_PRODUCT_VERSION);
    unsigned release = product_version ? verilator_abi_parse(product_version()) : 0;
    model.release = verilator_abi_release(release);
    if (release)
        snprintf(model.release_name, sizeof(model.release_name), "%u.%03u", release / 1000, release % 1000);
    else
        snprintf(model.release_name, sizeof(model.release_name), "unknown");
}

/* Where several models are and one of them cannot be hooked, the others still can. */
static int find_hookable(struct hooks_why *why)
{
    int error = 0;
    for (size_t i = 0; i < model.found.count; i++) {
        const struct found_model *found = &model.found.models[i];
        struct site *site = &model.sites[model.count];
        const struct patch_target target = {found->name, found->eval.address, found->eval.size,
                                            found->eval.room};
        site->model = found;
        int refused = patch_check(&site->patch, &target, why);
        if (refused)
            error = refused;
        else
            model.count++;
    }
    return model.count ? 0 : error;
}

static bool has_tracer(enum hooks_format format)
{
    static const enum verilator_symbol needed[] = {
        VERILATOR_TRACER_CONSTRUCTOR,
        VERILATOR_TRACER_OPEN,
        VERILATOR_TRACER_DUMP,
        VERILATOR_TRACER_CLOSE,
    };
    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
        if (!model_symbol(verilator_abi_tracer(needed[i], format)))
            return false;
    return true;
}

/* sc_time_stamp() is always the testbench's own, and weak only because Verilator's header declares it
 * so. A weak vl_time_stamp64() may be that too, or the header's inline copy, which answers 0. */
static bool has_stamp(void)
{
    return model_symbol(VERILATOR_SC_TIME_STAMP) || model.found.library.strong[VERILATOR_TIME_STAMP64];
}

static void name_model(const struct site *site)
{
    memcpy(model.name, site->model->name, sizeof(model.name));
    memcpy(model.instance.methods, site->model->methods, sizeof(model.instance.methods));
}

int model_find(const char *wanted, struct hooks_found *found, struct hooks_why *why)
{
    memset(&model, 0, sizeof(model));
    int error = find_models(&model.found, wanted, why);
    if (error)
        return error;
    error = find_hookable(why);
    if (error)
        return error;
    find_release();
    name_model(&model.sites[0]);
    *found = (struct hooks_found){
        .model = model.name,
        .verilator = model.release_name,
        .format = model_format(),
        .time = has_stamp() ? HOOKS_TIME_STAMP : HOOKS_TIME_EVALS,
    };
    return 0;
}

bool model_site(size_t index, struct hooks_site *site)
{
    if (index >= model.count)
        return false;
    const struct site *found = &model.sites[index];
    *site = (struct hooks_site){found->name, found->eval.address, found->patch.head_size};
    return true;
}

/* --- evals --- */

static struct site *counted_site(void)
{
    return model.primary ? model.primary : &model.sites[0];
}

static uint64_t site_evals(const struct site *site)
{
    if (site->arming)
        return site->evals;
    return site->last - *site->patch.countdown;
}

/* A signal handler may come in anywhere here and arm the site itself. Then its countdown stays, and
 * `last` gets both differences; a count asked for meanwhile is the one noted at the start. */
static void site_arm(struct site *site, uint64_t evals)
{
    site->evals = site_evals(site);
    site->arming++;
    uint64_t before = __atomic_exchange_n(site->patch.countdown, evals, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&site->last, evals - before, __ATOMIC_SEQ_CST);
    site->arming--;
}

uint64_t model_evals(void)
{
    return model.installed ? site_evals(counted_site()) : 0;
}

/* Before the first eval nobody knows which model is the primary one: all are armed. */
void model_due_in(uint64_t evals)
{
    if (model.primary) {
        site_arm(model.primary, evals);
        return;
    }
    for (size_t i = 0; i < model.installed; i++)
        site_arm(&model.sites[i], evals);
}

bool model_in_eval(void)
{
    return model.in_eval;
}

void model_after_eval(void (*after)(void *self))
{
    model.after = after;
}

/* The first site that evals becomes the primary model. */
static void choose_primary(struct site *site)
{
    model.primary = site;
    name_model(site);
    for (size_t i = 0; i < model.installed; i++)
        if (&model.sites[i] != site)
            site_arm(&model.sites[i], MODEL_NEVER);
    model.context_time = verilator_abi_context_time(
        model.release, (void (*)(void *, int))model_symbol(VERILATOR_CONTEXT_UNUSED));
}

static void note_instance(void *self)
{
    struct model_instance *instance = &model.instance;
    instance->self = self;
    instance->thread = pthread_self();
    instance->context = model.release && model.release->context_in_model ? ((void **)self)[1] : NULL;
    instance->context_alive = instance->context != NULL;
}

/* The simulator's own time; false where it has none to offer. */
static bool look_at_time(uint64_t *time)
{
    uint64_t (*stamp64)(void) = (uint64_t(*)(void))model_symbol(VERILATOR_TIME_STAMP64);
    double (*stamp)(void) = (double (*)(void))model_symbol(VERILATOR_SC_TIME_STAMP);
    *time = 0;
    if (model.instance.context && model.context_time)
        memcpy(time, (const char *)model.instance.context + model.context_time, sizeof(*time));
    if (*time)
        return true;
    if (stamp)
        *time = (uint64_t)stamp();
    else if (stamp64)
        *time = stamp64();
    return has_stamp() || *time;
}

/* A testbench may delete the context before it fails. From then on the time is what it was: the
 * memory is no longer ours to read, and a sc_time_stamp() may want the context too. */
static bool may_look_at_time(void)
{
    if (!model.instance.context)
        return true;
    return model.instance.context_alive && (model.context_watched || model.in_eval);
}

uint64_t model_time(uint64_t tick)
{
    if (!model.instance.self)
        return 0;
    if (may_look_at_time())
        model.time_known = look_at_time(&model.time_seen);
    if (model.time_known)
        return model.time_seen;
    uint64_t evals = model_evals();
    return evals ? (evals - 1) * tick : 0;
}

static void context_destroyed(const struct patch_arguments *arguments)
{
    if (!model.instance.context_alive || arguments->integer[0] != (uintptr_t)model.instance.context)
        return;
    model_time(1);
    model.instance.context_alive = false;
}

static void leave_eval(void **self)
{
    model_time(1); /* notes it */
    if (model.after)
        model.after(*self);
    model.in_eval = false;
    model.events->eval_done(model_evals());
}

/* In the place of an eval that is due; its cleanup also runs when an exception passes. */
static void model_due(void *self, void *context)
{
    struct site *site = context;
    if (!model.primary)
        choose_primary(site);
    if (site != model.primary) {
        site->patch.original(self);
        return;
    }
    note_instance(self);
    model.events->eval_due(model_evals());
    __attribute__((cleanup(leave_eval))) void *leaving = self;
    model.in_eval = true;
    site->patch.original(leaving);
}

int model_watch(enum verilator_symbol symbol, void (*tell)(const struct patch_arguments *arguments),
                struct hooks_why *why)
{
    /* Patches are few and stay for good. */
    static struct patch patches[8];
    static size_t used;
    static const char name[] = "Verilator's run time library";
    const struct place *place = &model.found.library.symbols[symbol];
    if (!place->address || used == sizeof(patches) / sizeof(*patches))
        return why_set(why, -ENOENT, "a function of %s is missing: link without --gc-sections", name);
    const struct patch_target target = {name, place->address, place->size, place->room};
    int error = patch_check(&patches[used], &target, why);
    if (!error)
        error = patch_notify(&patches[used], tell, why);
    used += !error;
    return error;
}

int model_install(const struct hooks_events *events, struct hooks_why *why)
{
    struct hooks_why ignored = {""};
    model.events = events;
    if (!model.count || model.installed)
        return why_set(why, -EINVAL, "install() needs one successful find() before it: report this as a bug");
    for (size_t i = 0; i < model.count; i++) {
        struct site *site = &model.sites[i];
        int error = patch_count(&site->patch, 1, model_due, site, why);
        if (error && i == 0)
            return error;
        if (error)
            break;
        site->last = 1;
        model.installed++;
    }
    model.context_watched = model_watch(VERILATOR_CONTEXT_DESTRUCTOR, context_destroyed, &ignored) == 0;
    return 0;
}

const struct model_instance *model_instance(void)
{
    return &model.instance;
}

const struct verilator_release *model_release(void)
{
    return model.release;
}

const char *model_release_name(void)
{
    return model.release_name;
}

uintptr_t model_symbol(enum verilator_symbol symbol)
{
    return model.found.library.symbols[symbol].address;
}

/* Where both tracers are linked in, the model was built for the one that its trace() takes. */
enum hooks_format model_format(void)
{
    const struct verilator_release *release = model.release;
    bool vcd = has_tracer(HOOKS_FORMAT_VCD);
    bool fst = has_tracer(HOOKS_FORMAT_FST);
    if (release && release->trace_by_context && !model_symbol(VERILATOR_CONTEXT_TRACE))
        return HOOKS_FORMAT_NONE;
    if (release && !release->trace_by_context) {
        vcd = vcd && model.instance.methods[VERILATOR_MODEL_TRACE_VCD];
        fst = fst && model.instance.methods[VERILATOR_MODEL_TRACE_FST];
    }
    if (vcd)
        return HOOKS_FORMAT_VCD;
    return fst ? HOOKS_FORMAT_FST : HOOKS_FORMAT_NONE;
}
