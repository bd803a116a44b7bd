// SPDX-License-Identifier: MIT
// Unit tests of two modules with googletest: the first passes, the second fails; a third runs
// where disabled ones do.
#include <gtest/gtest.h>

#include "Valpha.h"
#include "Vbeta.h"
#include "trace.h"

namespace
{

template <class Model> unsigned run(int evals)
{
    VerilatedContext context;
    Model top(&context);
    FieldTrace trace(&context, top);
    for (int i = 0; i < evals; i++) {
        top.clk = !top.clk;
        top.d = static_cast<IData>(i);
        top.eval();
        trace.dump(context.time());
        context.timeInc(1);
    }
    return top.q;
}

TEST(Alpha, Adds)
{
    EXPECT_NE(run<Valpha>(5000), 0U);
}

TEST(Beta, Adds)
{
    EXPECT_EQ(run<Vbeta>(3000), 0U) << "MISMATCH";
}

TEST(Gamma, DISABLED_Adds)
{
    EXPECT_NE(run<Valpha>(2000), 0U);
}

} // namespace
