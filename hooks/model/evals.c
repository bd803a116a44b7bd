/* SPDX-License-Identifier: MIT */
/* Each site counts for itself, so that no two threads write to one place. To meet a certain eval of all, the
 * way to it is shared out among the sites that eval, in proportion to their pace, in such a way that one of
 * them comes due before it or at it; what is left of the way is then shared out again. Sites that rest are
 * due at once. So the number is exact, and the same in a replay. What only time has decided is taken over
 * from the original. */
#include "model/evals.h"
#include "elf/written_often.h"

#include <pthread.h>

#define WATCH_STEP  4096u   /* evals of a site that is not part of the number, from one look to the next */
#define WATCH_EVALS 500000u /* so many, while the number stands still, and the site becomes part of it */

static OFTEN_WRITTEN struct {
    volatile uint64_t goal; /* the eval that is due; UINT64_MAX: none */
    volatile bool listens;
    bool begun;       /* a site has joined */
    pthread_t thread; /* that evals */
} evals = {.goal = 1};

bool evals_joined(const struct site *site)
{
    return site->count != NULL && __atomic_load_n(&site->count->joined, __ATOMIC_ACQUIRE);
}

static struct site *next_joined(struct site *site)
{
    while (site != NULL && !evals_joined(site))
        site = site->next;
    return site;
}

/* --- sharing out --- */

uint64_t evals_weight(const struct site *site)
{
    if (!site->moves)
        return 0;
    uint64_t now = count_evals(site->count);
    return site->pace + (now > site->period_start ? now - site->period_start : 0) + 1;
}

static uint64_t way_to(uint64_t goal)
{
    uint64_t sum = counts_sum();
    if (goal == UINT64_MAX)
        return COUNTS_NEVER;
    return goal > sum ? goal - sum : 1;
}

static void share_out(uint64_t goal)
{
    uint64_t way = way_to(goal), weights = 1;
    for (const struct site *site = next_joined(sites_first()); site != NULL; site = next_joined(site->next))
        weights += evals_weight(site);
    for (struct site *site = next_joined(sites_first()); site != NULL; site = next_joined(site->next)) {
        uint64_t part = 1;
        if (site->moves)
            part += way == COUNTS_NEVER
                        ? COUNTS_NEVER - 1
                        : (uint64_t)((unsigned __int128)(way - 1) * evals_weight(site) / weights);
        if (part != 1 || (int64_t)site->count->left > 1)
            count_arm(site->count, part);
    }
}

/* A signal handler, or another thread, may ask for another goal meanwhile. */
static void arm(void)
{
    uint64_t goal;
    do {
        goal = evals.goal;
        share_out(goal);
    } while (goal != evals.goal);
}

void evals_due_in(uint64_t count)
{
    uint64_t sum = counts_sum();
    evals.goal = count > UINT64_MAX - 1 - sum ? UINT64_MAX : sum + count;
    for (struct site *site = next_joined(sites_first()); site != NULL; site = next_joined(site->next)) {
        uint64_t now = count_evals(site->count);
        site->pace = now > site->period_start ? now - site->period_start : 0;
        site->period_start = now;
        site->moves = site->pace > 0; /* those of a round do not all eval between two looks */
    }
    arm();
}

/* Which sites have evaled since the last look? */
static void see_moves(const struct site *looking)
{
    for (struct site *site = next_joined(sites_first()); site != NULL; site = next_joined(site->next)) {
        uint64_t now = count_evals(site->count);
        site->moves = site->moves || site == looking || now != site->seen;
        site->seen = now;
    }
}

/* --- who takes part --- */

static void join(struct site *site, uint64_t skipped)
{
    site->count->skipped = skipped;
    site->count->joined_at = count_evals(site->count);
    __atomic_store_n(&site->count->joined, true, __ATOMIC_RELEASE);
    evals.begun = true;
    site->period_start = site->seen = site->count->joined_at;
}

/* A replay does what the original did. */
static void follow(struct site *site, const struct count *to_come)
{
    uint64_t now = count_evals(site->count);
    if (to_come->joined && now >= to_come->joined_at)
        join(site, to_come->skipped);
    else if (!evals.listens)
        count_arm(site->count, to_come->joined ? to_come->joined_at - now : COUNTS_NEVER);
}

static void watch(struct site *site)
{
    uint64_t now = count_evals(site->count), sum = counts_sum();
    if (!site->watched || sum != site->watch_sum) {
        site->watched = true;
        site->watch_sum = sum;
        site->watch_evals = now - 1;
    } else if (now - site->watch_evals > WATCH_EVALS) {
        join(site, site->watch_evals);
        return;
    }
    if (!evals.listens)
        count_arm(site->count, WATCH_STEP);
}

void evals_consider(struct site *site, bool inside)
{
    if (evals_joined(site))
        return;
    const struct count *to_come = count_to_come(site->count);
    if (to_come != NULL)
        follow(site, to_come);
    else if (!inside && (!evals.begun || (!site->watched && pthread_equal(evals.thread, pthread_self()))))
        join(site, count_evals(site->count) - 1);
    else
        watch(site);
}

bool evals_look(struct site *site)
{
    if (!evals_joined(site))
        return false;
    evals.thread = pthread_self();
    see_moves(site);
    if (counts_sum() >= evals.goal)
        return true;
    arm();
    return false;
}

/* --- the others --- */

void evals_listen(bool listens)
{
    evals.listens = listens;
    for (struct site *site = sites_first(); site != NULL; site = site->next)
        if (site->count != NULL && !site->is_part && !evals_joined(site) && count_evals(site->count) > 0)
            count_arm(site->count, listens ? 1 : WATCH_STEP);
}

void evals_expect(struct site *site)
{
    if (site->count != NULL && !site->is_part)
        count_arm(site->count, 1);
}

void evals_expect_any(void)
{
    for (struct site *site = next_joined(sites_first()); site != NULL; site = next_joined(site->next))
        if ((int64_t)site->count->left > 1)
            count_arm(site->count, 1);
}

uint64_t evals_to_come(const struct site *site)
{
    const struct count *to_come = site->count != NULL ? count_to_come(site->count) : NULL;
    if (to_come == NULL)
        return UINT64_MAX;
    uint64_t now = count_evals(site->count), all = count_evals(to_come);
    return all > now ? all - now : 0;
}

void evals_forked(void)
{
    evals.goal = 1;
    evals.begun = false;
    for (struct site *site = sites_first(); site != NULL; site = site->next) {
        site->moves = site->watched = false;
        site->seen = site->period_start = site->pace = 0;
    }
}
