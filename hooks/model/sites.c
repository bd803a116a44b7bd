/* SPDX-License-Identifier: MIT */
/* Finding and hooking of model classes: see sites.h. */
#include "model/sites.h"
#include "elf/stock.h"
#include "elf/why.h"
#include "model/simtime.h"

#include <errno.h>

static struct site *first, *last;

struct site *sites_first(void)
{
    return first;
}

int sites_find(const char *name, uintptr_t base, const char *wanted, struct hooks_why *why)
{
    struct found_model *models;
    int error = find_models(&models, name, base, wanted, why);
    if (error)
        return error;
    simtime_learn(models->library);
    bool any = false;
    for (const struct found_model *model = models; model != NULL; model = model->next) {
        struct site *site = stock_take(sizeof *site);
        const struct patch_target target = {model->name, model->eval.address, model->eval.size,
                                            model->eval.room};
        if (site == NULL)
            return why_set(why, -ENOMEM, "no memory to hook %.60s: raise the limits", model->name);
        site->model = model;
        int refused = patch_check(&site->patch, &target, why);
        if (refused) {
            error = refused;
            continue;
        }
        __atomic_store_n(last != NULL ? &last->next : &first, site, __ATOMIC_RELEASE);
        last = site;
        any = true;
    }
    return any ? 0 : error;
}

/* Objects whose making or end cannot be seen are known when they eval, and taken for alive. */
static void watch(struct site *site, struct patch *patch, enum verilator_method method,
                  void (*tell)(const struct patch_arguments *arguments))
{
    const struct patch_target target = {site->model->name, site->model->methods[method],
                                        site->model->sizes[method], SIZE_MAX};
    struct hooks_why ignored = {""};
    if (target.address && patch_check(patch, &target, &ignored) == 0)
        patch_notify(patch, tell, site, &ignored);
}

static int hook(struct site *site, const struct site_callbacks *callbacks, struct hooks_why *why)
{
    struct library *library = site->model->library;
    struct hooks_why ignored = {""};
    struct count *count = count_take();
    if (count == NULL)
        return why_set(why, -ENOMEM, "no shared memory to count the evals of %.60s, or more than %d models",
                       site->model->name, COUNTS_LIMIT);
    site->count = count; /* the first eval may come at once */
    int error = patch_count(&site->patch, &count->left, 1, callbacks->due, site, why);
    if (error) {
        site->count = NULL;
        return error;
    }
    count_view(count, site->patch.countdown);
    if (!library->context_watched)
        library->context_watched =
            library_watch(library, VERILATOR_CONTEXT_DESTRUCTOR, callbacks->context_gone, &ignored) == 0;
    if (site->model->syms.model)
        watch(site, &site->makes, VERILATOR_MODEL_SYMS, callbacks->made);
    watch(site, &site->ends, VERILATOR_MODEL_DESTRUCTOR, callbacks->gone);
    return 0;
}

int sites_install(const struct site_callbacks *callbacks, struct hooks_why *why)
{
    static const char early[] = "install() needs one successful find() before it: report this as a bug";
    size_t hooked = 0;
    int error = first != NULL ? 0 : why_set(why, -EINVAL, early);
    for (struct site *site = first; site != NULL; site = site->next) {
        if (site->count != NULL || site->refused)
            continue;
        int refused = hook(site, callbacks, why);
        site->refused = refused != 0;
        error = refused ? refused : error;
        hooked += !refused;
    }
    return hooked ? 0 : error;
}
