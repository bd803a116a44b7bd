// SPDX-License-Identifier: MIT
// Several models in one process, as in a program of unit tests: several STATUS STEP...
//   alpha:N, beta:N   a model with a context of its own, N evals, both are deleted
//   kept-alpha:N ...  the same, never deleted
//   both:N:M          N rounds of one eval of alpha and M of beta, in one context
//   apart:N:M         the same, each with its own context
//   crowd:N:M         N objects of alpha in one context, M rounds
// FIELD_EARLY: time goes on before each eval, not behind it. FIELD_MODEL=beta: of two apart, that one is
// traced.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Valpha.h"
#include "Vbeta.h"
#include "trace.h"

namespace
{

const bool early = getenv("FIELD_EARLY") != nullptr;

template <class Model> void eval(Model &model, VerilatedContext &context)
{
    if (early)
        context.timeInc(1);
    model.clk = !model.clk;
    model.d = static_cast<IData>(context.time());
    model.eval();
}

void late(VerilatedContext &context)
{
    if (!early)
        context.timeInc(1);
}

template <class Model> void alone(long evals, bool kept)
{
    auto *context = new VerilatedContext;
    auto *model = new Model(context);
    {
        FieldTrace trace(context, *model);
        for (long i = 0; i < evals; i++) {
            eval(*model, *context);
            trace.dump(context->time());
            late(*context);
        }
    }
    printf("%s %u\n", model->modelName(), model->q);
    model->final();
    if (kept)
        return;
    delete model;
    delete context;
}

void both(long rounds, long times)
{
    VerilatedContext context;
    Valpha alpha(&context, "one");
    Vbeta beta(&context, "two");
    FieldTrace trace(&context, alpha, beta);
    for (long i = 0; i < rounds; i++) {
        eval(alpha, context);
        trace.dump(context.time());
        for (long j = 0; j < times; j++) {
            late(context);
            eval(beta, context);
            trace.dump(context.time());
        }
        late(context);
    }
    printf("%u %u\n", alpha.q, beta.q);
}

void apart(long rounds, long times)
{
    VerilatedContext first, second;
    Valpha alpha(&first);
    Vbeta beta(&second);
    const char *model = getenv("FIELD_MODEL");
    bool is_beta = model != nullptr && strcmp(model, "beta") == 0;
    std::unique_ptr<FieldTrace> trace(is_beta ? new FieldTrace(&second, beta)
                                              : new FieldTrace(&first, alpha));
    for (long i = 0; i < rounds; i++) {
        eval(alpha, first);
        if (!is_beta)
            trace->dump(first.time());
        late(first);
        for (long j = 0; j < times; j++) {
            eval(beta, second);
            if (is_beta)
                trace->dump(second.time());
            late(second);
        }
    }
    printf("%u %u\n", alpha.q, beta.q);
}

void crowd(long count, long rounds)
{
    VerilatedContext context;
    std::vector<std::unique_ptr<Valpha>> models;
    for (long i = 0; i < count; i++)
        models.emplace_back(new Valpha(&context, ("dut" + std::to_string(i)).c_str()));
    FieldTrace trace(&context, models);
    for (long i = 0; i < rounds; i++) {
        for (auto &model : models) {
            model->clk = !model->clk;
            model->d = static_cast<IData>(i);
            model->eval();
        }
        trace.dump(context.time());
        context.timeInc(1);
    }
    printf("%u\n", models.back()->q);
}

} // namespace

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        std::string step = argv[i];
        bool kept = step.compare(0, 5, "kept-") == 0;
        std::string name = step.substr(kept ? 5 : 0, step.find(':') - (kept ? 5 : 0));
        char *rest;
        long first = strtol(step.c_str() + step.find(':') + 1, &rest, 10);
        long second = *rest == ':' ? strtol(rest + 1, nullptr, 10) : 0;
        if (name == "alpha")
            alone<Valpha>(first, kept);
        else if (name == "beta")
            alone<Vbeta>(first, kept);
        else if (name == "both")
            both(first, second);
        else if (name == "apart")
            apart(first, second);
        else if (name == "crowd")
            crowd(first, second);
        else
            return 99;
    }
    fflush(stdout);
    return argc > 1 ? atoi(argv[1]) : 0;
}
