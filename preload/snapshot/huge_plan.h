/* SPDX-License-Identifier: MIT */
/* When a large simulator is given huge pages for its own sake: when it is old enough, so that it may go on
 * for as long again. First a portion that the budget has room for, in the midst of measuring the time of an
 * eval; all the rest where evals have become faster by what that costs; else further portions as the budget
 * allows, and none where they have become slower. Pure logic; times are nanoseconds, pieces have the size of
 * a huge page. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_PLAN_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_HUGE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define HUGE_PLAN_LEAST 16u /* pieces that are worth the trouble */

enum huge_plan_step {
    HUGE_PLAN_WAIT,     /* until due_ns */
    HUGE_PLAN_COUNT,    /* how many pieces are dense and small? huge_plan_counted() */
    HUGE_PLAN_COLLAPSE, /* up to `left` of them: huge_plan_collapsed() */
};

struct huge_plan_now {
    uint64_t ns;
    uint64_t used_ns; /* of a processor, by the thread that evals */
    uint64_t faults;
    uint64_t eval;
};

struct huge_plan {
    uint32_t budget_ppm;
    enum huge_plan_state {
        HUGE_PLAN_REST,
        HUGE_PLAN_BEFORE, /* evals are timed */
        HUGE_PLAN_TRIAL,  /* a portion is given */
        HUGE_PLAN_AFTER,  /* evals are timed again */
        HUGE_PLAN_ALL,    /* the rest is given: it has paid */
    } state;
    uint64_t begun_ns, due_ns;
    uint64_t spent_ns;          /* on portions */
    uint64_t price_ns;          /* of one ... */
    bool is_price_known;        /* ... and not a guess */
    uint64_t room_ns;           /* for the portion */
    uint64_t small, portion;    /* pieces of this round */
    uint64_t left;              /* to be given yet in this state */
    struct huge_plan_now since; /* when the window began */
    uint64_t before[2], after[2];
    unsigned windows, void_windows;
};

void huge_plan_init(struct huge_plan *plan, uint32_t budget_ppm, uint64_t now_ns);

/* Is there anything to do but to wait? */
bool huge_plan_is_due(const struct huge_plan *plan, uint64_t now_ns);

enum huge_plan_step huge_plan_step(struct huge_plan *plan, const struct huge_plan_now *now);

void huge_plan_counted(struct huge_plan *plan, const struct huge_plan_now *now, uint64_t small);

/* So many were given for so much time. is_end: there are no more now. */
void huge_plan_collapsed(struct huge_plan *plan, const struct huge_plan_now *now, uint64_t pieces,
                         uint64_t took_ns, bool is_end);

/* What is given now was earned by what evals have won: it is none of the budget's. */
bool huge_plan_is_earned(const struct huge_plan *plan);

/* In the place of copies: how many a piece must have to get a huge page. Copies and evals since the snapshot,
 * up to some time and up to now. Few will do where evals copy as much as they did at first: where a part of
 * the pages is written again and again, less and less is left of it to copy. */
unsigned huge_plan_many(uint64_t copies_then, uint64_t evals_then, uint64_t copies_now, uint64_t evals_now);

/* So many copies since the snapshot; until the next one as many parts as are left of what is over (all).
 * Would those to come take longer than huge pages in the place of so many pieces? The next snapshot splits
 * these. */
bool huge_plan_pays(uint64_t copies, uint64_t left, uint64_t all, uint64_t pieces);

#endif
