/* SPDX-License-Identifier: MIT */
/* Asks the simulator's own functions where things are, and remembers the answer. In a replay only: what
 * they do to the heap is not to be seen in the original. */
#include "wave/layout.h"
#include "model/model.h"

/* How far to look for the pool in a context. It is word 45 of 5.006 and 65 of 5.048; the search ends there.
 */
#define LAYOUT_CONTEXT_WORDS 128

static struct verilator_release corrected;

bool layout_known(void)
{
    if (model_release() == &corrected)
        return true;
    /* One that does not tell its number has a row by the layout of its context alone; newer ones can be
     * asked. */
    return model_library()->release ? layout_is_of_table() : !model_release()->trace_by_context;
}

bool layout_is_of_table(void)
{
    return model_library()->release && !verilator_abi_is_guess(model_library()->release);
}

void layout_probe(enum hooks_format format)
{
    const struct verilator_probe probe = {
        (void (*)(void *, int))model_symbol(VERILATOR_CONTEXT_UNUSED),
        (void (*)(void *, const void *))model_symbol(
            verilator_abi_tracer(VERILATOR_TRACER_CONSTRUCTOR, format)),
        (void (*)(void *, uint64_t))model_symbol(verilator_abi_tracer(VERILATOR_TRACER_DUMP, format)),
    };
    corrected = *model_release();
    if (model_symbol(VERILATOR_CONTEXT_TRACE) &&
        model_symbol(verilator_abi_tracer(VERILATOR_TRACER_TYPEINFO, format)) &&
        verilator_abi_probe(&probe, &corrected))
        model_release_correct(&corrected);
}

bool layout_pool(void ***place)
{
    void **context = model_instance()->context;
    void *(*pool)(void *) = (void *(*)(void *))model_symbol(VERILATOR_CONTEXT_POOL);
    void *workers = context != NULL && pool != NULL ? pool(context) : NULL;
    *place = NULL;
    for (size_t i = 0; workers != NULL && i < LAYOUT_CONTEXT_WORDS && *place == NULL; i++)
        if (context[i] == workers)
            *place = &context[i];
    return *place != NULL || workers == NULL;
}
