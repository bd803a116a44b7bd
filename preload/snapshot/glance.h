/* SPDX-License-Identifier: MIT */
/* The look that finds nothing to do, which most are: it reads the clock, and tells after how many evals to
 * read it again. No lock and no system call, so everything that can ask for more is known as a time or an
 * eval beforehand. Pure logic; times are nanoseconds of a monotonic clock, evals the number of the eval that
 * is about to run. */
#ifndef LIGHTSSS_PRELOAD_SNAPSHOT_GLANCE_H
#define LIGHTSSS_PRELOAD_SNAPSHOT_GLANCE_H

#include <stdatomic.h>
#include <stdint.h>

/* Two threads that eval may glance at once: one of them then looks too early or late once. */
struct glance {
    _Atomic uint64_t until_ns, until_eval; /* before both there is nothing to do */
    _Atomic uint64_t look_ns, look_eval;   /* the last glance or look */
    _Atomic uint64_t stride_evals;         /* what it answered */
};

/* Until the next glance_begin() every look is a whole one. */
void glance_stop(struct glance *glance);

/* A whole look is over: there is nothing to do until then, and the next is wanted after `stride` evals at
 * most; fewer, where at the pace since the last glance that would be later. Returns after how many. */
uint64_t glance_begin(struct glance *glance, uint64_t now_ns, uint64_t eval, uint64_t until_ns,
                      uint64_t until_eval, uint64_t stride);

/* Returns after how many evals to come again; 0: a whole look is due. */
uint64_t glance_step(struct glance *glance, uint64_t now_ns, uint64_t eval);

#endif
