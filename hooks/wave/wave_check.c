/* SPDX-License-Identifier: MIT */
/* What stands in the way of a waveform: see wave_check.h. */
#include "wave/wave_check.h"
#include "elf/why.h"
#include "model/model.h"
#include "wave/layout.h"
#include "wave/tracer.h"
#include "wave/wave_files.h"

#include <errno.h>
#include <string.h>

#define PARTS_MAY_BE_TOP 5050 /* release */

static const char newer[] = "Verilator %s is newer than this library and works in another way: update it";

int wave_check_simulator(struct hooks_why *why)
{
    const struct verilator_release *release = model_release();
    const struct model_instance *instance = model_instance();
    if (model_in_eval())
        return why_set(why, -EBUSY, "no waveform can be opened inside an eval: wait until it has returned");
    if (instance->self == NULL)
        return why_set(why, -EAGAIN, "no waveform before the first eval: wait for it");
    if (model_format() == HOOKS_FORMAT_NONE && !layout_known())
        return why_set(why, -ENOTSUP, newer, model_release_name());
    if (model_format() == HOOKS_FORMAT_NONE)
        return why_set(why, -ENOTSUP,
                       "the simulator has no tracer: rebuild it with verilator --trace or --trace-fst");
    if (release == NULL)
        return why_set(why, -ENOTSUP,
                       "the simulator does not tell its Verilator release: rebuild it with 4.038 or newer");
    if (release->context_unused && (instance->context == NULL || !model_symbol(VERILATOR_CONTEXT_UNUSED)))
        return why_set(why, -ENOTSUP,
                       "Verilator %s hides its context: rebuild the simulator with 5.006 or newer",
                       model_release_name());
    return 0;
}

int wave_check_path(const char *path, struct hooks_why *why)
{
    int error = wave_files_create(path, 0);
    return !error ? 0
                  : why_set(why, error, "cannot create %.150s (%s): choose another LIGHTSSS_DIR", path,
                            strerrordesc_np(-error));
}

static void probe_work(const void *unused)
{
    (void)unused;
    layout_probe(model_format());
}

/* A release that the table does not know is asked itself. */
int wave_check_layout(struct hooks_why *why)
{
    struct tracer probed;
    tracer_own(&probed, model_format());
    if (!layout_known())
        tracer_run(&probed, probe_work, NULL);
    return layout_known() ? 0 : why_set(why, -ENOTSUP, newer, model_release_name());
}

/* Such releases take every model of --lib-create for a part of another one, whose top declares its signals:
 * where it is the top itself nobody does, and the first dump writes through what is not there. */
static bool is_top_without_signals(void)
{
    return model_has_parts() && model_release()->since < PARTS_MAY_BE_TOP &&
           model_symbol(verilator_abi_tracer(VERILATOR_TRACER_ADD_PART, model_format()));
}

void wave_check_blame(bool has_dumped, struct hooks_why *why)
{
    if (!has_dumped && is_top_without_signals())
        why_write(why, "Verilator %s does so by itself where a --lib-create library is the top: take 5.050",
                  model_release_name());
    else
        why_write(
            why,
            "so it does without us where the testbench traces, unless the run has overwritten its memory");
}
