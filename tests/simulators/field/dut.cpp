// SPDX-License-Identifier: MIT
// A model in a library, for whoever opens it: -DMODEL=Valpha -DMODEL_NAME="Valpha" -DHEADER="Valpha.h".
#include <cstdio>

#include HEADER
#include "trace.h"

// For LIGHTSSS_WAKE_CALL.
extern "C" void dut_log(const char *word)
{
    printf("%s %s\n", MODEL_NAME, word);
    fflush(stdout);
}

// A test of its own: model and context are made and deleted. Returns the model's output.
extern "C" unsigned int dut_run(long evals)
{
    VerilatedContext context;
    MODEL top(&context);
    FieldTrace trace(&context, top);
    for (long i = 0; i < evals; i++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(i);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
    }
    return top.q;
}
