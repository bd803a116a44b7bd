/* SPDX-License-Identifier: MIT */
/* How Verilator's own testbenches do it: all models that share a context are traced by one tracer. */
#include "wave/own_tracer.h"
#include "model/model.h"
#include "wave/hold.h"
#include "wave/traced.h"

#define OWN_TRACER_LEVELS 99 /* an argument of trace() that Verilator ignores */

static struct tracer own;

static enum verilator_method trace_method(void)
{
    return own.format == HOOKS_FORMAT_FST ? VERILATOR_MODEL_TRACE_FST : VERILATOR_MODEL_TRACE_VCD;
}

static void trace(uintptr_t function, void *traced)
{
    struct tracer same;
    void *object = tracer_own(&same, own.format);
    ((void (*)(void *, void *, int, int))function)(traced, object, OWN_TRACER_LEVELS, 0);
}

void own_tracer_make(void)
{
    const struct model_instance *instance = model_instance();
    void (*context_unused)(void *, int) = (void (*)(void *, int))model_symbol(VERILATOR_CONTEXT_UNUSED);
    void (*unused)(int) = (void (*)(int))model_symbol(VERILATOR_UNUSED);
    const struct object *object;

    tracer_make(&own);
    if (instance->context != NULL)
        context_unused(instance->context, 1);
    else if (unused != NULL)
        unused(1);
    if (model_release()->trace_by_context)
        trace(model_symbol(VERILATOR_CONTEXT_TRACE), instance->context);
    else
        for (size_t i = 0; (object = traced_at(i)) != NULL; i++)
            trace(object->site->model->methods[trace_method()], object->self);
}

bool own_tracer_choose(struct tracer *tracer)
{
    tracer_own(&own, model_format());
    hold_except(own.self);
    *tracer = own;
    return traced_choose(trace_method(), model_release()->trace_by_context);
}
