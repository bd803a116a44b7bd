/* SPDX-License-Identifier: MIT */
/* What snapshots cost: see account.h. */
#include "snapshot/account.h"

#include "snapshot/cost.h"

static struct cost cost;
static uint64_t paid_ns;   /* the stall, and what was spent otherwise since */
static uint64_t copies_ns; /* since the last snapshot, ... */
static uint64_t before_ns; /* ... and all that came before it */

void account_init(void)
{
    paid_ns = copies_ns = before_ns = 0;
    cost_init(&cost);
}

void account_begin(uint64_t stall_ns)
{
    struct cost_now now;

    before_ns += account_ns();
    cost_read(&now);
    cost_begin(&cost, &now);
    paid_ns = stall_ns;
    copies_ns = 0;
}

void account_look(bool is_shared)
{
    struct cost_now now;

    cost_read(&now);
    cost_look(&cost, &now);
    if (is_shared)
        copies_ns = cost_ns(&cost, &now);
}

void account_pay(uint64_t ns, bool is_system)
{
    paid_ns += ns;
    if (is_system)
        cost_leave_out(&cost, ns);
}

uint64_t account_copied(void)
{
    return cost_copied(&cost);
}

uint64_t account_ns(void)
{
    return paid_ns + copies_ns;
}

uint64_t account_total_ns(void)
{
    return before_ns + account_ns();
}
